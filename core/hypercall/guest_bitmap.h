/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bitmaps between the hypervisor and a guest: struct xenctl_bitmap, whose
 * size in bits is the guest's choice.
 */
#ifndef CORE_HYPERCALL_GUEST_BITMAP_H
#define CORE_HYPERCALL_GUEST_BITMAP_H

#include <core/abi/domctl.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

/* Most bits that the functions below convert. */
#define GUEST_BITMAP_MAX 1024u

/*
 * Read into @map of @nbits; what the guest's does not have is clear, what it
 * has above @nbits is ignored.  0, -EFAULT.
 */
int __must_check guest_bitmap_read(uint64_t *map, unsigned int nbits,
                                   const struct xenctl_bitmap *from);
/* Write @map; the guest's further bits become clear.  0, -EFAULT. */
int __must_check guest_bitmap_write(const struct xenctl_bitmap *to,
                                    const uint64_t *map, unsigned int nbits);

#endif /* CORE_HYPERCALL_GUEST_BITMAP_H */
