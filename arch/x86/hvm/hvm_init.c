/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot: which of the two back ends, and each CPU's share of it.
 */
#include <arch/x86/cpu/identify.h>
#include <arch/x86/hvm/hvm_ops.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/p2m/p2m.h>
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>

const struct hvm_ops *hvm_ops RO_AFTER_INIT;

#define P2M_ADDRESS_BITS_MAX 48u

int hvm_ops_choose(void)
{
    if (cpu_has(CPU_FEATURE_SVM)) {
        hvm_ops = &hvm_ops_svm;
    } else if (cpu_has(CPU_FEATURE_VMX)) {
        hvm_ops = &hvm_ops_vmx;
    } else {
        printk(LOG_INFO, "this processor offers neither AMD-V nor VT-x; if it has one "
               "of them, switch it on in the firmware's set-up\n");
        return -ENODEV;
    }
    p2m_limits.max_order = cpu_has(CPU_FEATURE_PAGE1GB) ? 18 : 9;
    p2m_limits.address_bits = min((unsigned int)cpu_info.phys_bits,
                                  P2M_ADDRESS_BITS_MAX);
    return 0;
}

int hvm_cpu_init(void)
{
    if (!hvm_ops) {
        const int rc = hvm_ops_choose();

        if (rc) {
            return rc;
        }
    }
    return hvm_ops->cpu_enable();
}
