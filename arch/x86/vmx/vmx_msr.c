/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The MSR bitmap: a set bit means exit; four parts of 1 KiB, reads of low and
 * of high MSRs, then writes.  All vCPUs share one map, or that with the APIC's
 * open.  SDM volume 3, "MSR-Bitmap Address".
 */
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/vmx/vmx_priv.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>

#define MSR_BITMAP_HIGH 0x400u
#define MSR_BITMAP_WRITE 0x800u
#define MSR_RANGE 0x2000u
#define MSR_HIGH_BASE 0xc0000000u

/*
 * Kept in the VMCS, or in registers that the hypervisor leaves alone and that
 * change with the vCPU: a guest's access reaches nothing but its own.
 */
static const uint32_t direct_msrs[] = {
    MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_SYSENTER_CS,
    MSR_SYSENTER_ESP, MSR_SYSENTER_EIP,
};
/*
 * Likewise, but writes exit: a guest writes them once, and its values are
 * known at each switch without reading the registers.
 */
static const uint32_t readable_msrs[] = {
    MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SFMASK,
};

static uint8_t *common_bitmap;
/* The same with the APIC's open. */
static uint8_t *apicv_bitmap;

static void bit_set_to(uint8_t *map, uint32_t bit, bool on)
{
    const uint8_t mask = (uint8_t)(1u << (bit % 8));

    if (on) {
        map[bit / 8] |= mask;
    } else {
        map[bit / 8] &= (uint8_t)~mask;
    }
}

void vmx_msr_set(uint8_t *map, uint32_t msr, enum msr_access allow)
{
    if (msr - MSR_HIGH_BASE < MSR_RANGE) {
        map += MSR_BITMAP_HIGH;
        msr -= MSR_HIGH_BASE;
    } else if (msr >= MSR_RANGE) {
        /* Outside the maps: always exits. */
        return;
    }
    bit_set_to(map, msr, !(allow & MSR_READ));
    bit_set_to(map + MSR_BITMAP_WRITE, msr, !(allow & MSR_WRITE));
}

int vmx_msr_init(void)
{
    common_bitmap = xpage_alloc(0);
    if (!common_bitmap) {
        return -ENOMEM;
    }
    memset(common_bitmap, 0xff, PAGE_SIZE);
    for (unsigned int i = 0; i < ARRAY_SIZE(direct_msrs); i++) {
        vmx_msr_set(common_bitmap, direct_msrs[i], MSR_DIRECT);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(readable_msrs); i++) {
        vmx_msr_set(common_bitmap, readable_msrs[i], MSR_READ);
    }
    if (vmx_apicv_is_used()) {
        apicv_bitmap = xpage_alloc(0);
        if (!apicv_bitmap) {
            return -ENOMEM;
        }
        memcpy(apicv_bitmap, common_bitmap, PAGE_SIZE);
        vmx_apicv_open_msrs(apicv_bitmap);
    }
    return 0;
}

paddr_t vmx_msr_bitmap_pa(const struct vcpu *v)
{
    return mfn_to_paddr(page_mfn(va_page(
        v->arch->vlapic.hw_delivery ? apicv_bitmap : common_bitmap)));
}
