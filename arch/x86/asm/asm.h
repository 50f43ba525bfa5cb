/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Macros for assembly sources, and _AC() for constants which C and assembly
 * share.
 */
#ifndef ARCH_X86_ASM_ASM_H
#define ARCH_X86_ASM_ASM_H

#ifdef __ASSEMBLY__
#define _AC(x, suffix) x

/* Begin and end of a global routine. */
#define FUNC(name)                                                           \
    .globl name;                                                             \
    .type name, @function;                                                   \
    .balign 16;                                                              \
    name:
#define END(name) .size name, . - name
#else
#define AC_JOIN(x, suffix) x##suffix
#define _AC(x, suffix) AC_JOIN(x, suffix)
#endif

#endif /* ARCH_X86_ASM_ASM_H */
