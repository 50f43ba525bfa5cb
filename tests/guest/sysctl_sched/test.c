/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU pools and scheduling parameters: what there is, moving a domain,
 * making and removing a pool, and every refusal.
 * Public header "sysctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>

#include <xen/errno.h>

/* Hospes's own. */
#define POOL_SET_GRANULARITY 0x48000002u

static struct xen_sysctl op;
static uint8_t map[32];

static int64_t pool(uint32_t what, uint32_t id)
{
    struct xen_sysctl_cpupool_op *p = &op.u.cpupool_op;

    p->op = what;
    p->cpupool_id = id;
    p->cpumap.nr_bits = sizeof(map) * 8;
    set_xen_guest_handle(p->cpumap.bitmap, map);
    memset(map, 0, sizeof(map));
    return sysctl(&op, XEN_SYSCTL_cpupool_op);
}

static int64_t create(uint32_t sched)
{
    memset(&op, 0, sizeof(op));
    op.u.cpupool_op.sched_id = sched;
    return pool(XEN_SYSCTL_CPUPOOL_OP_CREATE, XEN_SYSCTL_CPUPOOL_PAR_ANY);
}

static void information(void)
{
    memset(&op, 0, sizeof(op));
    check_eq("INFO of pool 0", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0), 0);
    check_eq("pool 0", op.u.cpupool_op.cpupool_id, 0);
    check_eq("credit2", op.u.cpupool_op.sched_id, XEN_SCHEDULER_CREDIT2);
    check_eq("one domain", op.u.cpupool_op.n_dom, 1);
    check_eq("CPU 0 is its", map[0] & 1, 1);
    check_eq("INFO of the next", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 1),
             -XEN_ENOENT);
    check_eq("FREEINFO", pool(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0), 0);
    check_eq("no CPU is free", map[0], 0);
    check_eq("an unknown operation", pool(77, 0), -XEN_ENOSYS);
    op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_INFO;
    op.u.cpupool_op.cpupool_id = 0;
    set_xen_guest_handle(op.u.cpupool_op.cpumap.bitmap,
                         (uint8_t *)MM_WINDOW);
    check_eq("INFO to nowhere", sysctl(&op, XEN_SYSCTL_cpupool_op),
             -XEN_EFAULT);
    memset(&op, 0, sizeof(op));
    check_eq("sched_id", sysctl(&op, XEN_SYSCTL_sched_id), 0);
    check_eq("credit2", op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
}

static void pools(void)
{
    struct child c;
    uint32_t id;

    check_eq("CREATE", create(XEN_SCHEDULER_CREDIT2), 0);
    id = op.u.cpupool_op.cpupool_id;
    check("another pool", id != 0, "%u", id);
    check_eq("INFO", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, id), 0);
    check_eq("no domain", op.u.cpupool_op.n_dom, 0);
    check_eq("no CPU", map[0], 0);
    check_eq("create a domain", child_create(&c, NULL), 0);
    memset(&op, 0, sizeof(op));
    op.u.cpupool_op.domid = c.domid;
    check_eq("MOVEDOMAIN to a pool without CPUs",
             pool(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, id), -XEN_ENOENT);
    op.u.cpupool_op.domid = 0x7001;
    check_eq("MOVEDOMAIN of nobody",
             pool(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0), -XEN_ESRCH);
    op.u.cpupool_op.domid = c.domid;
    check_eq("MOVEDOMAIN to where it is",
             pool(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 0), 0);
    check_eq("MOVEDOMAIN to no pool",
             pool(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, 77), -XEN_ENOENT);
    op.u.cpupool_op.cpu = XEN_SYSCTL_CPUPOOL_PAR_ANY;
    check_eq("ADDCPU when none is free",
             pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, id), -XEN_ENODEV);
    op.u.cpupool_op.cpu = 0;
    check_eq("ADDCPU of one that is taken",
             pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, id), -XEN_ENODEV);
    op.u.cpupool_op.cpu = 10000;
    check_eq("ADDCPU of one that is not there",
             pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, id), -XEN_EINVAL);
    op.u.cpupool_op.cpu = 0;
    check_eq("RMCPU of one that it has not",
             pool(XEN_SYSCTL_CPUPOOL_OP_RMCPU, id), -XEN_EADDRNOTAVAIL);
    check_eq("DESTROY", pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, id), 0);
    check_eq("DESTROY again", pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, id),
             -XEN_ENOENT);
    check_eq("DESTROY of pool 0", pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 0),
             -XEN_EBUSY);
    check_eq("CREATE with an unknown scheduler", create(77), -XEN_ENOENT);
    CHECK("it goes", child_destroy(&c));
}

static int64_t scheduler(uint32_t cmd, uint32_t sched, uint32_t id,
                         uint32_t ratelimit)
{
    memset(&op, 0, sizeof(op));
    op.u.scheduler_op.cmd = cmd;
    op.u.scheduler_op.sched_id = sched;
    op.u.scheduler_op.cpupool_id = id;
    op.u.scheduler_op.u.sched_credit2.ratelimit_us = ratelimit;
    return sysctl(&op, XEN_SYSCTL_scheduler_op);
}

static void parameters(void)
{
    uint32_t before;

    check_eq("getinfo", scheduler(XEN_SYSCTL_SCHEDOP_getinfo,
                                  XEN_SCHEDULER_CREDIT2, 0, 0), 0);
    before = op.u.scheduler_op.u.sched_credit2.ratelimit_us;
    check_eq("putinfo", scheduler(XEN_SYSCTL_SCHEDOP_putinfo,
                                  XEN_SCHEDULER_CREDIT2, 0, 2000), 0);
    check_eq("getinfo", scheduler(XEN_SYSCTL_SCHEDOP_getinfo,
                                  XEN_SCHEDULER_CREDIT2, 0, 0), 0);
    check_eq("it is kept",
             op.u.scheduler_op.u.sched_credit2.ratelimit_us, 2000);
    check_eq("putinfo", scheduler(XEN_SYSCTL_SCHEDOP_putinfo,
                                  XEN_SCHEDULER_CREDIT2, 0, before), 0);
    check_eq("a limit beyond reason",
             scheduler(XEN_SYSCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT2, 0,
                       600000), -XEN_EINVAL);
    check_eq("another scheduler",
             scheduler(XEN_SYSCTL_SCHEDOP_getinfo, XEN_SCHEDULER_RTDS, 0,
                       0), -XEN_EINVAL);
    check_eq("an absent pool",
             scheduler(XEN_SYSCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT2,
                       77, 0), -XEN_ESRCH);
    check_eq("an unknown command",
             scheduler(77, XEN_SCHEDULER_CREDIT2, 0, 0), -XEN_EINVAL);
}

static int64_t granularity(uint32_t pool_id, uint32_t by_core)
{
    memset(&op, 0, sizeof(op));
    op.u.cpupool_op.cpu = by_core;
    return pool(POOL_SET_GRANULARITY, pool_id);
}

/* Core scheduling, where there is such an operation and such a machine. */
static void cores(void)
{
    const int64_t rc = granularity(0, 1);
    struct child c;
    uint32_t id;

    memset(&op, 0, sizeof(op));
    check_eq("physinfo", sysctl(&op, XEN_SYSCTL_physinfo), 0);
    if (rc == -XEN_ENOSYS || op.u.physinfo.threads_per_core == 1) {
        check("refused", rc == -XEN_ENOSYS || rc == -XEN_EOPNOTSUPP, "%ld",
              rc);
        return;
    }
    check_eq("by cores", rc, 0);
    check_eq("neither of them", granularity(0, 2), -XEN_EINVAL);
    check_eq("an absent pool", granularity(77, 1), -XEN_ENOENT);
    check_eq("CREATE", create(XEN_SCHEDULER_CREDIT), 0);
    id = op.u.cpupool_op.cpupool_id;
    op.u.cpupool_op.cpu = 3;
    check_eq("RMCPU", pool(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0), 0);
    check_eq("FREEINFO", pool(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0), 0);
    check_eq("its sibling went with it", map[0], 0xc);
    op.u.cpupool_op.cpu = 2;
    check_eq("ADDCPU", pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, id), 0);
    check_eq("INFO", pool(XEN_SYSCTL_CPUPOOL_OP_INFO, id), 0);
    check_eq("as here", map[0], 0xc);
    check_eq("create a domain",
             child_create(&c, &(struct child_config){ .vcpus = 2 }), 0);
    check_eq("it runs", child_start(&c, 2), 0);
    memset(&op, 0, sizeof(op));
    op.u.cpupool_op.domid = c.domid;
    check_eq("MOVEDOMAIN", pool(XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, id), 0);
    for (unsigned int i = 0; i < 100; i++) {
        check_eq("by CPUs", granularity(id, 0), 0);
        check_eq("by cores", granularity(id, 1), 0);
    }
    memset(&op, 0, sizeof(op));
    op.u.cpupool_op.cpu = 2;
    check_eq("RMCPU of its last core", pool(XEN_SYSCTL_CPUPOOL_OP_RMCPU, id),
             -XEN_EBUSY);
    CHECK("it goes", child_destroy(&c));
    op.u.cpupool_op.cpu = 2;
    check_eq("RMCPU", pool(XEN_SYSCTL_CPUPOOL_OP_RMCPU, id), 0);
    check_eq("DESTROY", pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, id), 0);
    op.u.cpupool_op.cpu = 3;
    check_eq("ADDCPU", pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0), 0);
}

TEST(sysctl_sched, "sysctl: CPU pools and scheduling parameters", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    information();
    pools();
    parameters();
    cores();
}
