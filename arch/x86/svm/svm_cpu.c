/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD-V on and off on each CPU, and what it offers.  APM volume 2, "Enabling
 * SVM", "VM_HSAVE_PA MSR", "VM_CR MSR (C001_0114h)".
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/svm/svm_priv.h>
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>

#define CPUID_SVM_LEAF 0x8000000au

struct svm_features svm_features;

/* Once, on the boot CPU: 0, -ENODEV. */
static int svm_detect(void)
{
    const struct cpuid_regs r = cpuid_raw(CPUID_SVM_LEAF, 0);
    uint64_t vm_cr;

    /* An emulator may have AMD-V without this register. */
    if (msr_read_safe(MSR_VM_CR, &vm_cr) && (vm_cr & VM_CR_SVMDIS)) {
        printk(LOG_INFO, "AMD-V is switched off by the firmware (VM_CR.SVMDIS); "
               "switch SVM on in its set-up\n");
        return -ENODEV;
    }
    svm_features.edx = r.edx;
    svm_features.asids = r.ebx;
    svm_features.intr_by_virq = cpu_info.is_tcg;
    if (!svm_has(SVM_FEAT_NPT)) {
        printk(LOG_INFO, "this processor's AMD-V has no nested paging, which is "
               "required\n");
        return -ENODEV;
    }
    if (svm_io_init() || svm_msr_init()) {
        return -ENOMEM;
    }
    printk(LOG_INFO, "AMD-V: %u ASIDs,%s%s%s%s%s%s\n", svm_features.asids,
           svm_has(SVM_FEAT_NRIPS) ? " nrip-save" : "",
           svm_has(SVM_FEAT_DECODE) ? " decode-assists" : "",
           svm_has(SVM_FEAT_CLEAN) ? " clean-bits" : "",
           svm_has(SVM_FEAT_FLUSH_ASID) ? " flush-by-asid" : "",
           svm_has(SVM_FEAT_VGIF) ? " vgif" : "",
           svm_has(SVM_FEAT_LBRV) ? " lbrv" : "");
    return 0;
}

static struct svm_cpu *svm_cpu_alloc(void)
{
    struct svm_cpu *const sc = xzalloc(sizeof(*sc));

    if (!sc) {
        return NULL;
    }
    sc->host = xpage_alloc(0);
    sc->hsave = xpage_alloc(0);
    if (!sc->host || !sc->hsave) {
        return NULL;
    }
    memset(sc->host, 0, PAGE_SIZE);
    memset(sc->hsave, 0, PAGE_SIZE);
    sc->host_pa = mfn_to_paddr(page_mfn(va_page(sc->host)));
    sc->next_asid = 1;
    /* No two CPUs ever have the same, and none has 0. */
    sc->asid_tag = (uint64_t)(this_cpu_id() + 1) << 40;
    return sc;
}

int svm_cpu_enable(void)
{
    struct svm_cpu **const slot = &this_cpu()->arch->svm;
    int rc;

    if (this_cpu_id() == 0 && !svm_features.edx) {
        rc = svm_detect();
        if (rc) {
            return rc;
        }
    }
    if (!*slot) {
        *slot = svm_cpu_alloc();
        if (!*slot) {
            return -ENOMEM;
        }
    }
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_SVME);
    msr_write(MSR_VM_HSAVE_PA, mfn_to_paddr(page_mfn(va_page((*slot)->hsave))));
    asm volatile("vmsave %[pa]" : : [pa] "a"((*slot)->host_pa) : "memory");
    return 0;
}
