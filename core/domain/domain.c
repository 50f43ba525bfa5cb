/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains in life: references, pausing, shutting down, crashing.
 *
 * Shutting down and pausing take no lock of the domain, because a domain may
 * be crashed from anywhere.  A domain that shuts down holds one pause count
 * until it is resumed; it counts as shut down when every CPU has passed its
 * loop head after that, for then none executes it.
 */
#include <core/domain/domain_priv.h>

#include <core/abi/sched.h>
#include <core/arch/arch_domain.h>
#include <core/console/printk.h>
#include <core/domain/access.h>
#include <core/domain/vcpu.h>
#include <core/evtchn/evtchn.h>
#include <core/kernel/bug.h>
#include <core/kernel/cpu.h>
#include <core/kernel/shutdown.h>
#include <core/lib/errno.h>
#include <core/lib/printf.h>
#include <core/sched/sched_core.h>
#include <core/sync/atomic.h>
#include <core/sync/refcount.h>

/* As many as a tool that lost count may have; Xen's limit. */
#define TOOL_PAUSES_MAX 255u

bool (*hardware_restart)(struct domain *d);

struct vcpu *domain_vcpu(const struct domain *d, unsigned int id)
{
    if (id >= d->max_vcpus) {
        return NULL;
    }
    /* Pairs with the release in vcpu_create(). */
    return atomic_read_acquire(&d->vcpu[index_nospec(id, d->max_vcpus)]);
}

void domain_get(struct domain *d)
{
    BUG_ON(!refcount_get(&d->refs));
}

static void reclaim(struct quiescent_head *head)
{
    struct domain_full *f = container_of(head, struct domain_full, reclaim);
    const domid_t id = f->d.id;

    domain_free(&f->d);
    domid_release(id);
    evtchn_send_global_virq(VIRQ_DOM_EXC);
}

void domain_put(struct domain *d)
{
    if (refcount_put(&d->refs)) {
        struct vcpu *v;

        BUG_ON(d->dying != DOMAIN_DEAD);
        /* While changes of its pool still find it. */
        for_each_vcpu(d, v) {
            sched_vcpu_free(v);
        }
        domid_unpublish(d);
        quiescent_defer(&domain_full(d)->reclaim, reclaim);
    }
}

static void update_all(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu(d, v) {
        sched_update(v);
    }
}

void domain_pause(struct domain *d)
{
    if (atomic_inc(&d->pause_count) == 1) {
        update_all(d);
    }
}

void domain_unpause(struct domain *d)
{
    const uint32_t count = atomic_dec(&d->pause_count);

    BUG_ON(count == ~UINT32_C(0));
    if (count == 0) {
        update_all(d);
    }
}

int domain_tool_pause(struct domain *d)
{
    spin_lock(&d->lock);
    if (d->tool_pauses == TOOL_PAUSES_MAX) {
        spin_unlock(&d->lock);
        return -EOVERFLOW;
    }
    d->tool_pauses++;
    spin_unlock(&d->lock);
    domain_pause(d);
    return 0;
}

int domain_tool_unpause(struct domain *d)
{
    spin_lock(&d->lock);
    if (d->tool_pauses == 0) {
        spin_unlock(&d->lock);
        return -EINVAL;
    }
    d->tool_pauses--;
    if (d->tool_pauses == 0) {
        d->is_created = true;
    }
    spin_unlock(&d->lock);
    domain_unpause(d);
    return 0;
}

int domain_wait_saved(struct domain *d)
{
    const struct vcpu *self = this_cpu()->current;
    struct vcpu *v;

    for_each_vcpu(d, v) {
        while (!vcpu_is_saved(v)) {
            if (self && !vcpu_is_runnable(self)) {
                return -ERESTART;
            }
            cpu_relax();
        }
    }
    return 0;
}

static const char *shutdown_reason(unsigned int code)
{
    switch (code) {
    case SHUTDOWN_suspend: return "suspend";
    case SHUTDOWN_crash: return "crash";
    case SHUTDOWN_watchdog: return "watchdog";
    case SHUTDOWN_soft_reset: return "soft reset";
    default: return "unknown reason";
    }
}

/* The machine ends with its hardware domain. */
static void machine_follows(const struct domain *d)
{
    switch (READ_ONCE(d->shutdown.code)) {
    case SHUTDOWN_poweroff:
        pr_info("The hardware domain d%u is off: powering off\n", d->id);
        shutdown_poweroff();
    case SHUTDOWN_reboot:
        pr_info("The hardware domain d%u restarts: rebooting\n", d->id);
        shutdown_reboot();
    default:
        pr_err("The hardware domain d%u stopped: %s\n", d->id,
               shutdown_reason(d->shutdown.code));
        shutdown_after_panic();
    }
}

static const char *const reason_names[] = {
    [SHUTDOWN_poweroff] = "off",
    [SHUTDOWN_reboot] = "to be restarted",
    [SHUTDOWN_suspend] = "suspended",
    [SHUTDOWN_crash] = "crashed",
    [SHUTDOWN_watchdog] = "stopped by its watchdog",
    [SHUTDOWN_soft_reset] = "to be reset",
};

static void log_stopped(const struct domain *d)
{
    const unsigned int code = READ_ONCE(d->shutdown.code);

    if (code < ARRAY_SIZE(reason_names)) {
        pr_info("Domain d%u is %s\n", d->id, reason_names[code]);
    } else {
        pr_info("Domain d%u is stopped for reason %u\n", d->id, code);
    }
}

/* A tool that subscribed hears of a suspension instead of everybody. */
static void tell_stopped(struct domain *d)
{
    const uint32_t port = READ_ONCE(d->suspend_port);

    if (READ_ONCE(d->shutdown.code) != SHUTDOWN_suspend || port == 0 ||
        evtchn_send(d, port) != 0) {
        evtchn_send_global_virq(VIRQ_DOM_EXC);
    }
}

static bool is_restarted(struct domain *d)
{
    const unsigned int code = READ_ONCE(d->shutdown.code);

    return hardware_restart != NULL &&
           (code == SHUTDOWN_crash || code == SHUTDOWN_watchdog) &&
           hardware_restart(d);
}

static void has_stopped(struct quiescent_head *head)
{
    struct domain_full *f = container_of(head, struct domain_full, stopped);

    if (f->d.is_hardware && !is_restarted(&f->d)) {
        machine_follows(&f->d);
    }
    atomic_set_release(&f->d.shutdown.is_shut_down, true);
    log_stopped(&f->d);
    tell_stopped(&f->d);
    domain_put(&f->d);
}

void domain_shutdown(struct domain *d, unsigned int reason)
{
    /* Nothing but its end is left of a domain without references. */
    if (!refcount_get(&d->refs)) {
        return;
    }
    if (atomic_exchange(&d->shutdown.is_shutting_down, true)) {
        if (reason == SHUTDOWN_crash) {
            WRITE_ONCE(d->shutdown.code, SHUTDOWN_crash);
        }
        domain_put(d);
        return;
    }
    if (READ_ONCE(d->shutdown.code) == SHUTDOWN_CODE_NONE) {
        WRITE_ONCE(d->shutdown.code, (uint8_t)reason);
    }
    domain_pause(d);
    quiescent_defer(&domain_full(d)->stopped, has_stopped);
}

void domain_set_shutdown_code(struct domain *d, unsigned int reason)
{
    uint8_t none = SHUTDOWN_CODE_NONE;

    (void)atomic_cmpxchg(&d->shutdown.code, &none, (uint8_t)reason);
}

void domain_triple_fault(struct vcpu *v)
{
    pr_info("d%uv%u: triple fault\n", v->domain->id, v->id);
    arch_vcpu_dump(v);
    domain_shutdown(v->domain, (unsigned int)READ_ONCE(
        v->domain->hvm_params.value[HVM_PARAM_TRIPLE_FAULT_REASON]));
}

int domain_resume(struct domain *d)
{
    int rc;

    spin_lock(&d->lock);
    if (d->dying != DOMAIN_ALIVE ||
        !atomic_read_acquire(&d->shutdown.is_shut_down)) {
        rc = d->dying == DOMAIN_ALIVE ? 0 : -EINVAL;
        spin_unlock(&d->lock);
        return rc;
    }
    d->shutdown.is_shut_down = false;
    d->shutdown.code = SHUTDOWN_CODE_NONE;
    atomic_set_release(&d->shutdown.is_shutting_down, false);
    spin_unlock(&d->lock);
    domain_unpause(d);
    return 0;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
    struct vcpu *v = this_cpu()->current;
    char text[128];
    va_list args;

    if (READ_ONCE(d->shutdown.is_shutting_down) &&
        READ_ONCE(d->shutdown.code) == SHUTDOWN_crash) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    pr_err("Domain d%u crashed: %s\n", d->id, text);
    if (v && v->domain == d) {
        arch_vcpu_dump(v);
    }
    domain_shutdown(d, SHUTDOWN_crash);
}

static void dump_vcpu(struct vcpu *v)
{
    struct vcpu_runstate_info rs;

    vcpu_runstate_get(v, &rs);
    printk_raw("    v%u on CPU %u%s stop %#x paused %u state %d "
               "ran %llu ms upcall %u\n", v->id, v->sched.cpu,
               vcpu_is_saved(v) ? "" : " (loaded)", v->stop, v->pause_count,
               rs.state,
               (unsigned long long)(rs.time[RUNSTATE_running] /
                                    NSEC_PER_MSEC),
               evtchn_upcall_pending(v));
}

void domain_dump_all(void)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain(d) {
        printk_raw("d%u:%s%s refs %u paused %u (tools %u) pages %u of %u, "
                   "on demand %u of %u%s\n",
                   d->id, d->is_control ? " control" : "",
                   d->is_hardware ? " hardware" : "", d->refs,
                   d->pause_count, d->tool_pauses, d->tot_pages,
                   d->max_pages, d->pod_reserve, d->pod_entries, d->dying ? " dying" : "");
        if (d->shutdown.is_shutting_down) {
            printk_raw("    shut down, reason %u\n", d->shutdown.code);
        }
        for_each_vcpu(d, v) {
            dump_vcpu(v);
        }
        arch_domain_dump(d);
    }
}
