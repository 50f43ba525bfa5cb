/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug key m: what memory is free, and what the hypervisor's objects take.
 */
#include <core/console/printk.h>
#include <core/mm/mm_dump.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>

void mm_dump(void)
{
    uint64_t held;
    uint64_t used;

    for (unsigned int n = 0; n < page_node_count(); n++) {
        printk_raw("node %u: %lu of %lu pages free; blocks by order:", n,
                   page_free_count(n), page_total_count(n));
        for (unsigned int o = 0; o <= PAGE_MAX_ORDER; o++) {
            printk_raw(" %lu", page_free_blocks(n, o));
        }
        printk_raw("\n");
    }
    slab_usage(&held, &used);
    printk_raw("small objects: %lu KiB used of %lu KiB\n", used >> 10,
               held >> 10);
    slab_dump();
}
