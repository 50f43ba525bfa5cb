/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's own page tables, walked by software.  SDM volume 3, "Paging".
 */
#ifndef ARCH_X86_HVM_GUEST_WALK_H
#define ARCH_X86_HVM_GUEST_WALK_H

#include <core/lib/bits.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct vcpu;

/* Page fault error code, and what a walk is asked for. */
#define PFEC_PRESENT BIT32(0)
#define PFEC_WRITE BIT32(1)
#define PFEC_USER BIT32(2)
#define PFEC_RSVD BIT32(3)
#define PFEC_FETCH BIT32(4)

/*
 * Translate @gva for an access of kind @access (WRITE, USER, FETCH).
 * 0 and *@gpa; or -EFAULT and the error code of the page fault in *@pfec.
 * Accessed and dirty bits are set as by hardware.  SMAP is not applied:
 * a hypercall's caller opened the page, or did not need to.
 */
int __must_check guest_walk(struct vcpu *v, gva_t gva, uint32_t access,
                            gpa_t *gpa, uint32_t *pfec);

#endif /* ARCH_X86_HVM_GUEST_WALK_H */
