/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The direct map: RAM only, largest pages, no execute.  What the image must
 * not write is read-only here as well.
 */
#include <arch/x86/mm/directmap.h>
#include <arch/x86/mm/image.h>
#include <arch/x86/mm/pgtable.h>
#include <core/kernel/bug.h>
#include <core/lib/util.h>

static void INIT_TEXT directmap_piece(paddr_t start, paddr_t end,
                                      enum map_prot prot)
{
    if (start < end &&
        pgtable_map(DIRECTMAP_VIRT + start, start, end - start, prot,
                    MEMTYPE_WB)) {
        panic("no memory for the page tables of the direct map\n");
    }
}

void INIT_TEXT directmap_add(paddr_t start, paddr_t end)
{
    const paddr_t ro_start = image_paddr;
    const paddr_t ro_end = image_paddr + (size_t)(rodata_end - image_start);

    start = round_up(start, PAGE_SIZE);
    end = min(round_down(end, PAGE_SIZE), (paddr_t)DIRECTMAP_SIZE);
    directmap_piece(start, min(end, ro_start), MAP_RW);
    directmap_piece(max(start, ro_start), min(end, ro_end), MAP_RO);
    directmap_piece(max(start, ro_end), end, MAP_RW);
}
