/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The places where a guest reads about its vCPUs: vcpu_info (events, time)
 * in a page of its choice, and a second copy of the time for user space.
 * <xen/vcpu.h>, <xen/xen.h> "struct vcpu_time_info".
 *
 * Locking: the domain's lock for where vcpu_info is; the time is written by
 * the CPU that runs the vCPU.
 */
#include <core/domain/vcpu.h>

#include <core/arch/arch_copy.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_p2m.h>
#include <core/evtchn/evtchn.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <core/sync/barrier.h>

struct vcpu_info *vcpu_default_info(struct vcpu *v)
{
    return v->id < XEN_LEGACY_MAX_VCPUS
               ? &v->domain->shared_info->vcpu_info[v->id] : &v->own_info;
}

/*
 * Senders read v->info without the lock and may still set bits in the old
 * place: evtchn_vcpu_resync() makes up for them.
 */
static void move_info(struct vcpu *v, struct vcpu_info *to)
{
    *to = *v->info;
    smp_wmb();
    WRITE_ONCE(v->info, to);
}

int vcpu_register_info(struct vcpu *v, gfn_t gfn, unsigned int offset)
{
    struct domain *d = v->domain;
    enum p2m_type type;
    struct page *pg;

    if (offset > PAGE_SIZE - sizeof(struct vcpu_info) ||
        !is_aligned(offset, sizeof(uint64_t))) {
        return -ENXIO;
    }
    if (v != this_cpu()->current && !vcpu_is_down(v)) {
        return -EINVAL;
    }
    pg = p2m_get_page(d, gfn, true, &type);
    if (!pg) {
        return -EINVAL;
    }
    spin_lock(&d->lock);
    if (v->info_page || type != P2M_RAM_RW) {
        spin_unlock(&d->lock);
        page_put(pg);
        return -EINVAL;
    }
    v->info_page = pg;
    v->info_gpa = gfn_to_gpa(gfn) + offset;
    move_info(v, (struct vcpu_info *)((char *)page_va(pg) + offset));
    spin_unlock(&d->lock);
    evtchn_vcpu_resync(v);
    if (v == this_cpu()->current) {
        vcpu_time_show(v);
    } else {
        /* Its own CPU shows it: the copy for user space is in its tables. */
        v->time_shown_mul = 0;
    }
    return 0;
}

void vcpu_unregister_info(struct vcpu *v)
{
    struct domain *d = v->domain;
    struct page *pg;

    spin_lock(&d->lock);
    pg = v->info_page;
    if (pg) {
        move_info(v, vcpu_default_info(v));
        v->info_page = NULL;
        v->info_gpa = 0;
    }
    spin_unlock(&d->lock);
    if (pg) {
        page_put(pg);
    }
}

void vcpu_reset_registrations(struct vcpu *v)
{
    vcpu_unregister_info(v);
    vcpu_unregister_runstate(v);
    v->time_info_gva = 0;
}

/* The copy for user space; gone if the guest took the memory away. */
static void show_second(struct vcpu *v, const struct vcpu_time_info *t)
{
    struct vcpu_time_info copy = *t;
    const gva_t gva = v->time_info_gva;

    copy.version |= 1;
    if (guest_copy_to_vcpu(v, gva, &copy.version, sizeof(copy.version))) {
        v->time_info_gva = 0;
        return;
    }
    smp_wmb();
    if (guest_copy_to_vcpu(v, gva, &copy, sizeof(copy))) {
        v->time_info_gva = 0;
        return;
    }
    smp_wmb();
    copy.version = t->version;
    if (guest_copy_to_vcpu(v, gva, &copy.version, sizeof(copy.version))) {
        v->time_info_gva = 0;
    }
}

void vcpu_time_show(struct vcpu *v)
{
    const struct time_scale *s = &this_cpu()->time;
    struct vcpu_time_info *t = &v->info->time;

    v->time_shown_tsc = arch_vcpu_tsc(v, s->cycles);
    v->time_shown_mul = s->mul;
    v->time_version += 2;

    const struct vcpu_time_info now = {
        .version = v->time_version,
        .tsc_timestamp = v->time_shown_tsc,
        .system_time = s->ns,
        .tsc_to_system_mul = s->mul,
        .tsc_shift = s->shift,
        .flags = arch_tsc_is_stable() ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
    };

    /* Odd while it changes: the guest reads again. */
    WRITE_ONCE(t->version, now.version - 1);
    smp_wmb();
    WRITE_ONCE(t->tsc_timestamp, now.tsc_timestamp);
    WRITE_ONCE(t->system_time, now.system_time);
    WRITE_ONCE(t->tsc_to_system_mul, now.tsc_to_system_mul);
    WRITE_ONCE(t->tsc_shift, now.tsc_shift);
    WRITE_ONCE(t->flags, now.flags);
    smp_wmb();
    WRITE_ONCE(t->version, now.version);
    if (v->time_info_gva) {
        show_second(v, &now);
    }
}

void vcpu_time_update(struct vcpu *v)
{
    const struct time_scale *s = &this_cpu()->time;

    if (v->time_shown_mul != s->mul ||
        v->time_shown_tsc != arch_vcpu_tsc(v, s->cycles)) {
        vcpu_time_show(v);
    }
}

int vcpu_register_time(struct vcpu *v, gva_t gva)
{
    const struct vcpu_time_info *t = &v->info->time;

    if (guest_copy_to(gva, t, sizeof(*t)) != 0) {
        return -EFAULT;
    }
    v->time_info_gva = gva;
    return 0;
}
