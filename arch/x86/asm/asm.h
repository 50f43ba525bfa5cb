/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Macros for assembly sources; constants that C and assembly share come from
 * core/lib/const.h.
 */
#ifndef ARCH_X86_ASM_ASM_H
#define ARCH_X86_ASM_ASM_H

#include <core/lib/const.h>

#ifdef __ASSEMBLER__
/* Begin and end of a global routine. */
#define FUNC(name)                                                           \
    .globl name;                                                             \
    .type name, @function;                                                   \
    .balign 16;                                                              \
    name:
#define END(name) .size name, . - name
#endif

#endif /* ARCH_X86_ASM_ASM_H */
