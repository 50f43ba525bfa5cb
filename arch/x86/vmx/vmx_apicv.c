/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * APIC virtualisation: the processor itself reads and writes the page of
 * registers of a guest in x2APIC mode, delivers its interrupts and ends them.
 * SDM volume 3, "APIC Virtualization and Virtual Interrupts".
 *
 * All or nothing: TPR shadow, x2APIC mode, APIC-register virtualisation and
 * virtual-interrupt delivery, where the processor has the four and the option
 * "apicv" does not say no.  Else, in xAPIC mode and while the APIC is disabled
 * the vlapic does it, by exits.  The page is the same, so that changing over
 * is a matter of control bits and of the two vectors in GUEST_INTR_STATUS.
 *
 * An interrupt that comes while the guest runs is set in IRR and kicks the
 * CPU; the exit and the entry behind it make it known.  (That is what posted
 * interrupts would save.)
 */
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hw/apic_regs.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/vmx/vmx_priv.h>
#include <core/kernel/param.h>
#include <core/mm/page_alloc.h>
#include <core/sync/atomic.h>

#define APICV_PROC2 (PROC2_X2APIC | PROC2_APIC_REG | PROC2_VINTR)
#define X2APIC_MSR(offset) (MSR_X2APIC_BASE + ((offset) >> 4))

/* Registers that the processor reads as the vlapic would. */
static const uint16_t direct_reads[] = {
    APIC_ID, APIC_VERSION, APIC_TPR, APIC_PPR, APIC_LDR, APIC_SVR, APIC_ESR,
    APIC_LVT_TIMER, APIC_LVT_THERMAL, APIC_LVT_PERF, APIC_LVT_LINT0,
    APIC_LVT_LINT1, APIC_LVT_ERROR, APIC_TIMER_INIT, APIC_TIMER_DIVIDE,
};

/* Banks of 256 bits, a register for each 32. */
static const uint16_t direct_banks[] = { APIC_ISR, APIC_TMR, APIC_IRR };

static bool use_apicv;

void vmx_apicv_init(bool has_tpr_shadow)
{
    use_apicv = param.apicv && has_tpr_shadow &&
                (vmx_features.proc2_allowed & APICV_PROC2) == APICV_PROC2;
}

bool vmx_apicv_is_used(void)
{
    return use_apicv;
}

/* What is written with all that follows: TPR, EOI, self IPI. */
void vmx_apicv_open_msrs(uint8_t *bitmap)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(direct_reads); i++) {
        vmx_msr_set(bitmap, X2APIC_MSR(direct_reads[i]), MSR_READ);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(direct_banks); i++) {
        for (unsigned int j = 0; j < 8; j++) {
            vmx_msr_set(bitmap, X2APIC_MSR(direct_banks[i]) + j, MSR_READ);
        }
    }
    vmx_msr_set(bitmap, X2APIC_MSR(APIC_TPR), MSR_DIRECT);
    vmx_msr_set(bitmap, X2APIC_MSR(APIC_EOI), MSR_WRITE);
    vmx_msr_set(bitmap, X2APIC_MSR(APIC_SELF_IPI), MSR_WRITE);
}

static void apicv_on(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    vmcs_set_virtual_apic(
        mfn_to_paddr(page_mfn(va_page(v->arch->vlapic.regs))));
    vmcs_set_tpr_threshold(0);
    vmcs_set_guest_intr_status(0);
    vv->intr_status = 0;
    vv->want.proc |= PROC_TPR_SHADOW;
    vv->want.proc &= ~(PROC_CR8_LOAD | PROC_CR8_STORE);
    vv->want.proc2 |= APICV_PROC2;
    v->arch->vlapic.hw_delivery = true;
    v->arch->vlapic.tmr_changed = true;
}

static void apicv_off(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    vv->want.proc &= ~PROC_TPR_SHADOW;
    vv->want.proc |= PROC_CR8_LOAD | PROC_CR8_STORE;
    vv->want.proc2 &= ~APICV_PROC2;
    v->arch->vlapic.hw_delivery = false;
    /* What waits in IRR is for hvm_event_prepare() from now on. */
    hvm_event_recheck(v);
}

void vmx_apicv_mode(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    const uint64_t mode = APIC_BASE_ENABLE | APIC_BASE_EXTD;
    const bool on = use_apicv &&
                    (v->arch->vlapic.base_msr & mode) == mode;

    vv->apic_base = v->arch->vlapic.base_msr;
    if (on == v->arch->vlapic.hw_delivery) {
        return;
    }
    if (on) {
        apicv_on(v);
    } else {
        apicv_off(v);
    }
    vv->want.msr_bitmap = vmx_msr_bitmap_pa(v);
    vv->due |= VMX_DUE_WORDS;
}

/* Level interrupts: the guest's EOI must be heard by the I/O APICs. */
static void write_eoi_bitmap(struct vlapic *l)
{
    uint64_t map[4];

    atomic_set(&l->tmr_changed, false);
    for (unsigned int i = 0; i < 4; i++) {
        const uint32_t low = APIC_TMR + i * 0x20;

        map[i] = make64(READ_ONCE(*(const uint32_t *)&l->regs[low + 0x10]),
                        READ_ONCE(*(const uint32_t *)&l->regs[low]));
    }
    vmcs_set_eoi_exit_0(map[0]);
    vmcs_set_eoi_exit_1(map[1]);
    vmcs_set_eoi_exit_2(map[2]);
    vmcs_set_eoi_exit_3(map[3]);
}

void vmx_apicv_prepare(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    struct vlapic *const l = &v->arch->vlapic;

    if (!l->hw_delivery) {
        atomic_set(&l->tmr_changed, false);
        return;
    }
    const int requested = vlapic_requested(v);
    const int serviced = l->isrv;
    const uint16_t status =
        (uint16_t)(FIELD_PREP(VMX_RVI, requested < 0 ? 0 : requested) |
                   FIELD_PREP(VMX_SVI, serviced < 0 ? 0 : serviced));

    if (unlikely(l->tmr_changed)) {
        write_eoi_bitmap(l);
    }
    if (status != vv->intr_status) {
        vmcs_set_guest_intr_status(status);
        vv->intr_status = status;
    }
}

void vmx_apicv_finish(struct vcpu *v, uint16_t status)
{
    if (status == v->arch->vmx->intr_status) {
        return;
    }
    v->arch->vmx->intr_status = status;
    vlapic_hw_moved(v, (uint8_t)field_get(VMX_RVI, status),
                    (uint8_t)field_get(VMX_SVI, status));
}
