/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FPU and vector registers.  They always hold the state of the vCPU that
 * is loaded; the hypervisor itself uses none after boot.  Switched eagerly,
 * when a vCPU is loaded or unloaded.  With XSAVE, XCR0 is the guest's while
 * its vCPU is loaded, else, and to save and restore, the hypervisor's mask.
 */
#ifndef ARCH_X86_CPU_FPU_H
#define ARCH_X86_CPU_FPU_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

#define FPU_AREA_ALIGN 64u

/* Boot CPU: choose what is used; then switch it on on each CPU. */
void fpu_init(void);
void fpu_init_cpu(void);

/* True with XSAVE; else state is FXSAVE's 512 bytes and XCR0 is not there. */
bool fpu_has_xsave(void);

/* Components in use: all that a guest's XCR0 may have set. */
uint64_t fpu_xcr0_mask(void);

/* Size of an area; aligned to FPU_AREA_ALIGN, standard form. */
uint32_t fpu_area_size(void);

/* Make a cleared @area hold the state after reset. */
void fpu_area_init(void *area);

/*
 * Registers to @area, and with XSAVE the guest's XCR0 to @xcr0: read from the
 * register since not every processor lets XSETBV be intercepted.
 */
void fpu_save(void *area, uint64_t *xcr0);

/*
 * @area to the registers, then XCR0 = @xcr0.  False if @area cannot be loaded
 * (it faulted): the state after reset is in the registers then.
 */
bool __must_check fpu_restore(void *area, uint64_t xcr0);

#endif /* ARCH_X86_CPU_FPU_H */
