/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Typed copies between the hypervisor and the arrays a guest names by
 * handles.  A handle is a struct of the public ABI with one member p, a
 * linear address of the guest: never dereferenced, and only copied from once.
 * All return 0 or -EFAULT and are meant for the running vCPU's handles.
 *
 * Two families: by address (an argument register), and by handle (inside a
 * structure).  Types of both sides are compared at compile time.
 */
#ifndef CORE_HYPERCALL_GUEST_HANDLE_H
#define CORE_HYPERCALL_GUEST_HANDLE_H

#include <core/arch/arch_copy.h>
#include <core/lib/types.h>
#include <core/lib/util.h>

/* The whole object *@dst from address @gva of the guest, and back. */
#define gva_read(dst, gva) guest_copy_from((dst), (gva), sizeof(*(dst)))
#define gva_write(gva, src) guest_copy_to((gva), (src), sizeof(*(src)))

/* Only member @field of the object at @gva, from the copy *@src. */
#define gva_write_field(gva, src, field)                                  \
    guest_copy_to((gva) + offsetof(__typeof__(*(src)), field),            \
                  &(src)->field, sizeof((src)->field))

/* The address in a handle, plus @index elements. */
#define handle_gva(h) ((gva_t)(uintptr_t)(h).p)
#define handle_elem(h, index)                                             \
    (handle_gva(h) + (uint64_t)(index) * sizeof(*(h).p))

#define handle_is_null(h) ((h).p == NULL)

#define HANDLE_CHECK(h, ptr)                                              \
    ((void)sizeof(struct {                                                \
        static_assert(sizeof(*(h).p) == sizeof(*(ptr)),                   \
                      "handle and buffer are of different types");        \
        int dummy;                                                        \
    }))

/* Element @index of the guest's array into *@dst, and back. */
#define handle_read(dst, h, index)                                        \
    (HANDLE_CHECK(h, dst),                                                \
     guest_copy_from((dst), handle_elem(h, index), sizeof(*(dst))))
#define handle_write(h, index, src)                                       \
    (HANDLE_CHECK(h, src),                                                \
     guest_copy_to(handle_elem(h, index), (src), sizeof(*(src))))

/* @nr elements from @index on; @dst and @src have room for them. */
#define handle_read_array(dst, h, index, nr)                              \
    (HANDLE_CHECK(h, dst),                                                \
     guest_copy_from((dst), handle_elem(h, index),                        \
                     (size_t)(nr) * sizeof(*(dst))))
#define handle_write_array(h, index, src, nr)                             \
    (HANDLE_CHECK(h, src),                                                \
     guest_copy_to(handle_elem(h, index), (src),                          \
                   (size_t)(nr) * sizeof(*(src))))

/* Bytes behind a handle of void or char, at offset @offset. */
#define handle_read_bytes(dst, h, offset, bytes)                          \
    guest_copy_from((dst), handle_gva(h) + (offset), (bytes))
#define handle_write_bytes(h, offset, src, bytes)                         \
    guest_copy_to(handle_gva(h) + (offset), (src), (bytes))

/* Only member @field of element @index. */
#define handle_write_field(h, index, src, field)                          \
    (HANDLE_CHECK(h, src),                                                \
     gva_write_field(handle_elem(h, index), src, field))

#endif /* CORE_HYPERCALL_GUEST_HANDLE_H */
