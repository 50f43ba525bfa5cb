/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical-to-machine map of a domain, as core uses it.  Implemented by
 * arch/x86/p2m over EPT or NPT tables, faked in tests/unit.
 *
 * Locking: every call takes the p2m lock of the domain itself (it is a leaf
 * but for page allocation and page references).  A call that removes or
 * weakens an entry returns only after no CPU can use the old one, unless the
 * caller batches by p2m_begin_batch()/p2m_end_batch().
 *
 * References: entries of type FOREIGN and GRANT do not own a reference; the
 * caller that made the entry (gnttab, memory_op) keeps it and drops it after
 * the removal.  Entries of RAM type stand for the reference that the domain
 * got by allocation.  P2M_POD has no frame: absent for the hardware.
 */
#ifndef CORE_ARCH_ARCH_P2M_H
#define CORE_ARCH_ARCH_P2M_H

#include <core/lib/bitmap.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct page;

enum p2m_type {
    P2M_NONE,          /* Nothing there: reads all ones, writes dropped.      */
    P2M_RAM_RW,        /* The domain's own RAM.                               */
    P2M_RAM_RO,        /* The same, write-protected; writes are dropped.      */
    P2M_RAM_LOGDIRTY,  /* The same, a write makes it RW: p2m_log_scan().      */
    P2M_MMIO_DIRECT,   /* A device of the machine.                            */
    P2M_MMIO_TOUCHED,  /* Perhaps one: somebody looked.  Gives way.           */
    P2M_XENPAGE_RW,    /* A page of the hypervisor's: shared_info, grants.    */
    P2M_GRANT_RW,      /* Granted by another domain.                          */
    P2M_GRANT_RO,
    P2M_FOREIGN_RW,    /* Another domain's, mapped by the control domain.     */
    P2M_FOREIGN_RO,
    P2M_POD,           /* RAM of the domain's not given yet, see pod.h.       */
    P2M_TYPES
};

static inline bool p2m_type_is_mmio(enum p2m_type type)
{
    return type == P2M_MMIO_DIRECT || type == P2M_MMIO_TOUCHED;
}

struct p2m_entry {
    mfn_t mfn;
    enum p2m_type type;
    unsigned int order; /* 0, 9 or 18: size of the mapping that was found    */
};

/*
 * Map 2^@order frames.  Replaces what is there (large mappings are split).
 * 0, -ENOMEM (nothing changed), -EINVAL if misaligned or beyond the guest's
 * physical address width.  Memory type: cacheable for RAM types, from the
 * machine's MTRRs for MMIO.
 */
int __must_check p2m_map(struct domain *d, gfn_t gfn, mfn_t mfn,
                         unsigned int order, enum p2m_type type);
int __must_check p2m_unmap(struct domain *d, gfn_t gfn, unsigned int order);

/*
 * As p2m_unmap() of one frame, but only the calling vCPU is sure to see it
 * gone: other CPUs and devices may use the entry until p2m_settle(), or until
 * the next change of the map.  Both with d->physmap_lock.
 */
int __must_check p2m_unmap_later(struct domain *d, gfn_t gfn);
void p2m_settle(struct domain *d);

/*
 * Mark 2^@order frames as P2M_POD where nothing is at all.
 * 0, -EINVAL if there is something, or as p2m_map(); -ENOMEM.
 */
int __must_check p2m_mark_pod(struct domain *d, gfn_t gfn,
                              unsigned int order);

/*
 * Map @nr single frames @gfn[i] to @mfn[i], as long as nothing is there.
 * Returns how many were mapped: less than @nr if an entry exists, is beyond
 * the address width, or there is no memory for tables.
 */
unsigned int p2m_fill(struct domain *d, const uint64_t *gfn, const mfn_t *mfn,
                      unsigned int nr, enum p2m_type type);

/* Map [@gfn, +@nr) to [@mfn, +@nr) with the largest pages that fit. */
int __must_check p2m_map_range(struct domain *d, gfn_t gfn, mfn_t mfn,
                               unsigned long nr, enum p2m_type type);
int __must_check p2m_unmap_range(struct domain *d, gfn_t gfn,
                                 unsigned long nr);

/* What @gfn maps to (mfn of exactly that frame); type P2M_NONE if nothing. */
struct p2m_entry p2m_lookup(const struct domain *d, gfn_t gfn);

/*
 * The page behind @gfn with a reference taken, or NULL if it is no RAM-like
 * page (RAM, xenpage, grant, foreign) or not writable when @write.
 */
struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write,
                          enum p2m_type *type);

/* Highest frame ever mapped as RAM by the tools or the builder. */
gfn_t p2m_max_gfn(const struct domain *d);

/*
 * How many pages the tables of @d may take, at most; what they take already
 * stays, and is the least that is then in force.  The hardware domain has no
 * limit, whatever is set.  @pages: pages.
 */
void p2m_set_pool(struct domain *d, unsigned long pages);
unsigned long p2m_pool(const struct domain *d);

/*
 * Logging of writes, see arch/x86/p2m/p2m_log.c.  Start: 0, -EINVAL if it is
 * on; everything is dirty then, and what becomes RAM later is.
 */
#define P2M_LOG_FRAMES 4096u
int __must_check p2m_log_start(struct domain *d);
void p2m_log_stop(struct domain *d);
/*
 * Which frames from @gfn on, a multiple of 512, are dirty: into @map, of
 * P2M_LOG_FRAMES bits.  With @clean they are clean afterwards, and a write
 * that comes after the call makes them dirty again.  Returns how many were
 * looked at, a multiple of 512; the bits behind are clear.
 */
unsigned long p2m_log_scan(struct domain *d, gfn_t gfn, bool clean,
                           uint64_t map[BITMAP_WORDS(P2M_LOG_FRAMES)]);
/* How many frames became dirty since the last @reset. */
uint32_t p2m_log_faults(struct domain *d, bool reset);

/*
 * Between begin and end, the invalidations of this CPU's changes are
 * collected and done once.  Calls nest.
 */
void p2m_begin_batch(struct domain *d);
void p2m_end_batch(struct domain *d);

#endif /* CORE_ARCH_ARCH_P2M_H */
