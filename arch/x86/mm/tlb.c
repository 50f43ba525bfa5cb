/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLB flushes.  SDM, "Operations that Invalidate TLBs": changing CR4.PGE
 * drops everything.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/mm/tlb.h>
#include <core/kernel/smp_call.h>

void tlb_flush_local(void)
{
    const uint64_t cr4 = cr4_read();

    cr4_write(cr4 ^ CR4_PGE);
    cr4_write(cr4);
}

static void tlb_flush_fn(void *data)
{
    tlb_flush_local();
}

void tlb_flush_all(void)
{
    smp_call_all(tlb_flush_fn, NULL);
}
