/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second-level page tables of a domain.  core/arch/arch_p2m.h has the
 * operations; this header has the structure and the seam to the two formats.
 *
 * States of an entry: absent; a table; a leaf with a type.  The type stands
 * in bits 55:52, which both formats leave to software.
 *
 * Locking: p2m.lock for changes.  Look-ups take no lock: tables are only
 * freed with the domain or after a quiescent state, entries are changed by
 * single 64-bit writes.
 *
 * A change that takes something away bumps @generation.  Every vCPU compares
 * it before entry and flushes what it cached; CPUs that are in guest mode are
 * kicked and waited for (see p2m_flush()).
 */
#ifndef ARCH_X86_P2M_P2M_H
#define ARCH_X86_P2M_P2M_H

#include <core/arch/arch_p2m.h>
#include <core/lib/bits.h>
#include <core/lib/util.h>
#include <core/sync/spinlock.h>

#define P2M_LEVELS 4u
#define P2M_TYPE GENMASK64(55, 52)
#define P2M_ADDR GENMASK64(51, 12)
/*
 * Common to both formats, as we write them: an entry with none of the three
 * lowest bits is absent; bit 7 tells a large leaf from a table.  An absent
 * entry is zero, or P2M_MARK_POD at any level.
 */
#define P2M_PRESENT GENMASK64(2, 0)
#define P2M_LARGE BIT(7)
#define P2M_MARK_POD ((uint64_t)P2M_POD << 52)

/* How EPT or NPT writes an entry. */
struct p2m_format {
    const char *name;
    /* A leaf of 2^order frames; order 0, 9 or 18. */
    uint64_t (*leaf)(mfn_t mfn, unsigned int order, enum p2m_type type);
    uint64_t (*table)(mfn_t mfn);
};

/* What the machine allows, set once by the back end's detection. */
struct p2m_limits {
    unsigned int max_order;      /* 9 without 1 GiB pages, else 18           */
    unsigned int address_bits;   /* Of guest physical addresses, 48 at most  */
};

extern struct p2m_limits p2m_limits;

struct p2m {
    struct spinlock lock;
    const struct p2m_format *format; /* [c] */
    struct iommu_ctx *iommu;         /* [c] mirrored there, or NULL          */
    mfn_t root;                      /* [c] */
    uint64_t generation;             /* [a] */
    uint64_t max_gfn;                /* [lock] */
    uint32_t batch_cpu;              /* [lock] who batches, or CPU_NONE      */
    uint32_t batch_depth;            /* [lock] */
    bool batch_dirty;                /* [lock] */
    bool is_stale;                   /* [a] p2m_settle() has work            */
    unsigned long table_pages;       /* [lock] */
    unsigned long table_limit;       /* [lock] a guest cannot eat up memory  */
    uint32_t tables;                 /* [lock] list of table frames          */
    bool log_is_on;                  /* [lock] see p2m_log.c                 */
    uint32_t log_faults;             /* [lock] first writes to clean frames  */
};

extern const struct p2m_format p2m_format_ept;
extern const struct p2m_format p2m_format_npt;

int __must_check p2m_init(struct domain *d, const struct p2m_format *format);
/* Free the tables.  The domain is off all CPUs for good. */
void p2m_free(struct domain *d);

static inline bool p2m_entry_is_present(uint64_t entry)
{
    return (entry & P2M_PRESENT) != 0;
}

/* Of a present entry at a level above 0. */
static inline bool p2m_entry_is_large(uint64_t entry)
{
    return (entry & P2M_LARGE) != 0;
}

/* Entry of a leaf: its type and rights. */
static inline enum p2m_type p2m_entry_type(uint64_t entry)
{
    return (enum p2m_type)field_get(P2M_TYPE, entry);
}

/* P2M_ROW(type, is RAM-like, writable) for all types, in order. */
#define P2M_TYPE_ROWS(P2M_ROW)                                               \
    P2M_ROW(NONE, false, false)                                              \
    P2M_ROW(RAM_RW, true, true)                                              \
    P2M_ROW(RAM_RO, true, false)                                             \
    P2M_ROW(RAM_LOGDIRTY, true, false)                                       \
    P2M_ROW(MMIO_DIRECT, false, true)                                        \
    P2M_ROW(MMIO_TOUCHED, false, true)                                       \
    P2M_ROW(XENPAGE_RW, true, true)                                          \
    P2M_ROW(GRANT_RW, true, true)                                            \
    P2M_ROW(GRANT_RO, true, false)                                           \
    P2M_ROW(FOREIGN_RW, true, true)                                          \
    P2M_ROW(FOREIGN_RO, true, false)                                         \
    P2M_ROW(POD, false, false)

/*
 * As p2m_lookup(), and where the entry stands: what was found holds as long
 * as *@slot is @raw.  @slot is NULL beyond the address width.  It stays
 * readable as long as the domain: tables are never taken down before.
 */
struct p2m_place {
    const uint64_t *slot;
    uint64_t raw;
};
struct p2m_entry p2m_lookup_place(const struct domain *d, gfn_t gfn,
                                  struct p2m_place *place);

/* Does it hold still? */
static inline bool p2m_place_holds(const struct p2m_place *place)
{
    /* Acquire: behind a reference taken before. */
    return __atomic_load_n(place->slot, __ATOMIC_ACQUIRE) == place->raw;
}

bool p2m_type_is_ram(enum p2m_type type);
bool p2m_type_is_writable(enum p2m_type type);

/*
 * Wait until no CPU in guest mode uses an entry removed before the call.
 */
void p2m_flush(struct domain *d);

/*
 * A guest access faulted on @gfn: 0 if the table now allows it (a device that
 * the domain may have, mapped at its first use; a change that raced), -EFAULT
 * if it is for emulation.  @write: it was a write.
 */
int __must_check p2m_fault(struct domain *d, gfn_t gfn, bool write);

/* A write to @gfn is under way: if it is clean it becomes dirty, writable. */
void p2m_log_mark(struct domain *d, gfn_t gfn);

/* Check every entry against its type: violations, with a line for each. */
unsigned int p2m_audit(struct domain *d);

#endif /* ARCH_X86_P2M_P2M_H */
