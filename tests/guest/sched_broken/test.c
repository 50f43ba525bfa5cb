/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Broken policies (policies.c) get the pool under a load that blocks, wakes
 * and yields on all vCPUs: each is put out of office, and nobody is lost.
 */
#include <tests/guest/lib/control.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/smp.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#define SET_SCHED 0x48000001u
#define FIRST 1000u
#define MS 1000000ul
/* That of the hook, that of the count, and some. */
#define LONGEST (4000 * MS)

static const char *const names[] = {
    "lost", "asleep", "elsewhere", "misplaced", "wild", "pick_loops",
    "wake_loops",
};

static volatile bool is_over;
static volatile uint64_t turns[8];

static void rest(void)
{
    struct sched_poll p = { .timeout = shared_now_ns() + MS / 5 };

    sched_op(SCHEDOP_poll, &p);
}

static void work(void *id)
{
    while (!is_over) {
        rest();
        sched_op(SCHEDOP_yield, NULL);
        turns[(uintptr_t)id]++;
    }
}

static int64_t pool_0(uint32_t what, uint32_t *sched)
{
    static uint8_t map[32];
    struct xen_sysctl op = { 0 };
    int64_t rc;

    op.u.cpupool_op.op = what;
    op.u.cpupool_op.sched_id = *sched;
    op.u.cpupool_op.cpumap.nr_bits = sizeof(map) * 8;
    set_xen_guest_handle(op.u.cpupool_op.cpumap.bitmap, map);
    rc = sysctl(&op, XEN_SYSCTL_cpupool_op);
    *sched = op.u.cpupool_op.sched_id;
    return rc;
}

/* Have all worked since @before? */
static bool all_turned(const uint64_t *before, unsigned int vcpus)
{
    for (unsigned int i = 1; i < vcpus; i++) {
        if (turns[i] == before[i]) {
            return false;
        }
    }
    return true;
}

static void endure(unsigned int i, unsigned int vcpus)
{
    uint32_t sched = FIRST + i;
    const uint64_t begin = shared_now_ns();
    uint64_t before[8];

    check_eq(names[i], pool_0(SET_SCHED, &sched), 0);
    do {
        rest();
        sched_op(SCHEDOP_yield, NULL);
        sched = 0;
        if (pool_0(XEN_SYSCTL_CPUPOOL_OP_INFO, &sched) != 0) {
            test_abort("no information");
        }
    } while (sched != XEN_SCHEDULER_CREDIT2 &&
             shared_now_ns() - begin < LONGEST);
    check_eq("replaced", sched, XEN_SCHEDULER_CREDIT2);
    test_note("after %lu ms\n", (shared_now_ns() - begin) / MS);
    for (unsigned int k = 1; k < vcpus; k++) {
        before[k] = turns[k];
    }
    while (!all_turned(before, vcpus) &&
           shared_now_ns() - begin < 2 * LONGEST) {
        rest();
    }
    check("all work", all_turned(before, vcpus), "one does not");
}

TEST(sched_broken, "Schedulers that break their promises",
     TEST_DOM0 | TEST_SMP | TEST_BROKEN)
{
    const unsigned int vcpus = smp_vcpus();

    for (unsigned int i = 1; i < vcpus; i++) {
        CHECK("another vCPU", smp_start(i));
        smp_call(i, work, (void *)(uintptr_t)i);
    }
    for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        endure(i, vcpus);
    }
    is_over = true;
    for (unsigned int i = 1; i < vcpus; i++) {
        smp_wait(i);
    }
}
