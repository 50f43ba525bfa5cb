/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MSR permission map: two bits an MSR, read and write, set means exit.
 * All vCPUs share one map.  APM volume 2, "MSR Intercepts".
 */
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/svm/svm_priv.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>

#define MSRPM_ORDER 1u
#define MSRPM_RANGE_BYTES 0x800u
#define MSRPM_RANGE_MSRS 0x2000u

/*
 * Kept by VMSAVE and VMLOAD, or by VMRUN itself, so that a guest's access
 * reaches nothing but its own.
 */
static const uint32_t direct_msrs[] = {
    MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK, MSR_FS_BASE, MSR_GS_BASE,
    MSR_KERNEL_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
};

static uint8_t *common_msrpm;

/* Bit number of the read bit in the map, or -1: outside, always exits. */
static int32_t msrpm_bit(uint32_t msr)
{
    static const uint32_t base[] = { 0, 0xc0000000u, 0xc0010000u };

    for (uint32_t i = 0; i < ARRAY_SIZE(base); i++) {
        const uint32_t index = msr - base[i];

        if (index < MSRPM_RANGE_MSRS) {
            return (int32_t)(i * MSRPM_RANGE_BYTES * 8 + index * 2);
        }
    }
    return -1;
}

static void msrpm_set(uint8_t *map, uint32_t msr, enum msr_access allow)
{
    const int32_t bit = msrpm_bit(msr);

    if (bit < 0) {
        return;
    }
    const uint8_t trap = (uint8_t)(~(unsigned int)allow & MSR_DIRECT);
    const unsigned int shift = (unsigned int)bit % 8;

    map[bit / 8] &= (uint8_t)~(MSR_DIRECT << shift);
    map[bit / 8] |= (uint8_t)(trap << shift);
}

int svm_msr_init(void)
{
    common_msrpm = xpage_alloc(MSRPM_ORDER);
    if (!common_msrpm) {
        return -ENOMEM;
    }
    memset(common_msrpm, 0xff, SVM_MSRPM_BYTES);
    for (unsigned int i = 0; i < ARRAY_SIZE(direct_msrs); i++) {
        msrpm_set(common_msrpm, direct_msrs[i], MSR_DIRECT);
    }
    return 0;
}

void svm_msr_vcpu_init(struct vcpu *v)
{
    vmcb_set_msrpm_base(v->arch->svm->vmcb,
                        mfn_to_paddr(page_mfn(va_page(common_msrpm))));
}
