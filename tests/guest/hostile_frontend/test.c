/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest of the in-tree control domain (tests/dom0) with a disk 51712 and a
 * card 0, that does to its servers what a guest should not: what is not its
 * own in xenstore, floods, bad requests and references on rings, and indices
 * that make no sense. It wants errors, or to be cut off; what becomes of the
 * others is the test's to see. Other servers leave it waiting: the word
 * impatient=1 makes that short. Public headers "io/xs_wire.h", "io/blkif.h",
 * "io/netif.h", "io/console.h".
 */
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/grant_table.h>
#include <xen/hvm/params.h>
#include <xen/io/blkif.h>
#include <xen/io/console.h>
#include <xen/io/netif.h>
#include <xen/io/xs_wire.h>

#define GRANT_GFN 0x320100ull
#define DISK "device/vbd/51712"
#define DISK_BACK "/local/domain/0/backend/vbd/%u/51712/state"
#define CARD "device/vif/0"
#define CARD_BACK "/local/domain/0/backend/vif/%u/0/state"
#define RING_REF 20u
#define DATA_REF 21u
#define BAD_REF 400u
#define PATIENCE_NS 60000000000ull
#define IMPATIENCE_NS 3000000000ull
#define ENTRIES_AT 64u

static volatile struct grant_entry_v1 *grants;
static volatile struct xenstore_domain_interface *store;
static uint32_t store_port;
static char answer[XENSTORE_PAYLOAD_MAX + 1];
static uint8_t *data;
static uint64_t patience_ns = PATIENCE_NS;

static uint64_t param(uint32_t index)
{
    struct xen_hvm_param p = { .domid = DOMID_SELF, .index = index };

    return hvm_op(HVMOP_get_param, &p) == 0 ? p.value : 0;
}

/* --- xenstore --- */

static void store_put(const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        while (store->req_prod - store->req_cons == XENSTORE_RING_SIZE) {
            evtchn_send(store_port);
        }
        store->req[MASK_XENSTORE_IDX(store->req_prod)] =
            ((const char *)bytes)[i];
        barrier();
        store->req_prod++;
    }
}

static bool store_get(void *bytes, size_t n)
{
    const uint64_t end = shared_now_ns() + patience_ns;

    for (size_t i = 0; i < n; i++) {
        while (store->rsp_cons == store->rsp_prod) {
            if (shared_now_ns() > end) {
                return false;
            }
            evtchn_send(store_port);
        }
        ((char *)bytes)[i] = store->rsp[MASK_XENSTORE_IDX(store->rsp_cons)];
        barrier();
        store->rsp_cons++;
    }
    return true;
}

/* The answer, or error, as text; events are thrown away. */
static const char *ask(uint32_t type, const char *payload, uint32_t size)
{
    struct xsd_sockmsg m = { .type = type, .req_id = 1, .len = size };

    store_put(&m, sizeof(m));
    store_put(payload, size);
    do {
        if (!store_get(&m, sizeof(m)) || m.len > XENSTORE_PAYLOAD_MAX ||
            !store_get(answer, m.len)) {
            test_abort("xenstore does not answer");
        }
    } while (m.type == XS_WATCH_EVENT);
    answer[m.len] = '\0';
    return answer;
}

#define ASK(type, text) ask(type, text, sizeof(text))

static void wants(const char *name, const char *got, const char *want)
{
    check(name, strcmp(got, want) == 0, "%s instead of %s", got, want);
}

static void not_mine(void)
{
    wants("write to dom0", ASK(XS_WRITE, "/local/domain/0/name\0x"), "EACCES");
    wants("write to another", ASK(XS_WRITE, "/local/domain/1/data\0x"),
          "EACCES");
    wants("read of another", ASK(XS_READ, "/local/domain/1/name"), "EACCES");
    wants("remove all", ASK(XS_RM, "/local"), "EACCES");
    wants("own a name", ASK(XS_SET_PERMS, "name\0n2"), "EACCES");
    wants("introduce", ASK(XS_INTRODUCE, "3\0" "1\0" "1"), "EACCES");
    wants("release", ASK(XS_RELEASE, "1"), "EACCES");
    wants("no such request", ASK(99, "x"), "ENOSYS");
    wants("no end of a string", ask(XS_READ, "name", 4), "EINVAL");
    wants("nothing", ask(XS_WATCH, "", 0), "EINVAL");
}

/* The last answer of many. */
static const char *flood(uint32_t type, const char *fmt, unsigned int n)
{
    char text[64];

    for (unsigned int i = 0; i < n; i++) {
        const size_t size = ksnprintf(text, sizeof(text), fmt, i) + 1;

        /* A second string, for the watch. */
        memcpy(text + size, "t", 2);
        ask(type, text, (uint32_t)size + (type == XS_WATCH ? 2 : 0));
    }
    return answer;
}

static void floods(void)
{
    wants("too many nodes", flood(XS_MKDIR, "data/%u", 1100), "ENOSPC");
    wants("too many watches", flood(XS_WATCH, "data/%u", 140), "E2BIG");
    wants("too many transactions", flood(XS_TRANSACTION_START, "", 12),
          "ENOSPC");
    wants("all watches gone", ask(XS_RESET_WATCHES, "", 1), "OK");
    wants("all nodes gone", ASK(XS_RM, "data"), "OK");
}

/* --- rings --- */

static void grant(uint32_t ref, const volatile void *page)
{
    grants[ref].frame = (uint32_t)((uint64_t)page >> PAGE_SHIFT);
    grants[ref].domid = 0;
    barrier();
    grants[ref].flags = GTF_permit_access;
}

static void put_node(const char *folder, const char *key, uint32_t value)
{
    char text[96];
    size_t n = ksnprintf(text, sizeof(text), "%s/%s", folder, key) + 1;

    n += ksnprintf(text + n, sizeof(text) - n, "%u", value);
    wants(key, ask(XS_WRITE, text, (uint32_t)n), "OK");
}

/* Until the back end is in that state. */
static bool back_state(const char *fmt, char state)
{
    const uint64_t end = shared_now_ns() + patience_ns;
    char path[64];
    const size_t n = ksnprintf(path, sizeof(path), fmt, shared_domid());

    while (ask(XS_READ, path, (uint32_t)n + 1)[0] != state) {
        if (shared_now_ns() > end) {
            return false;
        }
    }
    return true;
}

struct ring {
    volatile uint32_t req_prod, req_event, rsp_prod, rsp_event;
};

/* Behind a request: its answer came. */
static bool answered(volatile struct ring *r, uint32_t port)
{
    const uint64_t end = shared_now_ns() + patience_ns;

    evtchn_send(port);
    while (r->rsp_prod != r->req_prod && shared_now_ns() < end) {
        continue;
    }
    return r->rsp_prod == r->req_prod;
}

static int16_t disk_ask(volatile struct ring *r, uint32_t port,
                        const struct blkif_request *q)
{
    blkif_response_t a;
    const uint32_t at = r->req_prod & 31;
    char *const entry =
        (char *)(uintptr_t)r + ENTRIES_AT + at * sizeof(*q);

    memcpy(entry, q, sizeof(*q));
    barrier();
    r->req_prod++;
    if (!answered(r, port)) {
        return 99;
    }
    memcpy(&a, entry, sizeof(a));
    return a.status;
}

static void disk_requests(volatile struct ring *r, uint32_t port)
{
    struct blkif_request q = { .operation = BLKIF_OP_READ, .nr_segments = 1,
        .seg[0] = { .gref = DATA_REF, .first_sect = 0, .last_sect = 7 } };
    struct blkif_request_indirect in = { .operation = BLKIF_OP_INDIRECT,
        .indirect_op = BLKIF_OP_READ, .nr_segments = 8,
        .indirect_grefs[0] = BAD_REF };

    check_eq("a good read", disk_ask(r, port, &q), BLKIF_RSP_OKAY);
    q.seg[0].gref = BAD_REF;
    check_eq("a bad reference", disk_ask(r, port, &q), BLKIF_RSP_ERROR);
    q.seg[0].gref = DATA_REF;
    q.seg[0].last_sect = 200;
    check_eq("beyond the page", disk_ask(r, port, &q), BLKIF_RSP_ERROR);
    q.seg[0].last_sect = 7;
    q.nr_segments = 255;
    check_eq("too many segments", disk_ask(r, port, &q), BLKIF_RSP_ERROR);
    q.nr_segments = 1;
    q.sector_number = ~0ull - 2;
    check_eq("behind the disk", disk_ask(r, port, &q), BLKIF_RSP_ERROR);
    q.operation = 99;
    check_eq("no such operation", disk_ask(r, port, &q), BLKIF_RSP_EOPNOTSUPP);
    memcpy(&q, &in, sizeof(in));
    check_eq("bad descriptors", disk_ask(r, port, &q), BLKIF_RSP_ERROR);
    in.nr_segments = 65535;
    memcpy(&q, &in, sizeof(in));
    check_eq("too many descriptors", disk_ask(r, port, &q), BLKIF_RSP_ERROR);
}

static void disk(void)
{
    volatile struct ring *const r = mm_alloc(1);

    for (unsigned int i = 0; i < 3; i++) {
        const uint32_t port = (uint32_t)evtchn_alloc_unbound(DOMID_SELF, 0);

        memset((void *)(uintptr_t)r, 0, PAGE_SIZE);
        grant(RING_REF, r);
        put_node(DISK, "ring-ref", i == 1 ? BAD_REF : RING_REF);
        put_node(DISK, "event-channel", port);
        put_node(DISK, "state", 3);
        if (i == 1) {
            CHECK("disk: a bad ring", back_state(DISK_BACK, '5'));
        } else {
            CHECK("disk: connected", back_state(DISK_BACK, '4'));
            disk_requests(r, port);
            r->req_prod += 1000;
            evtchn_send(port);
            CHECK("disk: cut off", back_state(DISK_BACK, '5'));
        }
        put_node(DISK, "state", 1);
    }
    CHECK("disk: for good", back_state(DISK_BACK, '5'));
}

static void card(void)
{
    volatile struct ring *const tx = mm_alloc(1);
    volatile struct ring *const rx = mm_alloc(1);
    const uint32_t port = (uint32_t)evtchn_alloc_unbound(DOMID_SELF, 0);
    netif_tx_request_t *const q =
        (netif_tx_request_t *)((char *)(uintptr_t)tx + ENTRIES_AT);
    static const netif_tx_request_t bad[] = {
        { .gref = BAD_REF, .size = 100 },
        { .gref = DATA_REF, .offset = 4000, .size = 1000 },
        { .gref = DATA_REF, .size = 3 },
        { .gref = DATA_REF, .size = 65535, .offset = 65535 },
    };

    grant(RING_REF, tx);
    grant(RING_REF + 2, rx);
    put_node(CARD, "tx-ring-ref", RING_REF);
    put_node(CARD, "rx-ring-ref", RING_REF + 2);
    put_node(CARD, "event-channel", port);
    put_node(CARD, "request-rx-copy", 1);
    put_node(CARD, "state", 4);
    CHECK("card: connected", back_state(CARD_BACK, '4'));
    for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        netif_tx_response_t a;

        q[i] = bad[i];
        barrier();
        tx->req_prod++;
        CHECK("card: answered", answered(tx, port));
        memcpy(&a, &q[i], sizeof(a));
        check_eq("card: a bad packet", a.status, NETIF_RSP_ERROR);
    }
    rx->req_prod = 70000;
    evtchn_send(port);
    CHECK("card: cut off", back_state(CARD_BACK, '5'));
}

TEST(hostile_frontend, "a guest that hurts its servers",
     TEST_HOSTILE | TEST_ALONE | TEST_DOMU)
{
    struct xen_add_to_physmap xatp = { .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table, .gpfn = GRANT_GFN };
    const struct xsd_sockmsg huge = { .type = XS_WRITE, .len = ~0u };
    volatile struct xencons_interface *con;
    char word[4];

    if (test_option("impatient", word, sizeof(word))) {
        patience_ns = IMPATIENCE_NS;
    }
    CHECK("grant table", memory_op(XENMEM_add_to_physmap, &xatp) == 0);
    grants = mm_map(MM_WINDOW + 0x10000, GRANT_GFN << PAGE_SHIFT, PTE_RW);
    store = mm_map(MM_WINDOW + 0x20000,
                   param(HVM_PARAM_STORE_PFN) << PAGE_SHIFT, PTE_RW);
    con = mm_map(MM_WINDOW + 0x30000,
                 param(HVM_PARAM_CONSOLE_PFN) << PAGE_SHIFT, PTE_RW);
    store_port = (uint32_t)param(HVM_PARAM_STORE_EVTCHN);
    data = mm_alloc(1);
    grant(DATA_REF, data);
    not_mine();
    floods();
    disk();
    card();
    test_finish();
    /* What is said behind this is not heard. */
    store_put(&huge, sizeof(huge));
    evtchn_send(store_port);
    shared_delay_ns(100000000);
    con->out_prod += 5000;
    evtchn_send((uint32_t)param(HVM_PARAM_CONSOLE_EVTCHN));
    for (;;) {
        shared_delay_ns(1000000000);
    }
}
