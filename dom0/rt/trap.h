/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions and interrupts. Interrupts are on only while the event loop
 * sleeps; a handler does no more than to post what its vector means.
 */
#ifndef DOM0_RT_TRAP_H
#define DOM0_RT_TRAP_H

#include <dom0/rt/loop.h>

struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Loads the IDT and turns on the local APIC, in x2APIC mode. */
void trap_init(void);

/* Called by start.S. */
void trap_handle(const struct trap_frame *f);

/* A vector for a device's message, which posts the work; or -ENOSPC. */
int __must_check trap_msi_alloc(struct loop_work *work);

#endif
