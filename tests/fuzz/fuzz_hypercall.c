/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls with structures of noise: a hardware domain and a guest call
 * every operation on memory, grants, events and the rest.  The guest's memory
 * is a window of ours that changes from call to call; whatever they do, the
 * lock order, the page counts and the domains' end must hold.
 * Links: core tests/unit/fake_domain.c tests/unit/fake_p2m.c
 * Links: core/domain/access.c core/domain/domain_pages.c
 * Links: core/domain/physmap.c core/domain/pod.c
 * Links: core/evtchn/evtchn.c core/evtchn/evtchn_2l.c
 * Links: core/evtchn/evtchn_bind.c core/evtchn/evtchn_fifo.c
 * Links: core/evtchn/evtchn_op.c core/evtchn/evtchn_send.c
 * Links: core/gnttab/gnttab.c core/gnttab/gnttab_copy.c
 * Links: core/gnttab/gnttab_entry.c core/gnttab/gnttab_map.c
 * Links: core/gnttab/gnttab_pin.c core/gnttab/maptrack.c
 * Links: core/hypercall/memory_op.c core/hypercall/memory_map.c
 * Links: core/hypercall/memory_reservation.c
 * Links: core/hypercall/grant_table_op.c core/hypercall/event_channel_op.c
 * Links: core/hypercall/hvm_op.c core/hypercall/hvm_params.c
 * Links: core/hypercall/layout.c core/domain/wallclock.c
 */
#include <string.h>

#include <core/domain/physmap.h>
#include <core/gnttab/gnttab.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <tests/fuzz/fuzz.h>
#include <tests/unit/fake_domain.h>

/*
 * An input is a list of calls: which domain, hypercall, operation, how many
 * of the structure's bytes follow.
 */
struct call {
    uint8_t who;
    uint8_t hypercall;
    uint8_t cmd;
    uint8_t count;
    uint8_t arg[64];
};

static const struct {
    hcall_fn *fn;
    uint8_t cmds;
} calls[] = {
    { hcall_memory_op, 32 },
    { hcall_grant_table_op, 14 },
    { hcall_event_channel_op, 16 },
    { hcall_hvm_op, 28 },
};

/*
 * What guest pointers point to.  A structure's pointers are bent to it: noise
 * would never hit, and must not hit the fuzzer's own memory.
 */
static union {
    uint8_t bytes[16384];
    uint64_t words[2048];
} window;

/* Numbers of domains, frames, ports, spaces: what structures are made of. */
static uint16_t likely_u16(void)
{
    static const uint16_t some[] = { 0, 0, 0, 1, 1, 2, DOMID_SELF };

    return fuzz_random() % 3 != 0 ? some[fuzz_random() % ARRAY_SIZE(some)]
                                  : (uint16_t)(fuzz_random() % 24);
}

/* A member of 64 bits, two of 32, four of 16, or a pointer. */
static uint64_t likely_u64(void)
{
    uint64_t word = 0;

    switch (fuzz_random() % 8) {
    case 0:
        return fuzz_random();
    case 1:
    case 2:
        return fuzz_random() % 20;
    case 3:
        return (uint64_t)(fuzz_random() % 24) << 32 | fuzz_random() % 24;
    case 4:
        return (uint64_t)(fuzz_random() % 20) << PAGE_SHIFT;
    default:
        for (unsigned int i = 0; i < 64; i += 16) {
            word |= (uint64_t)likely_u16() << i;
        }
        return word;
    }
}

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    for (size_t i = 0; i + sizeof(struct call) <= n;
         i += sizeof(struct call)) {
        struct call *const c = (struct call *)(void *)(noise + i);

        c->who %= 2;
        c->hypercall %= ARRAY_SIZE(calls);
        c->cmd %= calls[c->hypercall].cmds;
        c->count %= 3;
        for (unsigned int j = 0; j < sizeof(c->arg); j += 8) {
            const uint64_t word = likely_u64();

            memcpy(c->arg + j, &word, sizeof(word));
        }
    }
    return n;
}

/* Words that could be pointers point into the window. */
static void bend_pointers(uint64_t *words, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++) {
        /* Addresses of guest frames stay, 16-bit members mostly, too. */
        if (words[i] >> 56 != 0) {
            words[i] = (uintptr_t)&window.words[1024 + words[i] % 64];
        }
    }
}

/* Frames that exist, and the guest's table where it can be written. */
static void prepare(struct domain *d)
{
    for (unsigned int i = 0; i < 16; i++) {
        fake_ram(d, i);
    }
    BUG_ON(gnttab_map_frame(d, 0, false, GFN(16)) != 0);
}

static void scribble(struct domain *d, const struct call *c)
{
    struct grant_entry_v1 *const table = fake_see(d, 16);

    if (table != NULL && p2m_lookup(d, GFN(16)).type == P2M_XENPAGE_RW) {
        memcpy(&table[c->arg[0] % 16], c->arg + 8, sizeof(*table));
        table[c->arg[1] % 16].flags |= GTF_permit_access;
        table[c->arg[1] % 16].domid %= 3;
        table[c->arg[1] % 16].frame %= 20;
    }
}

static void call(struct domain *d, const struct call *c)
{
    struct hcall_regs r = { 0 };

    memcpy(window.bytes, c->arg, sizeof(c->arg));
    for (unsigned int i = 1024; i < 1100; i++) {
        window.words[i] = likely_u64();
    }
    bend_pointers(window.words, sizeof(c->arg) / 8);
    r.arg[0] = c->cmd;
    r.arg[1] = (uintptr_t)window.bytes;
    r.arg[2] = c->count;
    for (unsigned int i = 0; i < 100; i++) {
        if (calls[c->hypercall].fn(d->vcpu[0], &r) != -ERESTART) {
            return;
        }
    }
}

/* Drop what the hardware domain has of others, so that they can end. */
static void unmap_all(struct domain *d)
{
    for (uint64_t gfn = 0; gfn < FAKE_GFNS; gfn++) {
        (void)!physmap_remove(d, GFN(gfn));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct domain *d[2];

    fake_domains_init();
    fake_copy_start = (uintptr_t)window.bytes;
    fake_copy_end = fake_copy_start + sizeof(window);
    d[0] = fake_domain_add(0, 2);
    d[1] = fake_domain_add(1, 2);
    prepare(d[0]);
    prepare(d[1]);
    for (size_t at = 0; at + sizeof(struct call) <= size;
         at += sizeof(struct call)) {
        struct call c;

        memcpy(&c, data + at, sizeof(c));
        c.who %= 2;
        c.hypercall %= ARRAY_SIZE(calls);
        scribble(d[c.who], &c);
        call(d[c.who], &c);
    }
    for (unsigned int i = 0; i < 2; i++) {
        unmap_all(d[i]);
        xfree(d[i]->e820);
    }
    fake_domain_kill(d[0]);
    fake_domain_kill(d[1]);
    BUG_ON(!fake_domain_reap(d[0]));
    BUG_ON(!fake_domain_reap(d[1]));
    return 0;
}
