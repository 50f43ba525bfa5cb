/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Table of instructions that may fault and where to go on if they do.  An
 * entry is two 32-bit offsets, each from its own place.
 */
#ifndef ARCH_X86_ASM_EXTABLE_H
#define ARCH_X86_ASM_EXTABLE_H

#ifndef __ASSEMBLER__
#include <core/lib/types.h>

/* In inline assembly: a fault at label @from continues at label @to. */
#define EXTABLE(from, to)                                                    \
    ".pushsection .extable, \"a\"\n"                                         \
    ".balign 4\n"                                                            \
    ".long " from " - .\n"                                                   \
    ".long " to " - .\n"                                                     \
    ".popsection\n"

struct extable_entry {
    int32_t from;
    int32_t to;
};

/* Where to continue after a fault at @rip; 0 if it was not expected. */
uintptr_t extable_find(uintptr_t rip);
#else
#define EXTABLE(from, to)                                                    \
        .pushsection .extable, "a";                                          \
        .balign 4;                                                           \
        .long   from - .;                                                    \
        .long   to - .;                                                      \
        .popsection
#endif

#endif /* ARCH_X86_ASM_EXTABLE_H */
