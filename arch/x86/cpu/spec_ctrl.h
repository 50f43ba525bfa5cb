/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the processor offers against speculation across protection borders.
 */
#ifndef ARCH_X86_CPU_SPEC_CTRL_H
#define ARCH_X86_CPU_SPEC_CTRL_H

#include <arch/x86/cpu/msr.h>
#include <arch/x86/cpu/percpu.h>

struct spec_ctrl {
    bool use_ibpb;  /* Barrier when a CPU goes from one domain to another    */
    bool use_ibrs;  /* IA32_SPEC_CTRL exists                                 */
    bool use_verw;  /* VERW before guest entry clears internal buffers       */
    bool use_l1d;   /* Flush the first-level cache before VM entry           */
};

extern struct spec_ctrl spec_ctrl; /* [c] */

/* Boot CPU: find out, and log. */
void spec_ctrl_init(void);

/*
 * This CPU is about to run a vCPU of domain @domid: what the branch predictor
 * learned from another domain must not steer it.
 */
static inline void spec_ctrl_enter_domain(uint16_t domid)
{
    struct arch_cpu *const a = this_cpu()->arch;

    if (a->last_domid != domid) {
        a->last_domid = domid;
        if (spec_ctrl.use_ibpb) {
            msr_write(MSR_PRED_CMD, PRED_CMD_IBPB);
        }
    }
}

#endif /* ARCH_X86_CPU_SPEC_CTRL_H */
