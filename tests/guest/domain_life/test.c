/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a domain ends: shutdown with each reason, HLT without interrupts,
 * triple fault, remote shutdown, watchdog; what is told of it by
 * VIRQ_DOM_EXC; and destruction, at once or when the last reference to its
 * memory goes.
 * Public headers "domctl.h", "sched.h".
 */
#include <tests/guest/lib/child.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#include <xen/errno.h>

#define SECOND 1000000000ull

static struct child c;
static uint32_t virq;

/* lidt of nothing; ud2 */
static const uint8_t triple_fault[] = {
    0x6a, 0x00, 0x6a, 0x00, 0x0f, 0x01, 0x1c, 0x24, 0x0f, 0x0b,
};
static const uint8_t halt[] = { 0xfa, 0xf4, 0xc3 };
static const uint8_t halt_open[] = { 0xfb, 0xf4, 0xc3 };

static void wait_virq(const char *name)
{
    const uint64_t end = shared_now_ns() + SECOND;

    while (!evtchn_is_pending(virq) && shared_now_ns() < end) {
        child_relax(SECOND / 1000);
    }
    check(name, evtchn_is_pending(virq), "no VIRQ_DOM_EXC");
    evtchn_clear_pending(virq);
    shared_vcpu_info(0)->evtchn_pending_sel = 0;
    shared_vcpu_info(0)->evtchn_upcall_pending = 0;
}

static void end_child(const char *name)
{
    check(name, child_destroy(&c), "it stays");
    wait_virq("its end is told");
}

static void send_shutdown(unsigned int op, uint32_t reason)
{
    child_send_op(&c, __HYPERVISOR_sched_op, op, &reason, sizeof(reason));
}

static void reasons(void)
{
    static const struct {
        const char *name;
        uint32_t reason;
    } how[] = {
        { "poweroff", SHUTDOWN_poweroff }, { "reboot", SHUTDOWN_reboot },
        { "suspend", SHUTDOWN_suspend },   { "crash", SHUTDOWN_crash },
        { "watchdog", SHUTDOWN_watchdog },
        { "a reason of its own", 100 },
    };

    for (unsigned int i = 0; i < sizeof(how) / sizeof(*how); i++) {
        if (!child_boot(&c, NULL)) {
            return;
        }
        send_shutdown(SCHEDOP_shutdown, how[i].reason);
        check_eq(how[i].name, child_wait_shutdown(&c), how[i].reason);
        wait_virq("it is told");
        end_child("and destroyed");
    }
}

static void faults(void)
{
    if (!child_boot(&c, NULL)) {
        return;
    }
    child_send(&c, 0, triple_fault, sizeof(triple_fault), 0, 0);
    check_eq("triple fault: reboot", child_wait_shutdown(&c),
             SHUTDOWN_reboot);
    wait_virq("it is told");
    end_child("and destroyed");
    if (!child_boot(&c, NULL)) {
        return;
    }
    child_send(&c, 0, halt, sizeof(halt), 0, 0);
    check_eq("HLT without interrupts: poweroff", child_wait_shutdown(&c),
             SHUTDOWN_poweroff);
    wait_virq("it is told");
    end_child("and destroyed");
}

static void sleeps(const char *name)
{
    struct xen_domctl_getdomaininfo info;

    child_relax(SECOND / 50);
    CHECK(name, child_info(c.domid, &info) &&
          (info.flags & XEN_DOMINF_blocked) &&
          !(info.flags & XEN_DOMINF_shutdown));
    check("no answer", c.mailbox->answer != c.mailbox->request, "woken");
    end_child("and is destroyed in its sleep");
}

static void blocked(void)
{
    const struct sched_poll poll = { .timeout = 0 };

    if (!child_boot(&c, NULL)) {
        return;
    }
    child_send(&c, 0, halt_open, sizeof(halt_open), 0, 0);
    sleeps("HLT with interrupts: it waits");
    if (!child_boot(&c, NULL)) {
        return;
    }
    child_send_op(&c, __HYPERVISOR_sched_op, SCHEDOP_poll, &poll,
                  sizeof(poll));
    sleeps("SCHEDOP_poll for ever: it waits");
}

static void from_outside(void)
{
    struct sched_remote_shutdown arg = { .reason = SHUTDOWN_crash };

    if (!child_boot(&c, NULL)) {
        return;
    }
    arg.domain_id = c.domid;
    check_eq("remote_shutdown", sched_op(SCHEDOP_remote_shutdown, &arg), 0);
    check_eq("reason", child_wait_shutdown(&c), SHUTDOWN_crash);
    wait_virq("it is told");
    arg.reason = SHUTDOWN_poweroff;
    check_eq("a second one is no error",
             sched_op(SCHEDOP_remote_shutdown, &arg), 0);
    check_eq("but the first reason counts", child_wait_shutdown(&c),
             SHUTDOWN_crash);
    end_child("and destroyed");
    check_eq("remote_shutdown of nobody",
             sched_op(SCHEDOP_remote_shutdown, &arg), -XEN_ESRCH);
}

/* shutdown_code is remembered and becomes the reason of a later end. */
static void code(void)
{
    if (!child_boot(&c, NULL)) {
        return;
    }
    send_shutdown(SCHEDOP_shutdown_code, SHUTDOWN_watchdog);
    check_eq("shutdown_code", child_wait(&c, 0), 0);
    send_shutdown(SCHEDOP_shutdown, SHUTDOWN_poweroff);
    check_eq("it is the reason", child_wait_shutdown(&c),
             SHUTDOWN_watchdog);
    wait_virq("it is told");
    end_child("and destroyed");
}

static void watchdog(void)
{
    struct sched_watchdog dog = { .id = 0, .timeout = 1 };

    if (!child_boot(&c, NULL)) {
        return;
    }
    check("a watchdog of one second",
          child_op(&c, __HYPERVISOR_sched_op, SCHEDOP_watchdog, &dog,
                   sizeof(dog)) > 0, "refused");
    check_eq("it bites", child_wait_shutdown(&c), SHUTDOWN_watchdog);
    wait_virq("it is told");
    end_child("and destroyed");
}

/* A page that we map keeps the number of the dead domain. */
static void held(void)
{
    struct xen_domctl_getdomaininfo info;
    uint32_t *page;

    if (!child_boot(&c, NULL)) {
        return;
    }
    page = child_map(&c, CHILD_GFN_SCRATCH, NULL);
    CHECK("a page is mapped", page != NULL);
    if (page) {
        page[5] = 0xdead600d;
    }
    child_unmap(&c, CHILD_GFN_MAILBOX);
    child_unmap(&c, CHILD_GFN_SNIPPET);
    check_eq("destroy", domctl_plain(XEN_DOMCTL_destroydomain, c.domid), 0);
    child_relax(SECOND / 50);
    CHECK("it is dying", child_info(c.domid, &info) &&
          (info.flags & XEN_DOMINF_dying));
    check("one page is left", info.tot_pages <= 1, "%lu", info.tot_pages);
    check_eq("destroy it again",
             domctl_plain(XEN_DOMCTL_destroydomain, c.domid), 0);
    check_eq("pause a dying domain",
             domctl_plain(XEN_DOMCTL_pausedomain, c.domid), 0);
    check_eq("populate a dying domain", child_populate(&c, 0x100, 1), 0);
    check_eq("the page keeps its contents", page ? page[5] : 0, 0xdead600d);
    CHECK("no other of its pages can be mapped",
          !child_map(&c, CHILD_GFN_STACK, NULL));
    evtchn_clear_pending(virq);
    check_eq("unmap", child_unmap(&c, CHILD_GFN_SCRATCH), 0);
    CHECK("now it goes", child_wait_gone(c.domid));
    wait_virq("its end is told");
    check_eq("destroy what is gone",
             domctl_plain(XEN_DOMCTL_destroydomain, c.domid), -XEN_ESRCH);
}

TEST(domain_life, "Ends of a domain, and what remains", TEST_DOM0)
{
    int64_t port;

    evtchn_reset();
    evtchn_init_cpu();
    port = evtchn_bind_virq(VIRQ_DOM_EXC, 0);
    if (!check("VIRQ_DOM_EXC binds", port > 0, "%ld", port)) {
        return;
    }
    virq = (uint32_t)port;
    evtchn_mask(virq);
    reasons();
    faults();
    blocked();
    from_outside();
    code();
    watchdog();
    held();
    evtchn_close(virq);
}
