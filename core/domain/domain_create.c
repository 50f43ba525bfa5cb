/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a domain and freeing it.  A domain becomes visible when it is
 * complete, paused once, without vCPUs and pages.  It is freed when its last
 * reference went and every CPU has passed its loop head since.
 */
#include <core/domain/domain_priv.h>

#include <core/abi/sched.h>
#include <core/arch/arch_domain.h>
#include <core/domain/io_caps.h>
#include <core/domain/physmap.h>
#include <core/domain/vcpu.h>
#include <core/domain/wallclock.h>
#include <core/domain/watchdog.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <core/sched/sched_core.h>

static_assert(sizeof(struct shared_info) <= PAGE_SIZE, "one page");

static void init_fields(struct domain *d, const struct domain_config *cfg)
{
    d->is_control = cfg->is_control;
    d->is_hardware = cfg->is_hardware;
    d->is_direct_mapped = cfg->is_direct_mapped;
    memcpy(d->handle, cfg->handle, sizeof(d->handle));
    if (cfg->arch) {
        d->arch_config = *cfg->arch;
    }
    d->refs = 1;
    d->pause_count = 1;
    d->tool_pauses = 1;
    d->max_vcpus = cfg->max_vcpus;
    d->page_list = PAGE_NIL;
    d->shutdown.code = SHUTDOWN_CODE_NONE;
    d->hvm_params.value[HVM_PARAM_TRIPLE_FAULT_REASON] = SHUTDOWN_reboot;
    d->max_pages = cfg->max_pages && cfg->max_pages < UINT32_MAX
                       ? (uint32_t)cfg->max_pages : UINT32_MAX;
    d->pool = sched_pool_default();
    spin_init(&d->lock, LOCK_DOMAIN);
    spin_init(&d->physmap_lock, LOCK_PHYSMAP);
    spin_init(&d->page_lock, LOCK_PAGE_LIST);
}

/* What has been made is freed by the caller, see domain_free(). */
static int init_parts(struct domain *d, const struct domain_config *cfg)
{
    int rc;

    d->vcpu = xzalloc_array(cfg->max_vcpus, sizeof(*d->vcpu));
    d->shared_info = xpage_alloc(0);
    if (!d->vcpu || !d->shared_info) {
        return -ENOMEM;
    }
    memset(d->shared_info, 0, PAGE_SIZE);
    rc = d->is_hardware ? physmap_later_init(d) : 0;
    if (rc) {
        return rc;
    }
    rc = arch_domain_init(d, cfg->arch);
    if (rc) {
        return rc;
    }
    rc = evtchn_domain_init(d, cfg->max_evtchn_port ? cfg->max_evtchn_port
                                                    : ~0u);
    if (rc) {
        return rc;
    }
    return gnttab_domain_init(d, cfg->max_grant_frames > 0
                                     ? cfg->max_grant_frames : -1,
                              cfg->max_maptrack_frames > 0
                                  ? cfg->max_maptrack_frames : -1,
                              cfg->max_grant_version);
}

int domain_create(domid_t id, const struct domain_config *cfg,
                  struct domain **out)
{
    struct domain_full *f;
    struct domain *d;
    int rc;

    if (cfg->max_vcpus == 0 || cfg->max_vcpus > DOMAIN_MAX_VCPUS) {
        return -EINVAL;
    }
    f = xzalloc_type(struct domain_full);
    if (!f) {
        return -ENOMEM;
    }
    d = &f->d;
    rc = domid_claim(id, &d->id);
    if (rc) {
        goto free_struct;
    }
    init_fields(d, cfg);
    rc = init_parts(d, cfg);
    if (rc) {
        goto release_id;
    }
    watchdog_init(d);
    wallclock_update(d);
    domid_publish(d);
    if (d->is_hardware) {
        BUG_ON(hardware_domain);
        WRITE_ONCE(hardware_domain, d);
    }
    *out = d;
    return 0;

release_id:
    id = d->id;
    domain_free(d);
    domid_release(id);
    return rc;
free_struct:
    xfree(f);
    return rc;
}

void domain_free(struct domain *d)
{
    for (unsigned int i = 0; d->vcpu && i < d->max_vcpus; i++) {
        if (d->vcpu[i]) {
            vcpu_destroy(d->vcpu[i]);
        }
    }
    BUG_ON(d->tot_pages);
    if (d->gnttab) {
        gnttab_domain_free(d);
    }
    if (d->evtchn) {
        evtchn_domain_free(d);
    }
    if (d->arch) {
        arch_domain_free(d);
    }
    if (d->shared_info) {
        xpage_free(d->shared_info, 0);
    }
    io_caps_free(d);
    xfree(d->later);
    xfree(d->e820);
    xfree(d->vcpu);
    xfree(domain_full(d));
}
