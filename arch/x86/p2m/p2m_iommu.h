/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the devices of a domain see of its memory: the same as its processors,
 * but for the hypervisor's pages and for other devices.
 *
 * Called with p2m.lock held, and only if the domain has such devices (p2m.iommu
 * is set).
 */
#ifndef ARCH_X86_P2M_P2M_IOMMU_H
#define ARCH_X86_P2M_P2M_IOMMU_H

#include <arch/x86/p2m/p2m.h>

/*
 * Before the p2m is changed: let devices see 2^@order frames of @type.  0,
 * -ENOMEM with nothing changed, -ERANGE if devices cannot address @gfn.
 */
int __must_check p2m_iommu_set(struct domain *d, gfn_t gfn, mfn_t mfn,
                               unsigned int order, enum p2m_type type);
/* The change of the p2m failed: as before. */
void p2m_iommu_undo(struct domain *d, gfn_t gfn, unsigned int order);

/* Do devices see of @gfn what its entry @e allows? */
bool p2m_iommu_agrees(const struct domain *d, gfn_t gfn,
                      const struct p2m_entry *e);

#endif /* ARCH_X86_P2M_P2M_IOMMU_H */
