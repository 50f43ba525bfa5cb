/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Root and context tables: which page tables a function's DMA goes through.
 * A function without a context entry is blocked.  Tables of buses are made at
 * need and never freed.
 *
 * Locking: unit->lock.
 * Manual: VT-d specification, "Translation Structure Formats",
 * "Invalidation of Translation Caches".
 */
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <core/mm/page.h>
#include <core/mm/page_alloc.h>
#include <drivers/iommu/vtd/vtd_priv.h>

static struct vtd_entry *table_alloc(const struct vtd_unit *u)
{
    struct vtd_entry *const t = xpage_alloc(0);

    if (t != NULL) {
        arch_mm_clear_pages(t, 1);
        vtd_clean(u, t, PAGE_SIZE);
    }
    return t;
}

/* Both words of an entry; it is absent before the last store. */
static void entry_write(const struct vtd_unit *u, struct vtd_entry *e,
                        uint64_t low, uint64_t high)
{
    WRITE_ONCE(e->low, 0);
    WRITE_ONCE(e->high, high);
    WRITE_ONCE(e->low, low);
    vtd_clean(u, e, sizeof(*e));
}

static struct vtd_entry *context_table(const struct vtd_unit *u,
                                       unsigned int bus)
{
    const uint64_t low = u->root[bus].low;

    return low & VTD_ROOT_P ? arch_paddr_to_va(low & VTD_TABLE_ADDR) : NULL;
}

/* Attaching is rare: everything is forgotten, absent entries too. */
static void forget_all(struct vtd_unit *u) REQUIRES(u->lock)
{
    vtd_qi_must(u, vtd_qi_forget_dma(u));
}

int vtd_ctx_init(struct vtd_unit *u)
{
    int rc;

    u->root = table_alloc(u);
    if (u->root == NULL) {
        return -ENOMEM;
    }
    vtd_write64(u, VTD_RTADDR, arch_va_to_paddr(u->root));
    rc = vtd_command(u, VTD_G_RTP, true, "root table");
    if (rc == 0) {
        spin_lock(&u->lock);
        rc = vtd_qi_forget_dma(u);
        spin_unlock(&u->lock);
    }
    return rc;
}

/* The slot of @bdf; a table for its bus is made.  NULL: no memory. */
static struct vtd_entry *slot_make(struct vtd_unit *u, uint16_t bdf)
    REQUIRES(u->lock)
{
    const unsigned int bus = bdf >> 8;
    struct vtd_entry *t = context_table(u, bus);

    if (t == NULL) {
        t = table_alloc(u);
        if (t == NULL) {
            return NULL;
        }
        entry_write(u, &u->root[bus], arch_va_to_paddr(t) | VTD_ROOT_P, 0);
    }
    return &t[bdf & 0xffu];
}

int vtd_ctx_attach(pci_sbdf_t sbdf, const struct iommu_ctx *ctx)
{
    struct vtd_unit *const u = vtd_scope_find(sbdf);
    struct vtd_entry *e;

    if (u == NULL) {
        return -ENODEV;
    }
    if (ctx->id >> (4u + 2u * field_get(VTD_CAP_ND, u->cap))) {
        return -ENOSPC;
    }
    spin_lock(&u->lock);
    e = slot_make(u, PCI_BDF(sbdf));
    if (e != NULL) {
        if (!(e->low & VTD_CTX_LOW_P)) {
            u->attached++;
        }
        entry_write(u, e, mfn_to_paddr(ctx->root) | VTD_CTX_LOW_P,
                    field_prep(VTD_CTX_HIGH_AW, iommu_props.levels - 2) |
                    field_prep(VTD_CTX_HIGH_DID, ctx->id));
        forget_all(u);
    }
    spin_unlock(&u->lock);
    return e != NULL ? 0 : -ENOMEM;
}

void vtd_ctx_detach(pci_sbdf_t sbdf)
{
    struct vtd_unit *const u = vtd_scope_find(sbdf);
    struct vtd_entry *t;

    if (u == NULL) {
        return;
    }
    spin_lock(&u->lock);
    t = context_table(u, PCI_BUS(sbdf));
    if (t != NULL && t[PCI_BDF(sbdf) & 0xffu].low & VTD_CTX_LOW_P) {
        u->attached--;
        entry_write(u, &t[PCI_BDF(sbdf) & 0xffu], 0, 0);
        forget_all(u);
    }
    spin_unlock(&u->lock);
}

/* One descriptor for @nr frames from @first on, or more. */
static struct vtd_entry iotlb_desc(const struct vtd_unit *u, uint16_t id,
                                   uint64_t first, uint64_t nr)
{
    const unsigned int order = bit_fls(first ^ (first + nr - 1));
    struct vtd_entry d = {
        .low = VTD_DESC_IOTLB | vtd_drain_bits(u) |
               field_prep(VTD_DESC_DID, id),
    };

    if (!(u->cap & VTD_CAP_PSI) || order > field_get(VTD_CAP_MAMV, u->cap)) {
        d.low |= field_prep(VTD_DESC_SCOPE, VTD_SCOPE_DOMAIN);
        return d;
    }
    d.low |= field_prep(VTD_DESC_SCOPE, VTD_SCOPE_PAGES);
    d.high = field_prep(VTD_DESC_HIGH_ADDR, first >> order << order) |
             field_prep(VTD_DESC_HIGH_AM, order);
    return d;
}

void vtd_ctx_flush(const struct iommu_ctx *ctx, dfn_t first, uint64_t nr)
{
    for_each_vtd_unit(u) {
        const struct vtd_entry d = iotlb_desc(u, ctx->id, dfn_x(first), nr);

        spin_lock(&u->lock);
        if (u->attached != 0) {
            vtd_qi_must(u, vtd_qi_submit(u, &d, 1));
        }
        spin_unlock(&u->lock);
    }
}

void vtd_ctx_dump(struct vtd_unit *u)
{
    for (unsigned int bus = 0; bus < VTD_ENTRIES; bus++) {
        const struct vtd_entry *const t = context_table(u, bus);

        for (unsigned int i = 0; t != NULL && i < VTD_ENTRIES; i++) {
            if (t[i].low & VTD_CTX_LOW_P) {
                printk_raw("  " PCI_FMT ": domain id %u, tables at %#lx, %u "
                           "levels\n",
                           PCI_ARG(PCI_SBDF(u->segment, bus, i >> 3, i & 7u)),
                           (unsigned int)field_get(VTD_CTX_HIGH_DID,
                                                   t[i].high),
                           (unsigned long)(t[i].low & VTD_TABLE_ADDR),
                           (unsigned int)field_get(VTD_CTX_HIGH_AW,
                                                   t[i].high) + 2u);
            }
        }
    }
}
