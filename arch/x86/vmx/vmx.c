/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VT-x back end: its table of operations, life of a vCPU, one run.
 * SDM volume 3, "Introduction to Virtual Machine Extensions" and what follows.
 *
 * A VMCS is current on the CPU that runs its vCPU and is cleared when the vCPU
 * leaves it.  What others change of a vCPU that is not here is noted in its
 * struct and written before the next entry; only a pull of its registers loads
 * the VMCS of one that is off all CPUs, for so long.
 *
 * Locking: see hvm_ops.h.
 */
#include <arch/x86/cpu/msr.h>
#include <arch/x86/cpu/spec_ctrl.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/segment.h>
#include <arch/x86/vmx/vmx_entry_priv.h>
#include <arch/x86/vmx/vmx_priv.h>
#include <core/console/printk.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>

#define FLUSH_CMD_L1D BIT(0)

static_assert(offsetof(struct vmx_vcpu, host_rsp) == VMX_VCPU_HOST_RSP, "");
static_assert(offsetof(struct vmx_vcpu, is_launched) == VMX_VCPU_IS_LAUNCHED,
              "");

static int vmx_domain_init(struct domain *d)
{
    d->arch->vmx = xzalloc(sizeof(*d->arch->vmx));
    return d->arch->vmx ? 0 : -ENOMEM;
}

static void vmx_domain_free(struct domain *d)
{
    if (d->arch->vmx) {
        vmx_io_domain_free(d);
        xfree(d->arch->vmx);
        d->arch->vmx = NULL;
    }
}

static int vmx_vcpu_init(struct vcpu *v)
{
    struct vmx_vcpu *const vv = xzalloc(sizeof(*vv));

    if (!vv) {
        return -ENOMEM;
    }
    vv->vmcs = xpage_alloc(0);
    if (!vv->vmcs) {
        xfree(vv);
        return -ENOMEM;
    }
    memset(vv->vmcs, 0, PAGE_SIZE);
    *(uint32_t *)vv->vmcs = vmx_features.revision;
    vv->vmcs_pa = mfn_to_paddr(page_mfn(va_page(vv->vmcs)));
    v->arch->vmx = vv;
    vmcs_clear(vv->vmcs_pa);
    vv->due = vmx_features.due_always;
    vmx_ctrl_vcpu_init(v);
    return 0;
}

static void vmx_vcpu_free(struct vcpu *v)
{
    if (v->arch->vmx) {
        xpage_free(v->arch->vmx->vmcs, 0);
        xfree(v->arch->vmx);
        v->arch->vmx = NULL;
    }
}

static void __no_stack_protector vmx_vcpu_load(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    struct vmx_cpu *const vc = vmx_this_cpu();

    vmcs_load(vv->vmcs_pa);
    vv->is_loaded = true;
    if (unlikely(vv->cpu != vc)) {
        vv->cpu = vc;
        vmx_ctrl_load(v);
        /* A vCPU of the past may have been at the same address. */
        vc->last = NULL;
    }
    if (vc->last != vv) {
        vmx_state_load(v);
        vc->last = vv;
    }
    if (unlikely(vv->vpid_generation != vc->vpid_generation)) {
        vmx_vpid_load(vv);
    }
}

static void __no_stack_protector vmx_vcpu_unload(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;

    if (unlikely(vv->due & VMX_DUE_EVENT)) {
        vmx_take_back(v);
    }
    vmx_state_unload(v);
    vmcs_clear(vv->vmcs_pa);
    vv->is_loaded = false;
    vv->is_launched = false;
}

/* VERW overwrites the processor's buffers, by its operand's descriptor. */
static void flush_buffers(void)
{
    static const uint16_t selector = SEL_DS;

    if (spec_ctrl.use_l1d) {
        msr_write(MSR_FLUSH_CMD, FLUSH_CMD_L1D);
    }
    if (spec_ctrl.use_verw) {
        asm volatile("verw %[sel]" : : [sel] "m"(selector) : "cc");
    }
}

/*
 * With TF set, an entry into the shadow of STI or MOV SS wants a single step
 * pending; behind an instruction that the hypervisor carried out hvm_skip()
 * has raised it already.
 */
static void fix_pending_debug(const struct vcpu_state *s,
                              const struct vmx_vcpu *vv)
{
    if (s->shadow & HVM_SHADOW_ANY) {
        vmcs_set_guest_pending_dbg(vmcs_get_guest_pending_dbg() |
                                   VMX_PENDING_DBG_BS);
    } else if (s->rip != vv->rip) {
        vmcs_set_guest_pending_dbg(0);
    }
}

static uint32_t blocking_of(const struct vcpu_state *s)
{
    uint32_t blocking = s->shadow & (uint32_t)HVM_SHADOW_ANY;

    if (s->shadow & HVM_SHADOW_NMI) {
        blocking |= VMX_BLOCK_NMI;
    }
    return blocking;
}

/*
 * The registers that are always current.  TF is left out of what the VMCS is
 * taken to have, so that a guest which steps comes here at each entry.
 */
static inline void write_registers(const struct vcpu_state *s,
                                   struct vmx_vcpu *vv)
{
    if (s->rflags & RFLAGS_TF) {
        fix_pending_debug(s, vv);
    }
    if (s->gpr[GPR_RSP] != vv->rsp) {
        vmcs_fast_set_guest_rsp(s->gpr[GPR_RSP]);
    }
    if (s->rflags != vv->rflags) {
        vmcs_fast_set_guest_rflags(s->rflags);
    }
    if (s->shadow != vv->shadow) {
        vmcs_fast_set_guest_interruptibility(blocking_of(s));
    }
    vv->shadow = 0;
}

/* In real mode exceptions have no error code, whoever raises them. */
static void write_event(struct vmx_vcpu *vv)
{
    if (vv->event & VMX_EV_ERROR) {
        if (vmcs_get_guest_cr0() & CR0_PE) {
            vmcs_set_entry_intr_error(vv->event_error);
        } else {
            vv->event &= ~VMX_EV_ERROR;
        }
    }
    if (vv->event_len) {
        vmcs_set_entry_insn_len(vv->event_len);
    }
    vmcs_set_entry_intr_info(vv->event);
}

static void do_due(struct vcpu *v)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    const uint32_t due =
        atomic_exchange(&vv->due, vmx_features.due_always);

    if (due & VMX_DUE_WORDS) {
        vmx_ctrl_write(vv);
    }
    if (due & (VMX_DUE_EPT | VMX_DUE_LINEAR)) {
        vmx_vpid_flush(v, due);
    }
    if (due & VMX_DUE_EVENT) {
        write_event(vv);
    }
    if (due & VMX_DUE_BUFFERS) {
        flush_buffers();
    }
}

static inline void enter(struct vcpu *v, struct hvm_exit *exit,
                         struct vcpu_state *s, struct vmx_vcpu *vv)
{
    if (likely(s->rip != vv->rip)) {
        vmcs_fast_set_guest_rip(s->rip);
    }
    vmx_enter(v, exit, s, vv);
}

/* A new state of the vCPU: that of its APIC may be new as well. */
static inline void push_dirty(struct vcpu *v, struct vcpu_state *s)
{
    vmx_push(v, s->dirty);
    s->dirty = 0;
    if (v->arch->vmx->apic_base != v->arch->vlapic.base_msr) {
        vmx_apicv_mode(v);
    }
}

/* Bring the VMCS up to date with what has changed, then run. */
static __noinline void vmx_run_changed(struct vcpu *v, struct hvm_exit *exit)
{
    struct vmx_vcpu *const vv = v->arch->vmx;
    struct vcpu_state *const s = &v->arch->s;

    if (s->dirty) {
        push_dirty(v, s);
        vmx_apicv_prepare(v);
    } else if (atomic_read_relaxed(&v->arch->vlapic.irr_words)) {
        vmx_apicv_prepare(v);
    }
    if (vv->due) {
        do_due(v);
    }
    write_registers(s, vv);
    enter(v, exit, s, vv);
}

/*
 * Nothing but RIP has changed since the last exit?  A changed trigger mode is
 * of interest only with its interrupt, which irr_words shows.
 */
static inline bool is_as_it_was(const struct vcpu_state *s,
                                const struct vmx_vcpu *vv,
                                const struct vlapic *l)
{
    const uint32_t work = s->dirty | vv->due | s->shadow | vv->shadow |
                          atomic_read_relaxed(&l->irr_words);

    return !(work | (s->rflags ^ vv->rflags) |
             (s->gpr[GPR_RSP] ^ vv->rsp));
}

static void vmx_run(struct vcpu *v, struct hvm_exit *exit)
{
    struct vcpu_state *const s = &v->arch->s;
    struct vmx_vcpu *const vv = v->arch->vmx;

    if (likely(is_as_it_was(s, vv, &v->arch->vlapic))) {
        enter(v, exit, s, vv);
    } else {
        vmx_run_changed(v, exit);
    }
}

static bool is_here(const struct vcpu *v)
{
    return v->arch->vmx->is_loaded && v == this_cpu()->current;
}

static int vmx_audit(struct vcpu *v)
{
    return is_here(v) ? vmcs_audit() : 0;
}

static void vmx_dump(struct vcpu *v)
{
    if (!is_here(v)) {
        printk(LOG_INFO, "VMCS of d%uv%u at %#lx is not loaded here\n",
               v->domain->id, v->id, v->arch->vmx->vmcs_pa);
        return;
    }
    printk(LOG_INFO, "VMCS of d%uv%u at %#lx:\n", v->domain->id, v->id,
           v->arch->vmx->vmcs_pa);
    vmcs_dump();
}

const struct hvm_ops hvm_ops_vmx = {
    .name = "VT-x",
    .p2m_format = &p2m_format_ept,
    .cpu_enable = vmx_cpu_enable,
    .domain_init = vmx_domain_init,
    .domain_free = vmx_domain_free,
    .vcpu_init = vmx_vcpu_init,
    .vcpu_free = vmx_vcpu_free,
    .vcpu_load = vmx_vcpu_load,
    .vcpu_unload = vmx_vcpu_unload,
    .run = vmx_run,
    .pull = vmx_pull,
    .push = vmx_push,
    .inject = vmx_inject,
    .want_window = vmx_want_window,
    .allow_ports = vmx_allow_ports,
    .intercept_dr = vmx_intercept_dr,
    .set_tsc_offset = vmx_set_tsc_offset,
    .p2m_changed = vmx_p2m_changed,
    .audit = vmx_audit,
    .dump = vmx_dump,
};
