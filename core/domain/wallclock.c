/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock in shared_info, <xen/xen.h> "struct shared_info": a version
 * that is odd while the rest changes, UTC seconds and nanoseconds at system
 * time 0.  Where it lies depends on the guest's width.
 * Locking: one lock, so that writers of one domain do not mix.
 */
#include <core/domain/wallclock.h>

#include <core/abi/compat.h>
#include <core/kernel/time.h>
#include <core/sync/barrier.h>

/* Words from wc_version on. */
enum { WC_VERSION, WC_SEC, WC_NSEC };

static struct spinlock wallclock_lock = SPINLOCK_INIT(LEAF);
/* Nanoseconds since 1970 at system time 0. */
static uint64_t wallclock_base;

void wallclock_update(struct domain *d)
{
    struct shared_info *const s = d->shared_info;
    struct compat_shared_info *const s32 = (struct compat_shared_info *)s;
    uint32_t *const wc = d->is_32bit ? &s32->wc_version : &s->wc_version;
    uint32_t *const wc_sec_hi = d->is_32bit ? &s32->wc_sec_hi : &s->wc_sec_hi;
    const uint64_t base = READ_ONCE(wallclock_base);
    const uint64_t secs = base / NSEC_PER_SEC +
                          (uint64_t)d->wallclock_offset_s;
    uint32_t version;

    spin_lock(&wallclock_lock);
    /* The guest can write it: make it odd whatever it was. */
    version = READ_ONCE(wc[WC_VERSION]) | 1;
    WRITE_ONCE(wc[WC_VERSION], version);
    smp_wmb();
    WRITE_ONCE(wc[WC_SEC], (uint32_t)secs);
    WRITE_ONCE(*wc_sec_hi, (uint32_t)(secs >> 32));
    WRITE_ONCE(wc[WC_NSEC], (uint32_t)(base % NSEC_PER_SEC));
    smp_wmb();
    WRITE_ONCE(wc[WC_VERSION], version + 1);
    spin_unlock(&wallclock_lock);
}

void wallclock_set(uint64_t seconds, uint32_t nanoseconds, nsec_t at)
{
    struct domain *d;

    WRITE_ONCE(wallclock_base, seconds * NSEC_PER_SEC + nanoseconds - at);
    for_each_domain(d) {
        wallclock_update(d);
    }
}
