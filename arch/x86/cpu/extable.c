/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Search of the table of instructions that may fault.  Entries are few and a
 * fault is rare, so it is not sorted.
 */
#include <arch/x86/asm/extable.h>

extern const struct extable_entry extable_start[];
extern const struct extable_entry extable_end[];

uintptr_t extable_find(uintptr_t rip)
{
    for (const struct extable_entry *e = extable_start; e < extable_end;
         e++) {
        if ((uintptr_t)&e->from + (uintptr_t)(intptr_t)e->from == rip) {
            return (uintptr_t)&e->to + (uintptr_t)(intptr_t)e->to;
        }
    }
    return 0;
}
