/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bitmaps between the hypervisor and a guest.  Little-endian both, so bytes
 * are copied; bits beyond the shorter one are cut off.
 */
#include <core/hypercall/guest_bitmap.h>

#include <core/hypercall/guest_handle.h>
#include <core/kernel/bug.h>
#include <core/lib/bitmap.h>
#include <core/lib/errno.h>

/* Clear the bits of @map from @nbits to the end of its last word. */
static void clear_tail(uint64_t *map, unsigned int nbits, unsigned int size)
{
    if (nbits < size) {
        bitmap_clear_range(map, nbits, size - nbits);
    }
}

int guest_bitmap_read(uint64_t *map, unsigned int nbits,
                      const struct xenctl_bitmap *from)
{
    const unsigned int size = BITMAP_WORDS(nbits) * 64u;
    const unsigned int bits = min(nbits, from->nr_bits);

    bitmap_zero(map, size);
    if (handle_read_bytes(map, from->bitmap, 0, DIV_ROUND_UP(bits, 8))) {
        return -EFAULT;
    }
    clear_tail(map, bits, size);
    return 0;
}

int guest_bitmap_write(const struct xenctl_bitmap *to, const uint64_t *map,
                       unsigned int nbits)
{
    uint64_t copy[BITMAP_WORDS(GUEST_BITMAP_MAX)] = { 0 };
    const unsigned int bits = min(nbits, to->nr_bits);
    const uint64_t bytes = DIV_ROUND_UP(bits, 8);
    const uint64_t all = DIV_ROUND_UP((uint64_t)to->nr_bits, 8);

    BUG_ON(nbits > GUEST_BITMAP_MAX);
    bitmap_copy(copy, map, nbits);
    clear_tail(copy, bits, GUEST_BITMAP_MAX);
    if (handle_write_bytes(to->bitmap, 0, copy, bytes)) {
        return -EFAULT;
    }
    /* A guest that asks for more gets zeros, as many as are of any use. */
    if (all > bytes && all <= PAGE_SIZE) {
        return guest_clear(handle_gva(to->bitmap) + bytes, all - bytes);
    }
    return 0;
}
