/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other domctls: time offset, TSC, triggers, registers of a vCPU,
 * subscription to suspending, and those that a domain without a device
 * model, devices or events about memory is refused.
 * Public header "domctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

static struct child c;
static struct xen_domctl op;

static void clear(void)
{
    memset(&op, 0, sizeof(op));
}

static void times(void)
{
    clear();
    op.u.settimeoffset.time_offset_seconds = 3600;
    check_eq("settimeoffset",
             domctl(&op, XEN_DOMCTL_settimeoffset, c.domid), 0);
    op.u.settimeoffset.time_offset_seconds = -3600;
    check_eq("a negative one",
             domctl(&op, XEN_DOMCTL_settimeoffset, c.domid), 0);
    clear();
    check_eq("gettscinfo", domctl(&op, XEN_DOMCTL_gettscinfo, c.domid), 0);
    check("frequency", op.u.tsc_info.gtsc_khz > 1000, "%u",
          op.u.tsc_info.gtsc_khz);
    check_eq("gettscinfo of oneself",
             domctl(&op, XEN_DOMCTL_gettscinfo, 0), -XEN_EINVAL);
    clear();
    op.u.tsc_info.tsc_mode = 77;
    check_eq("settscinfo while it runs",
             domctl(&op, XEN_DOMCTL_settscinfo, c.domid), -XEN_EINVAL);
    check_eq("settscinfo of oneself",
             domctl(&op, XEN_DOMCTL_settscinfo, 0), -XEN_EINVAL);
}

static int64_t trigger(uint32_t what, uint32_t vcpu)
{
    clear();
    op.u.sendtrigger.trigger = what;
    op.u.sendtrigger.vcpu = vcpu;
    return domctl(&op, XEN_DOMCTL_sendtrigger, c.domid);
}

static void triggers(void)
{
    check_eq("NMI", trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 0), 0);
    child_relax(20000000);
    check_eq("arrives", c.mailbox->nmis, 1);
    CHECK("it runs on", child_is_alive(&c));
    check_eq("NMI to no vCPU", trigger(XEN_DOMCTL_SENDTRIGGER_NMI, 1),
             -XEN_ESRCH);
    check_eq("NMI to vCPU -1",
             trigger(XEN_DOMCTL_SENDTRIGGER_NMI, UINT32_MAX), -XEN_ESRCH);
    check_eq("RESET", trigger(XEN_DOMCTL_SENDTRIGGER_RESET, 0),
             -XEN_ENOSYS);
    check_eq("an unknown one", trigger(77, 0), -XEN_ENOSYS);
}

static void registers(void)
{
    static struct vcpu_guest_context ctx;

    clear();
    op.u.vcpucontext.vcpu = 0;
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctx);
    check_eq("getvcpucontext",
             domctl(&op, XEN_DOMCTL_getvcpucontext, c.domid), 0);
    check("RIP is in the payload or in the hypervisor's page",
          ctx.user_regs.rip >> PAGE_SHIFT == CHILD_GFN_CODE, "%lx",
          ctx.user_regs.rip);
    op.u.vcpucontext.vcpu = 1;
    check_eq("of no vCPU", domctl(&op, XEN_DOMCTL_getvcpucontext, c.domid),
             -XEN_EINVAL);
    op.u.vcpucontext.vcpu = UINT32_MAX;
    check_eq("of vCPU -1", domctl(&op, XEN_DOMCTL_getvcpucontext, c.domid),
             -XEN_EINVAL);
    op.u.vcpucontext.vcpu = 0;
    check_eq("of oneself", domctl(&op, XEN_DOMCTL_getvcpucontext, 0),
             -XEN_EINVAL);
    set_xen_guest_handle(op.u.vcpucontext.ctxt, (void *)MM_WINDOW);
    check_eq("to nowhere", domctl(&op, XEN_DOMCTL_getvcpucontext, c.domid),
             -XEN_EFAULT);
    check_eq("set from nowhere",
             domctl(&op, XEN_DOMCTL_setvcpucontext, c.domid), -XEN_EFAULT);
    CHECK("it runs on", child_is_alive(&c));
}

/* The child suspends; instead of VIRQ_DOM_EXC the port it is subscribed to
 * tells of it. Then its RAX is set as a cancelled suspend has it. */
static void suspending(void)
{
    static struct vcpu_guest_context ctx;
    struct sched_shutdown arg = { .reason = SHUTDOWN_suspend };
    const int64_t port = evtchn_alloc_unbound(DOMID_SELF, c.domid);
    int64_t rc;
    struct evtchn_bind_interdomain bind = {
        .remote_dom = 0, .remote_port = (uint32_t)port,
    };

    rc = child_op(&c, __HYPERVISOR_event_channel_op,
                  EVTCHNOP_bind_interdomain, &bind, sizeof(bind));
    check_eq("the child binds a port of ours", rc, 0);
    clear();
    op.u.subscribe.port = bind.local_port;
    check_eq("subscribe", domctl(&op, XEN_DOMCTL_subscribe, c.domid), 0);
    evtchn_mask((uint32_t)port);
    evtchn_clear_pending((uint32_t)port);
    child_send_op(&c, __HYPERVISOR_sched_op, SCHEDOP_shutdown, &arg,
                  sizeof(arg));
    check_eq("it suspends", child_wait_shutdown(&c), SHUTDOWN_suspend);
    /* Right behind the end that was waited for. */
    for (unsigned int i = 0; i < 100 && !evtchn_is_pending((uint32_t)port);
         i++) {
        child_relax(1000000);
    }
    CHECK("the subscriber is told", evtchn_is_pending((uint32_t)port));
    clear();
    set_xen_guest_handle(op.u.vcpucontext.ctxt, &ctx);
    check_eq("getvcpucontext",
             domctl(&op, XEN_DOMCTL_getvcpucontext, c.domid), 0);
    ctx.user_regs.rax = 1;
    check_eq("setvcpucontext with RAX 1",
             domctl(&op, XEN_DOMCTL_setvcpucontext, c.domid), 0);
    check_eq("resume", domctl_plain(XEN_DOMCTL_resumedomain, c.domid), 0);
    check_eq("the child sees 1", child_wait(&c, 0), 1);
    evtchn_close((uint32_t)port);
}

static void sizes(void)
{
    clear();
    check_eq("get_address_size is for PV",
             domctl(&op, XEN_DOMCTL_get_address_size, c.domid),
             -XEN_EOPNOTSUPP);
    clear();
    op.u.address_size.size = 64;
    check_eq("set_address_size is for PV",
             domctl(&op, XEN_DOMCTL_set_address_size, c.domid),
             -XEN_EOPNOTSUPP);
}

TEST(domctl_misc, "domctl: time, triggers, registers, suspending", TEST_DOM0)
{
    mm_map(MM_WINDOW, 0, 0);
    evtchn_reset();
    if (child_boot(&c, NULL)) {
        times();
        triggers();
        registers();
        suspending();
        sizes();
        CHECK("it goes", child_destroy(&c));
    }
}
