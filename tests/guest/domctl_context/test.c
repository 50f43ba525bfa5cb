/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream of an HVM domain's state: reading all of it or one record,
 * writing it, and streams that are not as they should be. The registers of
 * one vCPU, extended state, MSRs.
 * Public headers "domctl.h", "hvm/save.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>
#include <xen/hvm/save.h>

#define BUF_PAGES 4u

static struct child c;
static struct xen_domctl op;
static uint8_t *buf;

static int64_t context(uint32_t cmd, void *p, uint32_t size)
{
    memset(&op, 0, sizeof(op));
    op.u.hvmcontext.size = size;
    set_xen_guest_handle(op.u.hvmcontext.buffer, p);
    return domctl(&op, cmd, c.domid);
}

static int64_t get(uint32_t size)
{
    return context(XEN_DOMCTL_gethvmcontext, buf, size);
}

static int64_t set(uint32_t size)
{
    return context(XEN_DOMCTL_sethvmcontext, buf, size);
}

/* The record of a type and instance in buf, or NULL. */
static struct hvm_save_descriptor *find(uint16_t type, uint16_t instance)
{
    uint8_t *p = buf;

    while (p < buf + BUF_PAGES * PAGE_SIZE) {
        struct hvm_save_descriptor *d = (struct hvm_save_descriptor *)p;

        if (d->typecode == type && d->instance == instance) {
            return d;
        }
        if (d->typecode == HVM_SAVE_CODE(END)) {
            return NULL;
        }
        p += sizeof(*d) + d->length;
    }
    return NULL;
}

static void reading(void)
{
    const struct hvm_save_header *h;
    uint32_t size;

    check_eq("size", context(XEN_DOMCTL_gethvmcontext, NULL, 0), 0);
    size = op.u.hvmcontext.size;
    check("is plausible", size > 1000 && size <= BUF_PAGES * PAGE_SIZE,
          "%u", size);
    check_eq("get with too little room", get(size / 2), -XEN_ENOSPC);
    check_eq("get", get(BUF_PAGES * PAGE_SIZE), 0);
    check("as much as was said", op.u.hvmcontext.size <= size, "%u",
          op.u.hvmcontext.size);
    check_eq("the header is first", find(HVM_SAVE_CODE(HEADER), 0) ==
             (void *)buf, true);
    h = (void *)(buf + sizeof(struct hvm_save_descriptor));
    check_eq("magic", h->magic, HVM_FILE_MAGIC);
    CHECK("LAPIC", find(HVM_SAVE_CODE(LAPIC), 0) != NULL);
    CHECK("MTRR", find(HVM_SAVE_CODE(MTRR), 0) != NULL);
    CHECK("the end", find(HVM_SAVE_CODE(END), 0) != NULL);
    check_eq("get to nowhere", context(XEN_DOMCTL_gethvmcontext,
             (void *)MM_WINDOW, BUF_PAGES * PAGE_SIZE), -XEN_EFAULT);
}

static int64_t partial(uint32_t type, uint32_t instance, void *p,
                       uint64_t size)
{
    memset(&op, 0, sizeof(op));
    op.u.hvmcontext_partial.type = type;
    op.u.hvmcontext_partial.instance = instance;
    op.u.hvmcontext_partial.bufsz = size;
    set_xen_guest_handle(op.u.hvmcontext_partial.buffer, p);
    return domctl(&op, XEN_DOMCTL_gethvmcontext_partial, c.domid);
}

static void records(void)
{
    const struct hvm_hw_cpu *cpu = (void *)buf;

    check_eq("the CPU's record alone",
             partial(HVM_SAVE_CODE(CPU), 0, buf, PAGE_SIZE), 0);
    check_eq("its size", op.u.hvmcontext_partial.bufsz, sizeof(*cpu));
    check_eq("CR3", cpu->cr3, (uint64_t)CHILD_GFN_PML4 << PAGE_SHIFT);
    check_eq("GS", cpu->gs_base, (uint64_t)CHILD_GFN_MAILBOX << PAGE_SHIFT);
    check("RIP", cpu->rip >> PAGE_SHIFT == CHILD_GFN_CODE, "%lx", cpu->rip);
    check_eq("size of it", partial(HVM_SAVE_CODE(CPU), 0, NULL, 0), 0);
    check_eq("size", op.u.hvmcontext_partial.bufsz, sizeof(*cpu));
    check_eq("with too little room",
             partial(HVM_SAVE_CODE(CPU), 0, buf, 100), -XEN_ENOBUFS);
    check_eq("of no vCPU", partial(HVM_SAVE_CODE(CPU), 7, buf, PAGE_SIZE),
             -XEN_ENOENT);
    check_eq("of no type", partial(99, 0, buf, PAGE_SIZE), -XEN_EINVAL);
    check_eq("of a type beyond all",
             partial(UINT32_MAX, 0, buf, PAGE_SIZE), -XEN_EINVAL);
    check_eq("to nowhere",
             partial(HVM_SAVE_CODE(CPU), 0, (void *)MM_WINDOW, PAGE_SIZE),
             -XEN_EFAULT);
}

static void writing(void)
{
    struct hvm_save_descriptor *d;
    struct hvm_hw_cpu *cpu;
    uint32_t size;

    check_eq("get", get(BUF_PAGES * PAGE_SIZE), 0);
    size = op.u.hvmcontext.size;
    check_eq("what was read can be written", set(size), 0);
    d = find(HVM_SAVE_CODE(CPU), 0);
    if (!check("CPU", d != NULL, "no record")) {
        return;
    }
    cpu = (struct hvm_hw_cpu *)(d + 1);
    cpu->r12 = 0x123456789abcdef0ull;
    check_eq("with another R12", set(size), 0);
    check_eq("get again", get(BUF_PAGES * PAGE_SIZE), 0);
    d = find(HVM_SAVE_CODE(CPU), 0);
    cpu = (struct hvm_hw_cpu *)(d + 1);
    check_eq("R12 is it", cpu->r12, 0x123456789abcdef0ull);
}

static uint8_t *sound;
static uint32_t sound_size;

/* A fresh copy of the sound stream and the CPU's record in it. */
static struct hvm_hw_cpu *fresh(struct hvm_save_descriptor **d)
{
    memcpy(buf, sound, BUF_PAGES * PAGE_SIZE);
    *d = find(HVM_SAVE_CODE(CPU), 0);
    return (struct hvm_hw_cpu *)(*d + 1);
}

static void frames_of_streams(void)
{
    struct hvm_save_descriptor *d;

    fresh(&d);
    check_eq("nothing", set(0), -XEN_ENODATA);
    check_eq("a header cut short", set(16), -XEN_ENODATA);
    check_eq("a stream without end", set(sound_size - 8), -XEN_ENODATA);
    buf[8]++;
    check_eq("magic", set(sound_size), -XEN_EINVAL);
    fresh(&d);
    buf[12]++;
    check_eq("version", set(sound_size), -XEN_EINVAL);
    fresh(&d);
    d->instance = 7;
    check_eq("a vCPU that is not there", set(sound_size), -XEN_EINVAL);
    fresh(&d);
    d->length = 0x10000000;
    check_eq("a record beyond the end", set(sound_size), -XEN_EINVAL);
    fresh(&d);
    d->length += 8;
    check_eq("a record too long", set(sound_size), -XEN_EINVAL);
    fresh(&d);
    d->typecode = 100;
    check_eq("an unknown record", set(sound_size), -XEN_EINVAL);
    check_eq("from nowhere", context(XEN_DOMCTL_sethvmcontext,
             (void *)MM_WINDOW, sound_size), -XEN_EFAULT);
}

static void is_taken_or_not(const char *name)
{
    const int64_t rc = set(sound_size);

    check(name, rc == 0 || rc == -XEN_EINVAL, "%ld", rc);
}

static void values(void)
{
    struct hvm_save_descriptor *d;

    fresh(&d)->cr0 = CR0_PG;
    check_eq("paging without protection", set(sound_size), -XEN_EINVAL);
    fresh(&d)->cr0 |= 1ull << 40;
    check_eq("reserved bits of CR0", set(sound_size), -XEN_EINVAL);
    fresh(&d)->cr4 |= 1ull << 31;
    check_eq("reserved bits of CR4", set(sound_size), -XEN_EINVAL);
    fresh(&d)->msr_efer |= 1ull << 40;
    check_eq("reserved bits of EFER", set(sound_size), -XEN_EINVAL);
    fresh(&d)->msr_efer &= ~(uint64_t)EFER_LME;
    check_eq("long mode not enabled but active", set(sound_size),
             -XEN_EINVAL);
    fresh(&d);
    check_eq("the sound one is still taken", set(sound_size), 0);
    check_eq("unpause", domctl_plain(XEN_DOMCTL_unpausedomain, c.domid), 0);
    CHECK("and the domain runs on", child_is_alive(&c));
    check_eq("pause", domctl_plain(XEN_DOMCTL_pausedomain, c.domid), 0);
    /* Xen takes these, some crash the domain at once. */
    fresh(&d)->pending_event = UINT32_MAX;
    is_taken_or_not("an event of no type");
    fresh(&d)->cs_arbytes = 0xffff;
    is_taken_or_not("attributes of CS");
    fresh(&d)->rflags = 0;
    is_taken_or_not("RFLAGS without bit 1");
    fresh(&d)->dr7 = ~0ull;
    is_taken_or_not("DR7 of ones");
    fresh(&d)->gs_base = 1ull << 60;
    is_taken_or_not("a base that is not canonical");
    fresh(&d)->rip = 1ull << 60;
    is_taken_or_not("RIP that is not canonical");
}

TEST(domctl_context, "domctl: the state of an HVM domain", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    sound = mm_alloc(BUF_PAGES);
    buf = mm_alloc(BUF_PAGES);
    if (!child_boot(&c, NULL)) {
        return;
    }
    check_eq("pause", domctl_plain(XEN_DOMCTL_pausedomain, c.domid), 0);
    reading();
    records();
    writing();
    check_eq("a sound stream", get(BUF_PAGES * PAGE_SIZE), 0);
    sound_size = op.u.hvmcontext.size;
    memcpy(sound, buf, BUF_PAGES * PAGE_SIZE);
    frames_of_streams();
    values();
    CHECK("it goes", child_destroy(&c));
}
