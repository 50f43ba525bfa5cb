/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the VMCS is not the guest's registers: what exits and what does
 * not, and the host's state.  SDM volume 3, "VM-Execution Control Fields",
 * "Host-State Area".
 *
 * Of CR0 the host keeps NE, which VT-x wants set, and CD and NW, which would
 * make the whole CPU slow.  Of CR4 it keeps VMXE, MCE (a machine check with
 * it clear would shut the processor down) and the features that the guest was
 * not given.  All else a guest changes without an exit.
 *
 * The preemption timer ends a stay in the guest after a millisecond, exits in
 * between not counted where the processor can save it.  The machine's
 * interrupts do so anyway, but for those that Bochs keeps from a guest which
 * has its own disabled: one that spins so would have the CPU for itself.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <arch/x86/hw/vectors.h>
#include <arch/x86/vmx/vmx_priv.h>

/*
 * #DB and #AC: a guest could otherwise hold the CPU in an endless delivery
 * loop, in which no interrupt ends the entry.
 */
#define EXC_ALWAYS \
    (BIT32(VECTOR_DB) | BIT32(VECTOR_AC) | BIT32(VECTOR_MC))

#define CR4_HOST (CR4_VMXE | CR4_MCE)

/* A PAUSE within so many cycles of the last belongs to the same loop. */
#define PLE_GAP 128u
/* A loop that lasts longer exits. */
#define PLE_WINDOW 4096u

#define LINK_NONE UINT64_MAX

void vmx_ctrl_vcpu_init(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    vv->want = (struct vmx_words){
        .proc = vmx_features.proc,
        .proc2 = vmx_features.proc2,
        .msr_bitmap = vmx_msr_bitmap_pa(v),
        .io_bitmap = vmx_io_bitmap_pa(v->domain),
    };
}

static void write_io_bitmap(paddr_t pa)
{
    vmcs_set_io_bitmap_a(pa);
    vmcs_set_io_bitmap_b(pa + PAGE_SIZE);
}

static void write_all(const struct vmx_words *w)
{
    vmcs_set_proc(w->proc);
    vmcs_set_proc2(w->proc2);
    vmcs_set_tsc_offset(w->tsc_offset);
    vmcs_set_msr_bitmap(w->msr_bitmap);
    write_io_bitmap(w->io_bitmap);
}

void vmx_ctrl_write(struct vmx_vcpu *vv)
{
    const struct vmx_words *const w = &vv->want;
    const struct vmx_words *const h = &vv->have;

    if (w->proc != h->proc) {
        vmcs_set_proc(w->proc);
    }
    if (w->proc2 != h->proc2) {
        vmcs_set_proc2(w->proc2);
    }
    if (w->tsc_offset != h->tsc_offset) {
        vmcs_set_tsc_offset(w->tsc_offset);
    }
    if (w->msr_bitmap != h->msr_bitmap) {
        vmcs_set_msr_bitmap(w->msr_bitmap);
    }
    if (w->io_bitmap != h->io_bitmap) {
        write_io_bitmap(w->io_bitmap);
    }
    vv->have = *w;
}

/* Fields that never change; those of a new VMCS hold anything. */
static void write_constant(struct vcpu *v)
{
    vmcs_set_pin(vmx_features.pin);
    vmcs_set_exit(vmx_features.exit);
    vmcs_set_exception_bitmap(EXC_ALWAYS);
    vmcs_set_pf_error_mask(0);
    vmcs_set_pf_error_match(0);
    vmcs_set_cr3_target_count(0);
    vmcs_set_exit_msr_store_count(0);
    vmcs_set_exit_msr_load_count(0);
    vmcs_set_entry_msr_load_count(0);
    vmcs_set_entry_intr_info(0);
    vmcs_set_ept_pointer(vmx_ept_pointer(v->domain));
    if (vmx_features.proc2 & PROC2_PLE) {
        vmcs_set_ple_gap(PLE_GAP);
        vmcs_set_ple_window(PLE_WINDOW);
    }
    if (vmx_features.pin & PIN_PREEMPT_TIMER) {
        vmcs_set_preempt_timer(vmx_features.guest_slice);
    }
    vmcs_set_cr0_mask(VMX_CR0_HOST);
    v->arch->vmx->cr4_host = CR4_HOST | ~cpuid_policy_cr4_mask(v->domain);
    vmcs_set_cr4_mask(v->arch->vmx->cr4_host);
    vmcs_set_vmcs_link(LINK_NONE);
    vmcs_set_guest_debugctl(0);
    vmcs_set_guest_activity(0);
    vmcs_set_guest_interruptibility(0);
    vmcs_set_guest_pending_dbg(0);
    vmcs_set_guest_rip(0);
    vmcs_set_guest_rsp(0);
    vmcs_set_guest_rflags(RFLAGS_MBS);
    vmcs_set_host_rip((uintptr_t)vmx_exit_point);
    vmcs_set_host_rsp(0);
}

static void write_host(void)
{
    const struct arch_cpu *const a = this_cpu()->arch;
    struct desc_ptr idt;

    asm volatile("sidt %[idt]" : [idt] "=m"(idt));
    vmcs_set_host_cs_sel(SEL_CS64);
    vmcs_set_host_ss_sel(SEL_DS);
    vmcs_set_host_ds_sel(SEL_DS);
    vmcs_set_host_es_sel(SEL_DS);
    vmcs_set_host_fs_sel(0);
    vmcs_set_host_gs_sel(0);
    vmcs_set_host_tr_sel(SEL_TSS);
    vmcs_set_host_cr0(cr0_read());
    vmcs_set_host_cr3(cr3_read());
    vmcs_set_host_cr4(cr4_read());
    vmcs_set_host_fs_base(msr_read(MSR_FS_BASE));
    vmcs_set_host_gs_base(msr_read(MSR_GS_BASE));
    vmcs_set_host_tr_base((uintptr_t)&a->tss);
    vmcs_set_host_gdtr_base((uintptr_t)a->gdt);
    vmcs_set_host_idtr_base(idt.base);
    vmcs_set_host_sysenter_cs(0);
    vmcs_set_host_sysenter_esp(0);
    vmcs_set_host_sysenter_eip(0);
    vmcs_set_host_pat(msr_read(MSR_PAT));
    vmcs_set_host_efer(msr_read(MSR_EFER));
}

void vmx_ctrl_load(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    if (unlikely(!vv->is_prepared)) {
        vv->is_prepared = true;
        write_constant(v);
        write_all(&vv->want);
        vv->have = vv->want;
        vv->rflags = RFLAGS_MBS;
    }
    /* Draws a VPID of this CPU, and flushes. */
    vv->vpid_generation = 0;
    write_host();
}

void vmx_intercept_dr(struct vcpu *v, bool on)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    vv->want.proc = (vv->want.proc & ~PROC_MOV_DR) | (on ? PROC_MOV_DR : 0);
    vv->due |= VMX_DUE_WORDS;
}

void vmx_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch->vmx->want.tsc_offset = offset;
    v->arch->vmx->due |= VMX_DUE_WORDS;
}
