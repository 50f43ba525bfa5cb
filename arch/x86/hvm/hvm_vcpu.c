/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's half of a vCPU: birth, death, on and off a CPU, kicks.
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/cpu/fpu.h>
#include <arch/x86/cpu/identify.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/cpu/spec_ctrl.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hvm/msr_policy.h>
#include <arch/x86/hw/cr_bits.h>
#include <arch/x86/hw/msr_index.h>
#include <core/arch/arch_domain.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>

void hvm_vcpu_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch->tsc_offset = offset;
    v->time_shown_mul = 0;
    hvm_ops->set_tsc_offset(v, offset);
}

int arch_vcpu_init(struct vcpu *v)
{
    struct arch_vcpu *const a = xzalloc_type(struct arch_vcpu);

    if (!a) {
        return -ENOMEM;
    }
    v->arch = a;
    a->fpu = xpage_alloc(order_of_pages(bytes_to_pages(fpu_area_size())));
    if (!a->fpu || vlapic_init(v) || hvm_ops->vcpu_init(v)) {
        arch_vcpu_free(v);
        return -ENOMEM;
    }
    fpu_area_init(a->fpu);
    hvm_msr_init(v);
    hvm_vcpu_set_tsc_offset(v, v->domain->arch->tsc_offset);
    hvm_vcpu_reset(v);
    return 0;
}

void arch_vcpu_free(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;

    if (!a) {
        return;
    }
    hvm_ops->vcpu_free(v);
    vlapic_free(v);
    if (a->fpu) {
        xpage_free(a->fpu, order_of_pages(bytes_to_pages(fpu_area_size())));
    }
    xfree(a);
    v->arch = NULL;
}

/*
 * Debug registers are switched only while a guest uses them: until it does,
 * its accesses exit.  It goes on using them for the time that it stays on the
 * CPU, and for as long as DR7 has something enabled.
 */
static bool debug_regs_armed(const struct vcpu_state *s)
{
    return s->dr7 & (DR7_ENABLES | DR7_GD);
}

static void debug_regs_switch(struct vcpu *v, bool on)
{
    v->arch->uses_dr = on;
    hvm_ops->intercept_dr(v, !on);
}

static void debug_regs_load(const struct vcpu_state *s)
{
    dr0_write(s->dr[0]);
    dr1_write(s->dr[1]);
    dr2_write(s->dr[2]);
    dr3_write(s->dr[3]);
}

static void debug_regs_save(struct vcpu_state *s)
{
    s->dr[0] = dr0_read();
    s->dr[1] = dr1_read();
    s->dr[2] = dr2_read();
    s->dr[3] = dr3_read();
}

void hvm_debug_regs_set(struct vcpu *v)
{
    debug_regs_switch(v, debug_regs_armed(&v->arch->s));
}

/* The instruction is executed again, and DR6 is loaded with the entry. */
void hvm_debug_regs_use(struct vcpu *v)
{
    vcpu_state_change(v, HVM_DR);
    debug_regs_load(&v->arch->s);
    debug_regs_switch(v, true);
}

static void debug_regs_put_away(struct vcpu *v)
{
    struct vcpu_state *const s = &v->arch->s;

    debug_regs_save(s);
    vcpu_state_pull(v, HVM_DR);
    if (!debug_regs_armed(s)) {
        debug_regs_switch(v, false);
    }
}

void arch_vcpu_load(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;

    spec_ctrl_enter_domain(v->domain->id);
    if (!fpu_restore(a->fpu, a->xcr0)) {
        domain_crash(v->domain, "d%uv%u: its FPU state cannot be loaded",
                     v->domain->id, v->id);
    }
    if (unlikely(a->uses_dr)) {
        debug_regs_load(&a->s);
    }
    if (cpu_has(CPU_FEATURE_RDTSCP)) {
        msr_write(MSR_TSC_AUX, a->tsc_aux);
    }
    vlapic_timer_follow(&a->vlapic, this_cpu_id());
    hvm_ops->vcpu_load(v);
}

void arch_vcpu_unload(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;

    fpu_save(a->fpu, &a->xcr0);
    if (unlikely(a->uses_dr)) {
        debug_regs_put_away(v);
    }
    hvm_ops->vcpu_unload(v);
}

/* Pairs with run_once(): what is asked for was written before this. */
void arch_vcpu_kick(struct vcpu *v)
{
    smp_mb();
    if (atomic_read_relaxed(&v->arch->guest_seq) & 1) {
        const uint32_t cpu = atomic_read_relaxed(&v->on_cpu);

        if (cpu != CPU_NONE && cpu != this_cpu_id()) {
            arch_cpu_kick(cpu);
        }
    }
}

void arch_vcpu_sync(struct vcpu *v)
{
    uint32_t seq;

    if (!v->arch) {
        return;
    }
    smp_mb();
    seq = atomic_read_relaxed(&v->arch->guest_seq);
    if (!(seq & 1)) {
        return;
    }
    arch_vcpu_kick(v);
    while (atomic_read_acquire(&v->arch->guest_seq) == seq) {
        cpu_relax();
    }
}

void arch_vcpu_dump(const struct vcpu *v)
{
    struct vcpu *const vm = (struct vcpu *)(uintptr_t)v;

    hvm_vcpu_print(vm);
    vlapic_dump(vm);
    hvm_exit_counters(vm);
}
