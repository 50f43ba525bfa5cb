/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a 32-bit guest lays out its arguments: for each structure which bytes
 * of it are which of the 64-bit one.  Numbers grow by zeros.
 * Locking: none.  Chapter: xen/arch-x86/xen-x86_32.h and the structures'.
 */
#include <core/hypercall/layout.h>

#include <core/abi/grant_table.h>
#include <core/abi/memory.h>
#include <core/abi/sched.h>
#include <core/abi/vcpu.h>
#include <core/abi/version.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

struct layout_field {
    uint8_t wide_at;
    uint8_t narrow_at;
    uint8_t bytes; /* Of the narrow one                                 */
};

struct layout {
    uint8_t wide_size;
    uint8_t narrow_size;
    uint8_t nr_fields;
    const struct layout_field *field;
};

/* Of a structure in the 32-bit layout. */
#define NARROW_MAX 48u

#define F(type, name) \
    { \
        offsetof(struct type, name), offsetof(struct compat_##type, name), \
            sizeof(((struct compat_##type *)NULL)->name) \
    }

#define LAYOUT(type, ...) \
    static_assert(sizeof(struct compat_##type) <= NARROW_MAX, #type); \
    static const struct layout_field fields_of_##type[] = { __VA_ARGS__ };
#include <core/hypercall/layout.def>
#undef LAYOUT

#define LAYOUT(type, ...) \
    const struct layout layout_##type = { \
        sizeof(struct type), \
        sizeof(struct compat_##type), \
        ARRAY_SIZE(fields_of_##type), \
        fields_of_##type, \
    };
#include <core/hypercall/layout.def>
#undef LAYOUT

int layout_copy_from(void *dst, gva_t src, const struct layout *l,
                     unsigned int nr)
{
    uint8_t narrow[NARROW_MAX];
    uint8_t *wide = dst;

    for (; nr > 0; nr--, wide += l->wide_size, src += l->narrow_size) {
        if (guest_copy_from(narrow, src, l->narrow_size) != 0) {
            return -EFAULT;
        }
        memset(wide, 0, l->wide_size);
        for (unsigned int i = 0; i < l->nr_fields; i++) {
            const struct layout_field *const f = &l->field[i];

            memcpy(wide + f->wide_at, narrow + f->narrow_at, f->bytes);
        }
    }
    return 0;
}

int layout_copy_to(gva_t dst, const void *src, const struct layout *l,
                   unsigned int nr)
{
    uint8_t narrow[NARROW_MAX] = { 0 };
    const uint8_t *wide = src;

    for (; nr > 0; nr--, wide += l->wide_size, dst += l->narrow_size) {
        for (unsigned int i = 0; i < l->nr_fields; i++) {
            const struct layout_field *const f = &l->field[i];

            memcpy(narrow + f->narrow_at, wide + f->wide_at, f->bytes);
        }
        if (guest_copy_to(dst, narrow, l->narrow_size) != 0) {
            return -EFAULT;
        }
    }
    return 0;
}

int layout_read_frames(uint64_t *dst, gva_t list, uint64_t index,
                       unsigned int nr)
{
    const compat_pfn *const narrow = (const compat_pfn *)dst;

    if (guest_is_64bit()) {
        return guest_copy_from(dst, list + index * sizeof(*dst),
                               nr * sizeof(*dst));
    }
    if (guest_copy_from(dst, list + index * sizeof(*narrow),
                        nr * sizeof(*narrow)) != 0) {
        return -EFAULT;
    }
    /* In place, from the end on: each is read before it is written over. */
    for (unsigned int i = nr; i-- > 0;) {
        dst[i] = narrow[i];
    }
    return 0;
}

int layout_write_frame(gva_t list, uint64_t index, uint64_t frame)
{
    const size_t bytes = guest_is_64bit() ? sizeof(frame) : sizeof(compat_pfn);

    return guest_copy_to(list + index * bytes, &frame, bytes);
}
