/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pausedomain, unpausedomain, resumedomain: counting, effect, refusals.
 * Public header "domctl.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

static struct child c;

static int64_t pause(void)
{
    return domctl_plain(XEN_DOMCTL_pausedomain, c.domid);
}

static int64_t unpause(void)
{
    return domctl_plain(XEN_DOMCTL_unpausedomain, c.domid);
}

static bool is_still(void)
{
    const uint64_t before = c.mailbox[0].idle;

    child_relax(5000000);
    return c.mailbox[0].idle == before;
}

static void counting(void)
{
    check_eq("pause", pause(), 0);
    CHECK("it stands still", is_still());
    check_eq("pause again", pause(), 0);
    check_eq("unpause", unpause(), 0);
    CHECK("it still stands still", is_still());
    check_eq("unpause again", unpause(), 0);
    CHECK("now it runs", child_is_alive(&c));
    check_eq("unpause once too often", unpause(), -XEN_EINVAL);
    CHECK("it runs on", child_is_alive(&c));
    for (unsigned int i = 0; i < 20; i++) {
        check_quiet("pause", pause() == 0, "fails");
        check_quiet("unpause", unpause() == 0, "fails");
    }
    CHECK("it runs after twenty rounds", child_is_alive(&c));
}

static void others(void)
{
    check_eq("pause oneself", domctl_plain(XEN_DOMCTL_pausedomain, 0),
             -XEN_EINVAL);
    check_eq("unpause oneself", domctl_plain(XEN_DOMCTL_unpausedomain, 0),
             -XEN_EINVAL);
    check_eq("pause nobody", domctl_plain(XEN_DOMCTL_pausedomain, 0x7001),
             -XEN_ESRCH);
    check_eq("pause DOMID_SELF",
             domctl_plain(XEN_DOMCTL_pausedomain, DOMID_SELF), -XEN_ESRCH);
    check_eq("resume oneself", domctl_plain(XEN_DOMCTL_resumedomain, 0),
             -XEN_EINVAL);
    check_eq("resume nobody", domctl_plain(XEN_DOMCTL_resumedomain, 0x7001),
             -XEN_ESRCH);
    check_eq("resume who runs",
             domctl_plain(XEN_DOMCTL_resumedomain, c.domid), 0);
    CHECK("it runs on", child_is_alive(&c));
}

/* The child suspends: its vCPU stands behind the hypercall until resumed. */
static void suspending(void)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_suspend };
    struct child_mailbox *m = c.mailbox;
    struct xen_domctl_getdomaininfo info;

    child_send_op(&c, __HYPERVISOR_sched_op, SCHEDOP_shutdown, &arg,
                  sizeof(arg));
    check_eq("it suspends", child_wait_shutdown(&c), SHUTDOWN_suspend);
    check("no answer yet", m->answer != m->request, "%ld", m->result);
    CHECK("it stands still", is_still());
    child_info(c.domid, &info);
    CHECK("it is not paused by tools",
          !(info.flags & XEN_DOMINF_paused));
    check_eq("resume", domctl_plain(XEN_DOMCTL_resumedomain, c.domid), 0);
    check_eq("the hypercall returns", child_wait(&c, 0), 0);
    child_info(c.domid, &info);
    CHECK("it is not shut down", !(info.flags & XEN_DOMINF_shutdown));
    CHECK("it runs", child_is_alive(&c));
}

TEST(domctl_pause, "domctl: pause, unpause, resume", TEST_DOM0)
{
    if (child_boot(&c, NULL)) {
        counting();
        others();
        suspending();
        CHECK("it goes", child_destroy(&c));
    }
}
