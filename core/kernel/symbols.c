/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookup in the symbol table.  In the first pass of the link, and on the host,
 * there is none: the symbols are weak.
 */
#include <core/kernel/symbols.h>
#include <core/lib/compiler.h>
#include <core/lib/string.h>

/* Made by tools/gen_symbols.py. */
extern const uint32_t symbol_count __weak;
extern const uint32_t symbol_offsets[] __weak;      /* From image_start      */
extern const uint32_t symbol_name_offsets[] __weak; /* Into symbol_names     */
extern const char symbol_names[] __weak;
extern const char image_start[] __weak;
extern const char rodata_start[] __weak;            /* End of all text       */

static uint32_t count(void)
{
    return &symbol_count ? symbol_count : 0;
}

const char *symbols_lookup(uintptr_t addr, unsigned long *offset)
{
    const uintptr_t base = (uintptr_t)image_start;
    uint32_t low = 0;
    uint32_t high = count();

    if (high == 0 || addr < base + symbol_offsets[0] ||
        addr >= (uintptr_t)rodata_start) {
        return NULL;
    }
    /* The last symbol that starts at or before the address. */
    while (high - low > 1) {
        const uint32_t mid = low + (high - low) / 2;

        if (base + symbol_offsets[mid] <= addr) {
            low = mid;
        } else {
            high = mid;
        }
    }
    *offset = addr - base - symbol_offsets[low];
    return symbol_names + symbol_name_offsets[low];
}
