/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The physical-to-machine map: policy.  See core/arch/arch_p2m.h for the
 * contract and p2m.h for states and locking.  Tables are never taken down
 * before the domain is: a large mapping over an existing table fills the
 * table instead.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/p2m/p2m_iommu.h>
#include <arch/x86/p2m/p2m_walk.h>
#include <core/abi/xen.h>
#include <core/arch/arch_domain.h>
#include <core/domain/pod.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <core/sync/atomic.h>
#include <drivers/iommu/iommu.h>

/* Pages of tables a guest may have until the tools say how many. */
#define POOL_DEFAULT 256u

struct p2m_limits p2m_limits = { .max_order = 9, .address_bits = 40 };

struct type_info {
    bool is_ram;
    bool is_writable;
};

static const struct type_info type_info[P2M_TYPES] = {
#define P2M_ROW(type, ram, writable) [P2M_##type] = { (ram), (writable) },
    P2M_TYPE_ROWS(P2M_ROW)
#undef P2M_ROW
};

bool p2m_type_is_ram(enum p2m_type type)
{
    return type < P2M_TYPES && type_info[type].is_ram;
}

bool p2m_type_is_writable(enum p2m_type type)
{
    return type < P2M_TYPES && type_info[type].is_writable;
}

int p2m_init(struct domain *d, const struct p2m_format *format)
{
    struct p2m *const p2m = p2m_of(d);
    struct page *const pg = page_alloc(0, DOMID_XEN, PAGE_ZERO,
                                       PAGE_ANY_NODE);

    if (!pg) {
        return -ENOMEM;
    }
    spin_init(&p2m->lock, LOCK_P2M);
    p2m->format = format;
    p2m->root = page_mfn(pg);
    p2m->generation = 1;
    p2m->table_limit = d->is_hardware ? ~0ul : POOL_DEFAULT;
    p2m->tables = PAGE_NIL;
    p2m->batch_cpu = CPU_NONE;
    p2m->iommu = d->is_hardware ? iommu_hardware_ctx() : NULL;
    return 0;
}

void p2m_free(struct domain *d)
{
    struct p2m *const p2m = p2m_of(d);

    while (p2m->tables != PAGE_NIL) {
        struct page *const pg = page_of(MFN(p2m->tables));

        p2m->tables = pg->next;
        page_free(pg, 0);
    }
    if (p2m->format) {
        page_free(page_of(p2m->root), 0);
        p2m->format = NULL;
    }
}

/*
 * The generation is bumped before guest_seq is read; an entering CPU writes
 * guest_seq before it reads the generation: one of the two sees the other.
 *
 *   here                          entry
 *   generation++                  guest_seq odd
 *   (full barrier)                (full barrier)
 *   odd? kick and wait            generation changed? flush
 */
void p2m_flush(struct domain *d)
{
    atomic_inc(&p2m_of(d)->generation);
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (d->vcpu && d->vcpu[i]) {
            arch_vcpu_sync(d->vcpu[i]);
        }
    }
}

/* An entry was changed; @is_removed: processors may have cached the old. */
static void need_flush(struct domain *d, bool is_removed)
{
    struct p2m *const p2m = p2m_of(d);

    /* Only the batching CPU itself can find its own number there. */
    if (atomic_read_relaxed(&p2m->batch_cpu) == this_cpu_id()) {
        p2m->batch_dirty |= is_removed;
        return;
    }
    /* What is mapped now may be where something stale is still seen. */
    if (is_removed || atomic_read_relaxed(&p2m->is_stale)) {
        p2m_flush(d);
    }
    if (p2m->iommu) {
        iommu_ctx_flush(p2m->iommu);
    }
}

void p2m_settle(struct domain *d)
{
    struct p2m *const p2m = p2m_of(d);

    p2m_flush(d);
    if (p2m->iommu) {
        iommu_ctx_flush(p2m->iommu);
    }
    atomic_set_release(&p2m->is_stale, false);
}

/* One CPU batches at a time; the changes of others flush at once. */
void p2m_begin_batch(struct domain *d)
{
    struct p2m *const p2m = p2m_of(d);

    spin_lock(&p2m->lock);
    if (p2m->batch_cpu == CPU_NONE) {
        p2m->batch_cpu = this_cpu_id();
    }
    if (p2m->batch_cpu == this_cpu_id()) {
        p2m->batch_depth++;
    }
    spin_unlock(&p2m->lock);
}

void p2m_end_batch(struct domain *d)
{
    struct p2m *const p2m = p2m_of(d);
    bool is_removed = false;
    bool is_end = false;

    spin_lock(&p2m->lock);
    if (p2m->batch_cpu == this_cpu_id() && --p2m->batch_depth == 0) {
        is_end = true;
        is_removed = p2m->batch_dirty;
        p2m->batch_dirty = false;
        p2m->batch_cpu = CPU_NONE;
    }
    spin_unlock(&p2m->lock);
    if (is_end) {
        need_flush(d, is_removed);
    }
}

static bool range_ok(gfn_t gfn, mfn_t mfn, unsigned int order)
{
    const uint64_t size = UINT64_C(1) << order;
    const uint64_t end = UINT64_C(1) << (p2m_limits.address_bits -
                                         PAGE_SHIFT);

    return ((gfn_x(gfn) | mfn_x(mfn)) & (size - 1)) == 0 &&
           gfn_x(gfn) < end && size <= end - gfn_x(gfn);
}

/* Write one entry; true if what it replaced may sit in a TLB. */
static bool entry_write(const struct p2m *p2m, uint64_t *slot, uint64_t entry)
{
    const uint64_t old = atomic_exchange(slot, entry);

    return p2m_entry_is_present(old) && old != entry;
}

static uint64_t entry_for(const struct p2m *p2m, mfn_t mfn,
                          unsigned int order, enum p2m_type type)
{
    switch (type) {
    case P2M_NONE: return 0;
    case P2M_POD: return P2M_MARK_POD;
    default: return p2m->format->leaf(mfn, order, type);
    }
}

/*
 * Set 2^@order frames.  A table in the place of a large leaf is kept, and
 * all its entries are written.
 */
static int set_locked(struct p2m *p2m, gfn_t gfn, mfn_t mfn,
                      unsigned int order, enum p2m_type type, bool *flush)
{
    const unsigned int level = p2m_level_of(order);
    uint64_t *const slot = p2m_walk_create(p2m, gfn, level);

    if (!slot) {
        return -ENOMEM;
    }
    if (level > 0 && p2m_entry_is_present(*slot) &&
        !p2m_entry_is_large(*slot)) {
        const unsigned int sub = order - P2M_LEVEL_BITS;

        for (unsigned int i = 0; i < P2M_ENTRIES; i++) {
            const uint64_t step = (uint64_t)i << sub;
            const int rc = set_locked(p2m, gfn_add(gfn, step),
                                      mfn_add(mfn, step), sub, type, flush);

            if (rc) {
                return rc;
            }
        }
        return 0;
    }
    *flush |= entry_write(p2m, slot, entry_for(p2m, mfn, order, type));
    return 0;
}

static int p2m_set_locked(struct domain *d, gfn_t gfn, mfn_t mfn,
                          unsigned int order, enum p2m_type type, bool *flush)
{
    struct p2m *const p2m = p2m_of(d);
    int rc;

    rc = p2m->iommu ? p2m_iommu_set(d, gfn, mfn, order, type) : 0;
    if (!rc) {
        rc = set_locked(p2m, gfn, mfn, order, type, flush);
        if (rc && p2m->iommu) {
            p2m_iommu_undo(d, gfn, order);
        }
    }
    if (!rc && p2m_type_is_ram(type)) {
        p2m->max_gfn = max(p2m->max_gfn,
                           gfn_x(gfn) + (UINT64_C(1) << order) - 1);
    }
    return rc;
}

static int p2m_set(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                   enum p2m_type type)
{
    struct p2m *const p2m = p2m_of(d);
    bool flush = false;
    int rc;

    spin_lock(&p2m->lock);
    rc = p2m_set_locked(d, gfn, mfn, order, type, &flush);
    spin_unlock(&p2m->lock);
    need_flush(d, flush);
    return rc;
}

int p2m_unmap_later(struct domain *d, gfn_t gfn)
{
    struct p2m *const p2m = p2m_of(d);
    bool flush = false;
    int rc;

    spin_lock(&p2m->lock);
    rc = p2m_set_locked(d, gfn, MFN(0), 0, P2M_NONE, &flush);
    atomic_set_relaxed(&p2m->is_stale, true);
    spin_unlock(&p2m->lock);
    /* Who enters from now on forgets it. */
    atomic_inc(&p2m->generation);
    return rc;
}

int p2m_map(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
            enum p2m_type type)
{
    if (order > p2m_limits.max_order || order % P2M_LEVEL_BITS ||
        !range_ok(gfn, mfn, order)) {
        return -EINVAL;
    }
    return p2m_set(d, gfn, mfn, order, type);
}

int p2m_unmap(struct domain *d, gfn_t gfn, unsigned int order)
{
    const uint64_t mask = (UINT64_C(1) << order) - 1;
    unsigned int level = 0;

    if (!range_ok(gfn, MFN(gfn_x(gfn) & ~mask), order)) {
        return -EINVAL;
    }
    /* What is absent as a whole needs no tables to be made for it. */
    if (*p2m_walk(p2m_of(d), gfn, &level) == 0 &&
        level >= p2m_level_of(order)) {
        return 0;
    }
    return p2m_set(d, gfn, MFN(0), order, P2M_NONE);
}

/* Is nothing there, not even a mark?  The level of @order, or below. */
static bool is_blank(const struct p2m *p2m, gfn_t gfn, unsigned int order)
{
    unsigned int level = p2m_level_of(order);
    const uint64_t *slot = p2m_walk(p2m, gfn, &level);
    const uint64_t entry = *slot;

    if (level != p2m_level_of(order) || !p2m_entry_is_present(entry) ||
        level == 0 || p2m_entry_is_large(entry)) {
        return entry == 0;
    }
    for (unsigned int i = 0; i < P2M_ENTRIES; i++) {
        const uint64_t step = (uint64_t)i << (order - P2M_LEVEL_BITS);

        if (!is_blank(p2m, gfn_add(gfn, step), order - P2M_LEVEL_BITS)) {
            return false;
        }
    }
    return true;
}

int p2m_mark_pod(struct domain *d, gfn_t gfn, unsigned int order)
{
    struct p2m *const p2m = p2m_of(d);
    bool flush = false;
    int rc = -EINVAL;

    if (order > p2m_limits.max_order || order % P2M_LEVEL_BITS ||
        !range_ok(gfn, MFN(0), order)) {
        return -EINVAL;
    }
    spin_lock(&p2m->lock);
    if (is_blank(p2m, gfn, order)) {
        rc = set_locked(p2m, gfn, MFN(0), order, P2M_POD, &flush);
    }
    spin_unlock(&p2m->lock);
    return rc;
}

/* The lowest level's slot of @gfn for p2m_fill(), NULL if there is none. */
static uint64_t *fill_slot(struct p2m *p2m, uint64_t gfn)
{
    return gfn >> (p2m_limits.address_bits - PAGE_SHIFT)
               ? NULL
               : p2m_walk_create(p2m, GFN(gfn), 0);
}

unsigned int p2m_fill(struct domain *d, const uint64_t *gfn, const mfn_t *mfn,
                      unsigned int nr, enum p2m_type type)
{
    struct p2m *const p2m = p2m_of(d);
    const uint64_t attributes = p2m->format->leaf(MFN(0), 0, type);
    uint64_t region = UINT64_MAX;
    uint64_t *slot = NULL;
    unsigned int i;

    spin_lock(&p2m->lock);
    for (i = 0; i < nr; i++) {
        /* Neighbours share their table. */
        if (gfn[i] / P2M_ENTRIES == region) {
            slot += (int64_t)(gfn[i] - gfn[i - 1]);
        } else {
            slot = fill_slot(p2m, gfn[i]);
            region = gfn[i] / P2M_ENTRIES;
        }
        if (!slot || *slot != 0 ||
            (p2m->iommu &&
             p2m_iommu_set(d, GFN(gfn[i]), mfn[i], 0, type))) {
            break;
        }
        atomic_set_relaxed(slot, attributes | mfn_to_paddr(mfn[i]));
        if (p2m_type_is_ram(type)) {
            p2m->max_gfn = max(p2m->max_gfn, gfn[i]);
        }
    }
    spin_unlock(&p2m->lock);
    need_flush(d, false);
    return i;
}

static inline const uint64_t *next_slot(uint64_t entry, gfn_t gfn,
                                        unsigned int level)
{
    const uint64_t *const table = mfn_va(paddr_to_mfn(entry & P2M_ADDR));

    return &table[p2m_index(gfn, level)];
}

static inline bool is_table(uint64_t entry)
{
    return p2m_entry_is_present(entry) && !p2m_entry_is_large(entry);
}

/*
 * The slot where the walk for @gfn ends; NULL beyond the address width.
 * p2m_walk() written out: all that looks at a frame passes here.
 */
static inline const uint64_t *slot_of(const struct p2m *p2m, gfn_t gfn,
                                      unsigned int *level)
{
    const uint64_t *slot = next_slot(mfn_to_paddr(p2m->root), gfn, 3);
    uint64_t entry;

    if (unlikely(gfn_x(gfn) >> (p2m_limits.address_bits - PAGE_SHIFT))) {
        *level = 0;
        return NULL;
    }
    *level = 3;
    entry = atomic_read_relaxed(slot);
    if (unlikely(!is_table(entry))) {
        return slot;
    }
    *level = 2;
    slot = next_slot(entry, gfn, 2);
    entry = atomic_read_relaxed(slot);
    if (!is_table(entry)) {
        return slot;
    }
    *level = 1;
    slot = next_slot(entry, gfn, 1);
    entry = atomic_read_relaxed(slot);
    if (!is_table(entry)) {
        return slot;
    }
    *level = 0;
    return next_slot(entry, gfn, 0);
}

static inline struct p2m_entry entry_of(const struct p2m *p2m, gfn_t gfn,
                                 uint64_t entry, unsigned int level)
{
    const unsigned int order = level * P2M_LEVEL_BITS;
    const uint64_t mask = (UINT64_C(1) << order) - 1;

    if (!p2m_entry_is_present(entry)) {
        return (struct p2m_entry){ .mfn = INVALID_MFN, .order = order,
                                   .type = entry ? P2M_POD : P2M_NONE };
    }
    return (struct p2m_entry){
        .mfn = MFN((mfn_x(paddr_to_mfn(entry & P2M_ADDR)) & ~mask) |
                   (gfn_x(gfn) & mask)),
        .type = p2m_entry_type(entry),
        .order = order,
    };
}

struct p2m_entry p2m_lookup_place(const struct domain *d, gfn_t gfn,
                                  struct p2m_place *place)
{
    const struct p2m *const p2m = p2m_of(d);
    unsigned int level;

    place->slot = slot_of(p2m, gfn, &level);
    place->raw = place->slot ? atomic_read_relaxed(place->slot) : 0;
    return entry_of(p2m, gfn, place->raw, level);
}

struct p2m_entry p2m_lookup(const struct domain *d, gfn_t gfn)
{
    struct p2m_place place;

    return p2m_lookup_place(d, gfn, &place);
}

/* Bits by type of a present entry. */
#define TYPES_RAM_ROW(type, ram, writable) \
    | ((ram) ? 1u << P2M_##type : 0)
#define TYPES_WRITABLE_ROW(type, ram, writable) \
    | ((ram) && (writable) ? 1u << P2M_##type : 0)

/* What is behind these belongs to the domain itself. */
#define TYPES_OWN \
    (1u << P2M_RAM_RW | 1u << P2M_RAM_RO | 1u << P2M_RAM_LOGDIRTY)

/* @gfn, of @type, becomes RAM that can be written; false: it does not. */
static __noinline bool make_wanted(struct domain *d, gfn_t gfn,
                                   enum p2m_type type)
{
    switch (type) {
    case P2M_POD:
        return pod_fill(d, gfn) == 0;
    case P2M_RAM_LOGDIRTY:
        p2m_log_mark(d, gfn);
        return true;
    default:
        return false;
    }
}

struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write,
                          enum p2m_type *type)
{
    const uint32_t wanted = write ? 0 P2M_TYPE_ROWS(TYPES_WRITABLE_ROW)
                                  : 0 P2M_TYPE_ROWS(TYPES_RAM_ROW);
    const struct p2m *const p2m = p2m_of(d);

    for (;;) {
        unsigned int level;
        const uint64_t *const slot = slot_of(p2m, gfn, &level);
        const uint64_t raw = slot ? atomic_read_relaxed(slot) : 0;
        const enum p2m_type found = p2m_entry_type(raw);
        uint64_t mfn = (raw & P2M_ADDR) >> PAGE_SHIFT;
        struct page *pg;

        if (type) {
            *type = found;
        }
        if (unlikely(!(wanted >> found & 1))) {
            if (make_wanted(d, gfn, found)) {
                continue;
            }
            return NULL;
        }
        if (level != 0) {
            const uint64_t mask =
                (UINT64_C(1) << (level * P2M_LEVEL_BITS)) - 1;

            mfn = (mfn & ~mask) | (gfn_x(gfn) & mask);
        }
        pg = page_of(MFN(mfn));
        /* A dying domain's map still has pages that are others' by now. */
        if (unlikely(!page_get(pg, TYPES_OWN >> found & 1
                                       ? d->id : READ_ONCE(pg->owner)))) {
            return NULL;
        }
        /* The reference counts only if the page is still mapped there. */
        if (likely(atomic_read_acquire(slot) == raw)) {
            return pg;
        }
        page_put(pg);
    }
}

void p2m_set_pool(struct domain *d, unsigned long pages)
{
    struct p2m *const p2m = p2m_of(d);

    if (d->is_hardware) {
        return;
    }
    spin_lock(&p2m->lock);
    p2m->table_limit = max(pages, p2m->table_pages);
    spin_unlock(&p2m->lock);
}

unsigned long p2m_pool(const struct domain *d)
{
    return READ_ONCE(p2m_of(d)->table_limit);
}

gfn_t p2m_max_gfn(const struct domain *d)
{
    return GFN(p2m_of(d)->max_gfn);
}
