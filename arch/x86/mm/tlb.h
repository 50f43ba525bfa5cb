/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLB flushes for the hypervisor's own mappings, which change seldom.
 */
#ifndef ARCH_X86_MM_TLB_H
#define ARCH_X86_MM_TLB_H

/* Everything, global pages included, on this CPU. */
void tlb_flush_local(void);

/*
 * On every online CPU.  Waits for their loop heads: boot or the loop head
 * only, with no lock held.
 */
void tlb_flush_all(void);

#endif /* ARCH_X86_MM_TLB_H */
