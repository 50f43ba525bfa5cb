/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments in the guest's memory that a 32-bit guest lays out differently.
 * As in guest_handle.h, but a structure is named by its type (without
 * "struct") as well, and converted when the running vCPU is not in 64-bit
 * mode.  What is not in layout.def has one layout for both.
 * All return 0 or -EFAULT.
 */
#ifndef CORE_HYPERCALL_LAYOUT_H
#define CORE_HYPERCALL_LAYOUT_H

#include <core/abi/compat.h>
#include <core/hypercall/guest_handle.h>

struct layout;

#define LAYOUT(type, ...) extern const struct layout layout_##type;
#include <core/hypercall/layout.def>
#undef LAYOUT

int __must_check layout_copy_from(void *dst, gva_t src,
                                  const struct layout *l, unsigned int nr);
int __must_check layout_copy_to(gva_t dst, const void *src,
                                const struct layout *l, unsigned int nr);

/* @nr structures from address @gva on, and back. */
#define layout_read(type, dst, gva, nr)                                   \
    (guest_is_64bit()                                                     \
         ? guest_copy_from((dst), (gva), (nr) * sizeof(struct type))      \
         : layout_copy_from((dst), (gva), &layout_##type, (nr)))
#define layout_write(type, gva, src, nr)                                  \
    (guest_is_64bit()                                                     \
         ? guest_copy_to((gva), (src), (nr) * sizeof(struct type))        \
         : layout_copy_to((gva), (src), &layout_##type, (nr)))

/* Only member @field, which is as large for both. */
#define layout_write_field(type, gva, src, field)                         \
    guest_copy_to((gva) + (guest_is_64bit()                               \
                               ? offsetof(struct type, field)             \
                               : offsetof(struct compat_##type, field)),  \
                  &(src)->field,                                          \
                  sizeof(((struct compat_##type *)NULL)->field))

/* Bytes from one structure of an array to the next. */
#define layout_size(type)                                                 \
    (guest_is_64bit() ? sizeof(struct type) : sizeof(struct compat_##type))

/*
 * Elements [@index, +@nr) of the array of frame numbers or indices at @list,
 * and one of them back.
 */
int __must_check layout_read_frames(uint64_t *dst, gva_t list,
                                    uint64_t index, unsigned int nr);
int __must_check layout_write_frame(gva_t list, uint64_t index,
                                    uint64_t frame);

#endif /* CORE_HYPERCALL_LAYOUT_H */
