/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detection of speculation controls.  SDM 4, IA32_ARCH_CAPABILITIES; APM 2,
 * "Speculation Control MSRs".
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/spec_ctrl.h>
#include <core/console/printk.h>
#include <core/kernel/param.h>

#define ARCH_CAPS_SKIP_L1D (_AC(1, UL) << 3)

struct spec_ctrl spec_ctrl RO_AFTER_INIT;

static void INIT_TEXT spec_ctrl_print(const struct spec_ctrl *s)
{
    const bool any = s->use_ibpb || s->use_ibrs || s->use_verw || s->use_l1d;

    printk(LOG_INFO, "Speculation controls:%s%s%s%s%s\n",
           s->use_ibpb ? " IBPB" : "", s->use_ibrs ? " IBRS" : "",
           s->use_verw ? " VERW" : "", s->use_l1d ? " L1D flush" : "",
           any ? "" : " none");
}

void INIT_TEXT spec_ctrl_init(void)
{
    struct spec_ctrl *s = &spec_ctrl;
    uint64_t caps = 0;

    if (!param.spec_ctrl) {
        printk(LOG_INFO, "Speculation controls: off by option\n");
        return;
    }
    if (cpu_has(CPU_FEATURE_ARCH_CAPS)) {
        caps = msr_read(MSR_ARCH_CAPABILITIES);
    }
    s->use_ibpb =
        cpu_has(CPU_FEATURE_AMD_IBPB) || cpu_has(CPU_FEATURE_IBRS);
    s->use_ibrs =
        cpu_has(CPU_FEATURE_AMD_IBRS) || cpu_has(CPU_FEATURE_IBRS);
    s->use_verw =
        cpu_has(CPU_FEATURE_MD_CLEAR) && !(caps & ARCH_CAPS_MDS_NO);
    s->use_l1d = cpu_info.vendor == CPU_VENDOR_INTEL &&
                 cpu_has(CPU_FEATURE_L1D_FLUSH) &&
                 !(caps & (ARCH_CAPS_RDCL_NO | ARCH_CAPS_SKIP_L1D));
    spec_ctrl_print(s);
}
