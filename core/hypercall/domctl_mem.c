/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls about a domain's memory: how much, where, and how much for its
 * tables.
 */
#include <core/hypercall/domctl.h>

#include <core/arch/arch_domain.h>
#include <core/arch/arch_p2m.h>
#include <core/domain/domain_pages.h>
#include <core/hypercall/guest_bitmap.h>
#include <core/lib/bitmap.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>

int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
    domain_set_max_pages(d, op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10));
    return 0;
}

/*
 * Xen takes the pool's pages from the heap here; Hospes when a table is
 * needed, and refuses a table beyond the size.
 */
int domctl_set_paging_mempool_size(struct domain *d, struct xen_domctl *op)
{
    const uint64_t size = op->u.paging_mempool.size;

    if (size % PAGE_SIZE != 0 || size >> PAGE_SHIFT > UINT32_MAX) {
        return -EINVAL;
    }
    p2m_set_pool(d, size >> PAGE_SHIFT);
    return 0;
}

int domctl_get_paging_mempool_size(struct domain *d, struct xen_domctl *op)
{
    op->u.paging_mempool.size = (uint64_t)p2m_pool(d) << PAGE_SHIFT;
    return 0;
}

static uint64_t all_nodes(void)
{
    return BIT(page_node_count()) - 1;
}

int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    uint64_t map;
    const int rc = guest_bitmap_read(&map, 64, &op->u.nodeaffinity.nodemap);

    if (rc) {
        return rc;
    }
    if (!(map & all_nodes())) {
        return -EINVAL;
    }
    map &= all_nodes();
    spin_lock(&d->lock);
    d->nodes = map == all_nodes() ? 0 : (uint16_t)map;
    spin_unlock(&d->lock);
    return 0;
}

int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    const uint64_t map = d->nodes ? d->nodes : all_nodes();

    return guest_bitmap_write(&op->u.nodeaffinity.nodemap, &map, 64);
}

int domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
    const gfn_t gfn = GFN(op->u.hypercall_init.gmfn);

    if (!gfn_valid(gfn)) {
        return -EINVAL;
    }
    return arch_domain_hypercall_page(d, gfn) ? -EINVAL : 0;
}
