/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables for DMA, in the format of the machine's units.
 *
 * Entries are written by single stores and a table is complete before it is
 * linked, so that a unit which walks at the same time sees the old or the new
 * translation.  Tables are freed with the context only.  What was changed is
 * collected as one range of frames and flushed when the caller asks.
 *
 * Locking: ctx->lock, also while units flush: who asks for a flush of what
 * another CPU is flushing waits for it.
 */
#include <drivers/iommu/iommu.h>

#include <core/abi/xen.h>
#include <core/arch/arch_mm.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <core/mm/page_alloc.h>
#include <core/sync/atomic.h>

static unsigned int index_of(uint64_t dfn, unsigned int level)
{
    return (unsigned int)(dfn >> (level * IOMMU_LEVEL_BITS)) % IOMMU_ENTRIES;
}

/* Frames that an entry at @level stands for. */
static uint64_t frames_at(unsigned int level)
{
    return UINT64_C(1) << (level * IOMMU_LEVEL_BITS);
}

/* Beyond what units can address? */
static bool is_beyond(uint64_t dfn)
{
    return dfn >> (iommu_props.levels * IOMMU_LEVEL_BITS) != 0;
}

static uint64_t *table_va(uint64_t entry)
{
    return mfn_va(paddr_to_mfn(entry & IOMMU_PT_ADDR));
}

/* Let a unit that does not look into caches see @bytes at @p. */
static void clean(const void *p, size_t bytes)
{
    if (iommu_props.is_incoherent) {
        arch_mm_clean_cache(p, bytes);
    }
}

static void entry_write(uint64_t *slot, uint64_t entry)
{
    /* Release: a table's content before the link to it. */
    atomic_set_release(slot, entry);
    clean(slot, sizeof(*slot));
}

static void nothing_to_flush(struct iommu_ctx *ctx)
{
    ctx->flush_first = UINT64_MAX;
    ctx->flush_last = 0;
}

static void must_flush(struct iommu_ctx *ctx, uint64_t first, uint64_t nr)
{
    ctx->flush_first = min(ctx->flush_first, first);
    ctx->flush_last = max(ctx->flush_last, first + nr - 1);
}

static uint64_t *table_alloc(struct iommu_ctx *ctx, mfn_t *mfn)
{
    struct page *const pg = page_alloc(0, DOMID_XEN, 0, PAGE_ANY_NODE);

    if (pg == NULL) {
        return NULL;
    }
    pg->next = ctx->tables;
    *mfn = page_mfn(pg);
    ctx->tables = (uint32_t)mfn_x(*mfn);
    ctx->table_pages++;
    return page_va(pg);
}

static void table_clear(uint64_t *table)
{
    for (unsigned int i = 0; i < IOMMU_ENTRIES; i++) {
        table[i] = iommu_props.format->absent;
    }
}

int iommu_ctx_init(struct iommu_ctx *ctx, uint16_t id)
{
    uint64_t *root;

    spin_init(&ctx->lock, LOCK_IOMMU_CTX);
    ctx->id = id;
    ctx->tables = PAGE_NIL;
    ctx->table_pages = 0;
    nothing_to_flush(ctx);
    root = table_alloc(ctx, &ctx->root);
    if (root == NULL) {
        return -ENOMEM;
    }
    table_clear(root);
    clean(root, PAGE_SIZE);
    return 0;
}

void iommu_ctx_free(struct iommu_ctx *ctx)
{
    while (ctx->tables != PAGE_NIL) {
        struct page *const pg = page_of(MFN(ctx->tables));

        ctx->tables = pg->next;
        page_free(pg, 0);
    }
    ctx->table_pages = 0;
}

/* A table of level @level - 1 with the translations of the leaf @entry. */
static void table_split(uint64_t *table, uint64_t entry, unsigned int level)
{
    const struct iommu_format *const f = iommu_props.format;
    const unsigned int order = (level - 1) * IOMMU_LEVEL_BITS;
    const unsigned int perm = f->perm(entry);
    const mfn_t base = paddr_to_mfn(entry & IOMMU_PT_ADDR);

    for (unsigned int i = 0; i < IOMMU_ENTRIES; i++) {
        table[i] = f->leaf(mfn_add(base, (uint64_t)i << order), level - 1,
                           perm);
    }
}

/*
 * *@out: the entry of @dfn at @level.  Tables are made and leaves split on
 * the way, but not to make what is absent absent (@is_absent): then it may be
 * NULL.  0, -ENOMEM.
 */
static int walk(struct iommu_ctx *ctx, uint64_t dfn, unsigned int level,
                bool is_absent, uint64_t **out)
{
    const struct iommu_format *const f = iommu_props.format;
    unsigned int at = iommu_props.levels - 1;
    uint64_t *table = mfn_va(ctx->root);

    for (; at > level; at--) {
        uint64_t *const slot = &table[index_of(dfn, at)];
        const uint64_t entry = *slot;
        mfn_t mfn;

        if (entry != f->absent && f->is_table(entry, at)) {
            table = table_va(entry);
            continue;
        }
        if (entry == f->absent && is_absent) {
            *out = NULL;
            return 0;
        }
        table = table_alloc(ctx, &mfn);
        if (table == NULL) {
            return -ENOMEM;
        }
        if (entry == f->absent) {
            table_clear(table);
        } else {
            table_split(table, entry, at);
            /* Units may go on with the large one, whatever is flushed. */
            must_flush(ctx, round_down(dfn, frames_at(at)), frames_at(at));
        }
        clean(table, PAGE_SIZE);
        entry_write(slot, f->table(mfn, at));
    }
    *out = &table[index_of(dfn, level)];
    return 0;
}

/* Write 2^(@level * 9) frames; a table that stands there is filled. */
static void entry_set(struct iommu_ctx *ctx, uint64_t *slot, uint64_t dfn,
                      mfn_t mfn, unsigned int level, unsigned int perm)
{
    const struct iommu_format *const f = iommu_props.format;
    const uint64_t old = *slot;
    uint64_t entry;

    if (level > 0 && old != f->absent && f->is_table(old, level)) {
        const unsigned int order = (level - 1) * IOMMU_LEVEL_BITS;

        for (unsigned int i = 0; i < IOMMU_ENTRIES; i++) {
            entry_set(ctx, &table_va(old)[i], dfn + ((uint64_t)i << order),
                      mfn_add(mfn, (uint64_t)i << order), level - 1, perm);
        }
        return;
    }
    entry = perm != 0 ? f->leaf(mfn, level, perm) : f->absent;
    if (old == entry) {
        return;
    }
    entry_write(slot, entry);
    if (old != f->absent || iommu_props.caches_absent) {
        must_flush(ctx, dfn, frames_at(level));
    }
}

/*
 * Orders larger than units have are cut up.  Tables for all pieces are made
 * before the first is written.
 */
static int map_locked(struct iommu_ctx *ctx, uint64_t dfn, mfn_t mfn,
                      unsigned int order, unsigned int perm)
{
    const unsigned int sub = min(order, iommu_props.max_order);
    const unsigned int level = sub / IOMMU_LEVEL_BITS;
    const uint64_t nr = UINT64_C(1) << (order - sub);
    uint64_t *slot;
    int rc = 0;

    for (uint64_t i = 0; rc == 0 && nr > 1 && i < nr; i++) {
        rc = walk(ctx, dfn + (i << sub), level, perm == 0, &slot);
    }
    for (uint64_t i = 0; rc == 0 && i < nr; i++) {
        rc = walk(ctx, dfn + (i << sub), level, perm == 0, &slot);
        if (rc == 0 && slot != NULL) {
            entry_set(ctx, slot, dfn + (i << sub), mfn_add(mfn, i << sub),
                      level, perm);
        }
    }
    return rc;
}

int iommu_map(struct iommu_ctx *ctx, dfn_t dfn, mfn_t mfn, unsigned int order,
              unsigned int perm)
{
    const uint64_t frame = dfn_x(dfn);
    int rc;

    if (is_beyond(frame)) {
        return perm != 0 ? -ERANGE : 0;
    }
    spin_lock(&ctx->lock);
    rc = map_locked(ctx, frame, mfn, order, perm);
    spin_unlock(&ctx->lock);
    return rc;
}

void iommu_ctx_flush(struct iommu_ctx *ctx)
{
    spin_lock(&ctx->lock);
    if (ctx->flush_first <= ctx->flush_last) {
        iommu_ops->flush(ctx, DFN(ctx->flush_first),
                            ctx->flush_last - ctx->flush_first + 1);
        nothing_to_flush(ctx);
    }
    spin_unlock(&ctx->lock);
}

mfn_t iommu_lookup(const struct iommu_ctx *ctx, dfn_t dfn, unsigned int *perm)
{
    const struct iommu_format *const f = iommu_props.format;
    const uint64_t frame = dfn_x(dfn);
    unsigned int at = iommu_props.levels - 1;
    const uint64_t *table = mfn_va(ctx->root);
    uint64_t entry = atomic_read_relaxed(&table[index_of(frame, at)]);

    *perm = 0;
    while (at > 0 && entry != f->absent && f->is_table(entry, at)) {
        table = table_va(entry);
        at--;
        entry = atomic_read_relaxed(&table[index_of(frame, at)]);
    }
    if (entry == f->absent || is_beyond(frame)) {
        return INVALID_MFN;
    }
    *perm = f->perm(entry);
    return mfn_add(paddr_to_mfn(entry & IOMMU_PT_ADDR),
                   frame % frames_at(at));
}
