/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls on vCPUs: affinity, nodes, two vCPUs at once, reading and writing
 * a stopped vCPU's registers, scheduling parameters.
 * Public header "domctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

static struct child c;
static uint8_t hard[8];
static uint8_t soft[8];

static int64_t affinity(uint32_t cmd, uint32_t vcpu, uint32_t flags,
                        uint32_t bits)
{
    struct xen_domctl op = { 0 };

    op.u.vcpuaffinity.vcpu = vcpu;
    op.u.vcpuaffinity.flags = flags;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = bits;
    op.u.vcpuaffinity.cpumap_soft.nr_bits = bits;
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap, hard);
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_soft.bitmap, soft);
    return domctl(&op, cmd, c.domid);
}

static int64_t set(uint32_t vcpu, uint32_t flags, uint8_t h, uint8_t s)
{
    memset(hard, 0, sizeof(hard));
    memset(soft, 0, sizeof(soft));
    hard[0] = h;
    soft[0] = s;
    return affinity(XEN_DOMCTL_setvcpuaffinity, vcpu, flags, 64);
}

static int64_t get(uint32_t vcpu, uint32_t flags)
{
    memset(hard, 0x55, sizeof(hard));
    memset(soft, 0x55, sizeof(soft));
    return affinity(XEN_DOMCTL_getvcpuaffinity, vcpu, flags, 64);
}

#define HARD XEN_VCPUAFFINITY_HARD
#define SOFT XEN_VCPUAFFINITY_SOFT

static void affinities(void)
{
    check_eq("get both", get(0, HARD | SOFT), 0);
    check_eq("all CPUs at first", hard[0] & soft[0] & 1, 1);
    check_eq("set hard to CPU 0", set(0, HARD, 1, 0), 0);
    check_eq("in force", hard[0], 1);
    check_eq("get hard", get(0, HARD), 0);
    check_eq("CPU 0", hard[0], 1);
    check_eq("soft is left alone", soft[0], 0x55);
    CHECK("it runs on", child_is_alive(&c));
    check_eq("set hard to CPUs that are not there", set(0, HARD, 0xf0, 0),
             -XEN_EINVAL);
    check_eq("set hard to none", set(0, HARD, 0, 0), -XEN_EINVAL);
    check_eq("set soft to all", set(0, SOFT, 0, 0xff), 0);
    check("in force: CPUs that are there, and hard", soft[0] == 1, "%x",
          soft[0]);
    check_eq("set both", set(0, HARD | SOFT, 0xff, 1), 0);
    check_eq("set neither", set(0, 0, 1, 1), -XEN_EINVAL);
    check_eq("get neither", get(0, 0), -XEN_EINVAL);
    check_eq("set of no vCPU", set(1, HARD, 1, 0), -XEN_EINVAL);
    check_eq("set of vCPU -1", set(UINT32_MAX, HARD, 1, 0), -XEN_EINVAL);
    check_eq("get of no vCPU", get(1, HARD), -XEN_EINVAL);
    check_eq("get of vCPU -1", get(UINT32_MAX, HARD), -XEN_EINVAL);
    hard[0] = 0;
    check_eq("get into a map of no bits",
             affinity(XEN_DOMCTL_getvcpuaffinity, 0, HARD, 0), 0);
    check_eq("nothing written", hard[0], 0);
}

static void affinity_pointers(void)
{
    struct xen_domctl op = { 0 };

    mm_map(MM_WINDOW, 0, 0);
    op.u.vcpuaffinity.flags = HARD;
    op.u.vcpuaffinity.cpumap_hard.nr_bits = 64;
    set_xen_guest_handle(op.u.vcpuaffinity.cpumap_hard.bitmap,
                         (uint8_t *)MM_WINDOW);
    check_eq("set from an unmapped map",
             domctl(&op, XEN_DOMCTL_setvcpuaffinity, c.domid), -XEN_EFAULT);
    check_eq("get to an unmapped map",
             domctl(&op, XEN_DOMCTL_getvcpuaffinity, c.domid), -XEN_EFAULT);
}

static void nodes(void)
{
    struct xen_domctl op = { 0 };
    uint8_t map[8] = { 1 };

    op.u.nodeaffinity.nodemap.nr_bits = 64;
    set_xen_guest_handle(op.u.nodeaffinity.nodemap.bitmap, map);
    check_eq("setnodeaffinity", domctl(&op, XEN_DOMCTL_setnodeaffinity,
                                       c.domid), 0);
    map[0] = 0;
    check_eq("getnodeaffinity", domctl(&op, XEN_DOMCTL_getnodeaffinity,
                                       c.domid), 0);
    check_eq("node 0", map[0], 1);
    map[0] = 0;
    check_eq("setnodeaffinity to none",
             domctl(&op, XEN_DOMCTL_setnodeaffinity, c.domid), -XEN_EINVAL);
    map[0] = 0x80;
    check_eq("to a node that is not there",
             domctl(&op, XEN_DOMCTL_setnodeaffinity, c.domid), -XEN_EINVAL);
}

static void scheduling(void)
{
    struct xen_domctl op = { 0 };
    struct xen_domctl_scheduler_op *s = &op.u.scheduler_op;

    s->sched_id = XEN_SCHEDULER_CREDIT2;
    s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    check_eq("getinfo", domctl(&op, XEN_DOMCTL_scheduler_op, c.domid), 0);
    check_eq("weight", s->u.credit2.weight, 256);
    check_eq("cap", s->u.credit2.cap, 0);
    s->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    s->u.credit2.weight = 512;
    s->u.credit2.cap = 0;
    check_eq("putinfo", domctl(&op, XEN_DOMCTL_scheduler_op, c.domid), 0);
    s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    check_eq("getinfo again",
             domctl(&op, XEN_DOMCTL_scheduler_op, c.domid), 0);
    check_eq("the weight put", s->u.credit2.weight, 512);
    s->cmd = 77;
    check_eq("an unknown command",
             domctl(&op, XEN_DOMCTL_scheduler_op, c.domid), -XEN_EINVAL);
    /* On Hospes each policy has parameters of single vCPUs. */
    s->cmd = XEN_DOMCTL_SCHEDOP_getvcpuinfo;
    check_eq("a command for other schedulers",
             domctl(&op, XEN_DOMCTL_scheduler_op, c.domid),
             on_xen() ? -XEN_EINVAL : 0);
    s->cmd = XEN_DOMCTL_SCHEDOP_getinfo;
    s->sched_id = XEN_SCHEDULER_RTDS;
    check_eq("another scheduler",
             domctl(&op, XEN_DOMCTL_scheduler_op, c.domid), -XEN_EINVAL);
}

/* inc qword (rdi); jmp back */
static const uint8_t count[] = { 0x48, 0xff, 0x07, 0xeb, 0xfb };

static void two_vcpus(void)
{
    const struct child_config cfg = { .vcpus = 2 };
    struct xen_domctl op = { 0 };
    struct xen_domctl_getdomaininfo info;
    volatile uint64_t *counter;
    uint64_t before;

    check_eq("create for two", child_create(&c, &cfg), 0);
    check_eq("start the first", child_start(&c, 1), 0);
    counter = (volatile uint64_t *)((uint8_t *)c.mailbox + 0x800);
    check_eq("the second is down", child_info(c.domid, &info) &&
             info.nr_online_vcpus == 1 && info.max_vcpu_id == 1, true);
    check_eq("start both", child_start(&c, 2), 0);
    check_eq("unpause", domctl_plain(XEN_DOMCTL_unpausedomain, c.domid), 0);
    child_send(&c, 1, count, sizeof(count),
               ((uint64_t)CHILD_GFN_MAILBOX << PAGE_SHIFT) + 0x800, 0);
    child_relax(20000000);
    CHECK("two are up", child_info(c.domid, &info) &&
          info.nr_online_vcpus == 2);
    check("the second runs", *counter > 0, "no");
    before = *counter;
    child_is_alive(&c);
    child_relax(20000000);
    check("both do", *counter > before, "no");
    op.u.getvcpuinfo.vcpu = 1;
    check_eq("getvcpuinfo", domctl(&op, XEN_DOMCTL_getvcpuinfo, c.domid), 0);
    check("its time", op.u.getvcpuinfo.cpu_time > 0, "none");
    check_eq("pause", domctl_plain(XEN_DOMCTL_pausedomain, c.domid), 0);
    before = *counter;
    child_relax(5000000);
    check_eq("it stands still", *counter, before);
    CHECK("it goes", child_destroy(&c));
}

TEST(domctl_vcpu, "domctl: affinity, nodes, scheduling of vCPUs", TEST_DOM0)
{
    if (child_boot(&c, NULL)) {
        affinities();
        affinity_pointers();
        nodes();
        scheduling();
        CHECK("it goes", child_destroy(&c));
    }
    two_vcpus();
}
