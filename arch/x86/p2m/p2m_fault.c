/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults in the second-level tables that are no emulation, and the debug
 * views of the tables.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/p2m/p2m_iommu.h>
#include <arch/x86/p2m/p2m_walk.h>
#include <core/console/printk.h>
#include <core/domain/pod.h>
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>
#include <core/mm/page.h>

#define BLOCK_ORDER 9u

/*
 * A domain that owns devices gets their memory 1:1 where it touches it.
 * With the lock of the physical map: what a hypercall has put there since the
 * access stays.
 */
static int map_device_locked(struct domain *d, gfn_t gfn)
    REQUIRES(d->physmap_lock)
{
    const uint64_t block = UINT64_C(1) << BLOCK_ORDER;
    const uint64_t first = gfn_x(gfn) & ~(block - 1);

    /* Another domain's devices are where the tools put them. */
    if (!d->is_hardware || !d->mmio_ok ||
        !rangeset_contains(d->mmio_ok, gfn_x(gfn), gfn_x(gfn))) {
        return -EFAULT;
    }
    if (p2m_lookup(d, gfn).type != P2M_NONE) {
        return 0;
    }
    if (rangeset_contains(d->mmio_ok, first, first + block - 1) &&
        p2m_lookup(d, GFN(first)).order == 0) {
        unsigned int level = 1;
        const uint64_t *const slot = p2m_walk(p2m_of(d), GFN(first), &level);

        /* Nothing yet in the whole block: one large entry. */
        if (!p2m_entry_is_present(*slot)) {
            return p2m_map(d, GFN(first), MFN(first), BLOCK_ORDER,
                           P2M_MMIO_TOUCHED);
        }
    }
    return p2m_map(d, gfn, MFN(gfn_x(gfn)), 0, P2M_MMIO_TOUCHED);
}

static int map_device(struct domain *d, gfn_t gfn)
{
    int rc;

    spin_lock(&d->physmap_lock);
    rc = map_device_locked(d, gfn);
    spin_unlock(&d->physmap_lock);
    return rc;
}

int p2m_fault(struct domain *d, gfn_t gfn, bool write)
{
    const struct p2m_entry e = p2m_lookup(d, gfn);

    if (e.type == P2M_NONE) {
        return map_device(d, gfn);
    }
    if (e.type == P2M_POD) {
        return pod_fill(d, gfn) ? -EFAULT : 0;
    }
    if (write && e.type == P2M_RAM_LOGDIRTY) {
        p2m_log_mark(d, gfn);
        return 0;
    }
    if (write && !p2m_type_is_writable(e.type)) {
        return -EFAULT;
    }
    return 0;
}

static const char *const type_names[P2M_TYPES] = {
#define P2M_ROW(type, ram, writable) [P2M_##type] = #type,
    P2M_TYPE_ROWS(P2M_ROW)
#undef P2M_ROW
};

/* Frames up to the end of the hole or leaf at @gfn. */
static uint64_t extent_at(const struct p2m *p2m, uint64_t gfn)
{
    unsigned int level = 0;

    p2m_walk(p2m, GFN(gfn), &level);
    const uint64_t size = UINT64_C(1) << (level * P2M_LEVEL_BITS);

    return size - (gfn & (size - 1));
}

/* RAM must be a page of the domain; large device entries hold no RAM. */
static bool entry_is_sound(const struct domain *d, const struct p2m_entry *e)
{
    domid_t owner;

    if (p2m_type_is_mmio(e->type)) {
        return d->mmio_ok && rangeset_contains(d->mmio_ok, mfn_x(e->mfn),
                                               mfn_x(e->mfn));
    }
    if (!p2m_type_is_ram(e->type)) {
        return e->type < P2M_TYPES;
    }
    if (!page_is_ram(e->mfn)) {
        return false;
    }
    owner = page_of(e->mfn)->owner;
    switch (e->type) {
    case P2M_XENPAGE_RW:
        /* shared_info is the hypervisor's, frames of grants the domain's. */
        return owner == DOMID_XEN || owner == d->id;
    case P2M_GRANT_RW:
    case P2M_GRANT_RO:
    case P2M_FOREIGN_RW:
    case P2M_FOREIGN_RO:
        return (page_of(e->mfn)->flags & PAGE_F_SHARED) != 0 ||
               domain_by_id(owner) != NULL;
    default:
        return owner == d->id;
    }
}

unsigned int p2m_audit(struct domain *d)
{
    const struct p2m *const p2m = p2m_of(d);
    const uint64_t end = UINT64_C(1) << (p2m_limits.address_bits -
                                         PAGE_SHIFT);
    unsigned int faults = 0;

    for (uint64_t gfn = 0; gfn < end;) {
        const struct p2m_entry e = p2m_lookup(d, GFN(gfn));

        if (e.type != P2M_NONE && !entry_is_sound(d, &e)) {
            printk_raw("audit: p2m of d%u: gfn %#lx: %s mfn %#lx is not its own\n",
                   d->id, gfn, type_names[e.type], mfn_x(e.mfn));
            faults++;
        }
        if (p2m->iommu && !p2m_iommu_agrees(d, GFN(gfn), &e)) {
            printk_raw("audit: p2m of d%u: gfn %#lx: devices do not see %s\n",
                       d->id, gfn, type_names[e.type]);
            faults++;
        }
        gfn += extent_at(p2m, gfn);
    }
    return faults;
}
