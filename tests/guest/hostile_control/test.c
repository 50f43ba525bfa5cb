/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl, sysctl and memory_op with arguments thrown together from values
 * that are near to sound ones, on a domain that is there: a control domain
 * is trusted, but not to be free of faults. Afterwards nothing is missing.
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

#define ROUNDS    6000u
#define WORDS     16u
#define ERRNO_MAX 4095

static uint64_t seed = 0x9e3779b97f4a7c15ull;
static uint8_t *page;
static struct child c;
static unsigned int odd;

static uint32_t next(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % n;
}

static uint64_t value(void)
{
    const uint64_t some[] = {
        0, 0, 0, 1, 1, 2, 8, 64, 1024, CHILD_GFN_SCRATCH, 0x5000,
        (uint64_t)page, (uint64_t)page, (uint64_t)page + PAGE_SIZE - 4,
        MM_WINDOW, ~0ull, UINT32_MAX, 1ull << 40, 1ull << 63,
        (uint64_t)next(UINT32_MAX) << 32 | next(UINT32_MAX),
        (uint64_t)c.domid, 0x100000001ull, DOMID_SELF,
    };

    return some[next(sizeof(some) / sizeof(*some))];
}

static void note(const char *what, uint32_t cmd, int64_t rc)
{
    if (rc < -ERRNO_MAX) {
        odd++;
        kprintf("note: %s %u gives %lx\n", what, cmd, (uint64_t)rc);
    }
}

static void domctls(void)
{
    static struct xen_domctl op;

    for (unsigned int i = 0; i < ROUNDS; i++) {
        const uint32_t cmd = 1 + next(88);
        uint64_t *u = (uint64_t *)&op.u;

        if (cmd == XEN_DOMCTL_createdomain ||
            cmd == XEN_DOMCTL_destroydomain) {
            continue;
        }
        for (unsigned int w = 0; w < WORDS; w++) {
            u[w] = value();
        }
        note("domctl", cmd, domctl(&op, cmd, c.domid));
    }
}

static void sysctls(void)
{
    static struct xen_sysctl op;

    for (unsigned int i = 0; i < ROUNDS / 4; i++) {
        const uint32_t cmd = 1 + next(31);
        uint64_t *u = (uint64_t *)&op.u;

        /* Pools and parameters of the scheduler would stay changed. */
        if (cmd == XEN_SYSCTL_cpupool_op || cmd == XEN_SYSCTL_cpu_hotplug ||
            cmd == XEN_SYSCTL_scheduler_op || cmd == XEN_SYSCTL_debug_keys ||
            cmd == XEN_SYSCTL_page_offline_op || cmd == XEN_SYSCTL_tbuf_op ||
            cmd == XEN_SYSCTL_pm_op) {
            continue;
        }
        for (unsigned int w = 0; w < WORDS; w++) {
            u[w] = value();
        }
        note("sysctl", cmd, sysctl(&op, cmd));
    }
}

static void memory_ops(void)
{
    static uint64_t arg[WORDS];

    for (unsigned int i = 0; i < ROUNDS / 2; i++) {
        const uint32_t cmd = next(30);

        for (unsigned int w = 0; w < WORDS; w++) {
            arg[w] = value();
        }
        /* The domain's number is the first member, or in a later word. */
        arg[0] = (arg[0] & ~0xffffull) | c.domid;
        arg[2] = (arg[2] & ~0xffffull) | c.domid;
        arg[3] = (arg[3] & ~0xffffull) | c.domid;
        if (cmd == XENMEM_decrease_reservation ||
            cmd == XENMEM_populate_physmap ||
            cmd == XENMEM_increase_reservation || cmd == XENMEM_claim_pages) {
            arg[1] &= 0xff000003ffull;
        }
        note("memory_op", cmd, memory_op(cmd, arg));
    }
}

static uint64_t free_pages(void)
{
    static struct xen_sysctl op;

    sysctl(&op, XEN_SYSCTL_physinfo);
    return op.u.physinfo.free_pages;
}

TEST(hostile_control, "Control operations with garbage",
     TEST_HOSTILE | TEST_DOM0)
{
    uint64_t before;

    /* It clears a bitmap of any length in its caller's memory, and does not
     * come back from a pool of any size. */
    if (on_xen()) {
        kprintf("SKIP hostile_control: Xen believes its control domain\n");
        return;
    }
    mm_map(MM_WINDOW, 0, 0);
    page = mm_alloc(2);
    /* The first one makes tables of our own map, which stay. */
    check_eq("a domain", child_create(&c, NULL), 0);
    CHECK("goes", child_destroy(&c));
    child_relax(50000000);
    before = free_pages();
    check_eq("create", child_create(&c, NULL), 0);
    domctls();
    sysctls();
    memory_ops();
    check_eq("every result is a success or an errno", odd, 0);
    CHECK("the domain goes", child_destroy(&c));
    for (unsigned int i = 0; i < 100 && free_pages() < before; i++) {
        child_relax(10000000);
    }
    /* Frames of ours may have been given to the domain for good. */
    check("nothing is lost", free_pages() >= before, "%ld pages",
          (int64_t)(before - free_pages()));
    if (child_boot(&c, NULL)) {
        CHECK("another one runs", child_is_alive(&c));
        CHECK("and goes", child_destroy(&c));
    }
}
