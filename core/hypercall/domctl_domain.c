/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls about a domain as a whole: making, ending, pausing, describing.
 */
#include <core/hypercall/domctl.h>

#include <core/abi/sched.h>
#include <core/domain/domain_pages.h>
#include <core/domain/pod.h>
#include <core/domain/vcpu.h>
#include <core/domain/wallclock.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/sched/sched_core.h>

#define CDF_NEEDED (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap)
/* Without meaning here, or a note for the tools. */
#define CDF_HARMLESS (XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_xs_domain | \
                      XEN_DOMCTL_CDF_s3_integrity)

static int check_create(const struct xen_domctl_createdomain *c)
{
    const struct sched_pool *p;

    if ((c->flags & CDF_NEEDED) != CDF_NEEDED ||
        (c->flags & ~(CDF_NEEDED | CDF_HARMLESS)) || c->iommu_opts ||
        (c->grant_opts & ~XEN_DOMCTL_GRANT_version_mask) ||
        XEN_DOMCTL_GRANT_version(c->grant_opts) == 0) {
        return -EINVAL;
    }
    if (c->max_vcpus == 0 || c->max_vcpus > DOMAIN_MAX_VCPUS ||
        c->vmtrace_size || c->max_grant_frames == 0) {
        return -EINVAL;
    }
    p = sched_pool_by_id(c->cpupool_id, true);
    if (!p) {
        return -ESRCH;
    }
    return bitmap_is_empty(p->cpus.bits, SCHED_MAX_CPUS) ? -ENODEV : 0;
}

int domctl_createdomain(struct domain *unused, struct xen_domctl *op)
{
    const struct xen_domctl_createdomain *c = &op->u.createdomain;
    struct domain_config cfg = {
        .max_vcpus = c->max_vcpus,
        .max_evtchn_port = c->max_evtchn_port,
        .max_grant_frames = c->max_grant_frames,
        .max_maptrack_frames = c->max_maptrack_frames,
        .max_grant_version = XEN_DOMCTL_GRANT_version(c->grant_opts),
        .arch = &c->arch,
    };
    domid_t id = op->domain;
    struct domain *d;
    int rc = check_create(c);

    if (rc) {
        return rc;
    }
    memcpy(cfg.handle, c->handle, sizeof(cfg.handle));
    if (id == 0 || id >= DOMID_FIRST_RESERVED) {
        id = DOMID_INVALID;
    }
    rc = domain_create(id, &cfg, &d);
    if (rc == 0) {
        /* Nothing until the tools say how much: it is not known elsewhere. */
        domain_set_max_pages(d, 0);
        op->domain = d->id;
        rc = sched_pool_move_domain(d, sched_pool_by_id(c->cpupool_id, true));
    }
    return rc;
}

int domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
    return domain_destroy(d);
}

int domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
    int rc = domain_tool_pause(d);

    if (rc) {
        return rc;
    }
    rc = domain_wait_saved(d);
    if (rc && domain_tool_unpause(d) != 0) {
        return -EINVAL;
    }
    return rc;
}

int domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
    return domain_tool_unpause(d);
}

int domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
    return domain_resume(d);
}

/* Blocked: all that are up are; running: one of them is. */
static uint32_t vcpu_flags(struct domain *d, unsigned int *online)
{
    uint32_t flags = XEN_DOMINF_blocked;
    struct vcpu *v;

    for_each_vcpu(d, v) {
        if (vcpu_is_down(v)) {
            continue;
        }
        (*online)++;
        if (!(READ_ONCE(v->stop) & VCPU_STOP_WAITS)) {
            flags &= ~(uint32_t)XEN_DOMINF_blocked;
        }
        if (v->sched.is_running) {
            flags |= XEN_DOMINF_running;
        }
    }
    return *online ? flags : 0;
}

static uint32_t state_flags(const struct domain *d)
{
    uint32_t flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;

    if (d->dying == DOMAIN_DEAD) {
        flags |= XEN_DOMINF_dying;
    }
    if (READ_ONCE(d->shutdown.is_shut_down)) {
        flags |= XEN_DOMINF_shutdown |
                 (uint32_t)d->shutdown.code << XEN_DOMINF_shutdownshift;
    }
    if (d->tool_pauses) {
        flags |= XEN_DOMINF_paused;
    }
    return flags;
}

void domctl_fill_info(struct domain *d, struct xen_domctl_getdomaininfo *i)
{
    unsigned int online = 0;
    struct vcpu *v;

    *i = (struct xen_domctl_getdomaininfo){
        .domain = d->id,
        .flags = state_flags(d) | vcpu_flags(d, &online),
        .tot_pages = pod_total(d),
        .max_pages = d->max_pages,
        .outstanding_pages = d->claimed_pages,
        .shared_info_frame = ~UINT64_C(0),
        .cpupool = d->pool->id,
        .max_vcpu_id = (uint32_t)-1,
        .gpaddr_bits = 48,
        .arch_config = d->arch_config,
    };
    memcpy(i->handle, d->handle, sizeof(i->handle));
    for_each_vcpu(d, v) {
        struct vcpu_runstate_info rs;

        vcpu_runstate_get(v, &rs);
        i->cpu_time += rs.time[RUNSTATE_running];
        i->max_vcpu_id = v->id;
    }
    i->nr_online_vcpus = online;
}

/* The domain of that number, or the next above: scanning ends with -ESRCH. */
int domctl_getdomaininfo(struct domain *unused, struct xen_domctl *op)
{
    struct domain *d = domain_next(op->domain);

    if (!d) {
        return op->domain >= DOMID_FIRST_RESERVED ? -EINVAL : -ESRCH;
    }
    op->domain = d->id;
    domctl_fill_info(d, &op->u.getdomaininfo);
    return 0;
}

int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
    spin_lock(&d->lock);
    memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
    spin_unlock(&d->lock);
    return 0;
}

int domctl_subscribe(struct domain *d, struct xen_domctl *op)
{
    WRITE_ONCE(d->suspend_port, op->u.subscribe.port);
    return 0;
}

int domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
    spin_lock(&d->lock);
    d->wallclock_offset_s = op->u.settimeoffset.time_offset_seconds;
    spin_unlock(&d->lock);
    wallclock_update(d);
    return 0;
}
