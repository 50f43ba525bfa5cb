/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaving a call that does not end, see core/arch/arch_cpu.h.
 */
#ifndef ARCH_X86_CPU_BOUNDED_H
#define ARCH_X86_CPU_BOUNDED_H

/* What may interrupt the call: the vectors of the local APIC, 0xf0 and up. */
#define BOUNDED_TPR 0xe

#ifndef __ASSEMBLER__
#include <core/arch/arch_cpu.h>

struct trap_frame;

/* A timer interrupt hit @f: if that was the last tick, leave the call. */
void bounded_tick(struct trap_frame *f);
/* An exception hit @f: false if that was not in a bounded call. */
bool bounded_trap(struct trap_frame *f);

/*
 * entry.S: call @fn(@data) with interrupts on; @rsp is where bounded_leave
 * finds the way back, with the result in RAX.
 */
enum arch_call bounded_enter(uint64_t *rsp, void (*fn)(void *data),
                             void *data);
extern const char bounded_leave[];
#endif

#endif /* ARCH_X86_CPU_BOUNDED_H */
