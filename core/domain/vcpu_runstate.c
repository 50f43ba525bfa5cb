/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run state accounting: how long a vCPU has been running, runnable, blocked,
 * offline; <xen/vcpu.h> "struct vcpu_runstate_info".
 *
 * The numbers change under the lock of the vCPU's run queue.  They are
 * written into the guest's memory by the CPU that runs the vCPU: under that
 * lock into a page that is pinned, for any vCPU of the domain may exchange it
 * at any moment, and with no lock held where it has to be looked up.  A
 * reader in the guest on another CPU can tell a half-written copy if it asked
 * for that (vm_assist runstate_update_flag): the topmost bit of
 * state_entry_time is set meanwhile.
 */
#include <core/domain/vcpu.h>

#include <core/abi/compat.h>
#include <core/arch/arch_copy.h>
#include <core/kernel/cpu.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <core/mm/page.h>
#include <core/sched/sched_core.h>
#include <core/sync/barrier.h>

void vcpu_runstate_get(struct vcpu *v, struct vcpu_runstate_info *info)
{
    struct sched_cpu *sc = sched_lock_vcpu(v);
    const nsec_t now = time_now();

    *info = v->runstate;
    sched_unlock(sc);
    if (now > info->state_entry_time) {
        info->time[info->state] += now - info->state_entry_time;
    }
}

/* The times, one behind the other in both layouts, begin here. */
static size_t times_at(const struct domain *d)
{
    return d->is_32bit
               ? offsetof(struct compat_vcpu_runstate_info, state_entry_time)
               : offsetof(struct vcpu_runstate_info, state_entry_time);
}

/* Move the times where @d expects them; the size of the whole. */
static size_t lay_out(const struct domain *d, struct vcpu_runstate_info *rs)
{
    const size_t bytes =
        sizeof(*rs) - offsetof(struct vcpu_runstate_info, state_entry_time);

    memmove((char *)rs + times_at(d), &rs->state_entry_time, bytes);
    return times_at(d) + bytes;
}

static int write_copy(struct vcpu *v, const struct vcpu_runstate_info *rs)
{
    const gva_t gva = v->runstate_gva;
    const gva_t entry_gva = gva + times_at(v->domain);
    uint64_t entry = rs->state_entry_time | XEN_RUNSTATE_UPDATE;
    struct vcpu_runstate_info copy = *rs;
    size_t size;
    int rc;

    if (!(READ_ONCE(v->domain->vm_assist) &
          BIT(VMASST_TYPE_runstate_update_flag))) {
        size = lay_out(v->domain, &copy);
        return guest_copy_to_vcpu(v, gva, &copy, size);
    }
    copy.state_entry_time = entry;
    size = lay_out(v->domain, &copy);
    rc = guest_copy_to_vcpu(v, entry_gva, &entry, sizeof(entry));
    smp_wmb();
    if (rc == 0) {
        rc = guest_copy_to_vcpu(v, gva, &copy, size);
    }
    smp_wmb();
    entry &= ~XEN_RUNSTATE_UPDATE;
    if (rc == 0) {
        rc = guest_copy_to_vcpu(v, entry_gva, &entry, sizeof(entry));
    }
    return rc;
}

static void write_pinned(struct vcpu *v, const struct vcpu_runstate_info *rs)
{
    char *const to = (char *)page_va(v->runstate_page) + v->runstate_offset;
    compat_u64 *const entry = (compat_u64 *)(to + times_at(v->domain));
    const bool flag = READ_ONCE(v->domain->vm_assist) &
                      BIT(VMASST_TYPE_runstate_update_flag);

    if (flag) {
        WRITE_ONCE(*entry, rs->state_entry_time | XEN_RUNSTATE_UPDATE);
        smp_wmb();
    }
    WRITE_ONCE(*(int *)to, rs->state);
    for (unsigned int i = 0; i < ARRAY_SIZE(rs->time); i++) {
        WRITE_ONCE(entry[1 + i], rs->time[i]);
    }
    smp_wmb();
    WRITE_ONCE(*entry, rs->state_entry_time);
}

void vcpu_runstate_write(struct vcpu *v)
{
    struct vcpu_runstate_info rs;
    struct sched_cpu *sc;
    bool is_pinned;

    sc = sched_lock_vcpu(v);
    rs = v->runstate;
    is_pinned = v->runstate_page != NULL;
    if (is_pinned) {
        write_pinned(v, &rs);
    }
    sched_unlock(sc);
    if (!is_pinned && write_copy(v, &rs) != 0) {
        /* It took the memory away: the next registration starts again. */
        v->runstate_gva = 0;
    }
}

/* From now on it is @pg (NULL: none), whose reference is consumed. */
static void exchange_page(struct vcpu *v, struct page *pg,
                          unsigned int offset, gva_t gva)
{
    struct sched_cpu *const sc = sched_lock_vcpu(v);
    struct page *const old = v->runstate_page;

    v->runstate_page = pg;
    v->runstate_offset = offset;
    v->runstate_gva = gva;
    sched_unlock(sc);
    if (old) {
        page_put(old);
    }
}

void vcpu_unregister_runstate(struct vcpu *v)
{
    exchange_page(v, NULL, 0, 0);
}

int vcpu_register_runstate(struct vcpu *v, gva_t gva)
{
    struct vcpu_runstate_info rs;
    unsigned int offset = 0;
    struct page *pg;
    size_t size;

    if (gva == 0) {
        vcpu_unregister_runstate(v);
        return 0;
    }
    /* Written through the caller's page tables: they map it now. */
    vcpu_runstate_get(v, &rs);
    size = lay_out(v->domain, &rs);
    if (guest_copy_to(gva, &rs, size) != 0) {
        return -EFAULT;
    }
    /* The larger layout has to fit: the guest may change its width later. */
    pg = guest_pin(gva, sizeof(rs), &offset);
    exchange_page(v, pg, offset, gva);
    return 0;
}
