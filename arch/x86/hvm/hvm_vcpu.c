/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's half of a vCPU: birth, death, on and off a CPU, kicks.
 */
#include <arch/x86/cpu/fpu.h>
#include <arch/x86/cpu/msr.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/hw/msr_index.h>
#include <core/arch/arch_domain.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>
#include <core/sync/atomic.h>

/* TSC_AUX of this CPU as last loaded, to spare the write. */
static bool has_tsc_aux;

void hvm_vcpu_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch->tsc_offset = offset;
    hvm_ops->set_tsc_offset(v, offset);
}

int arch_vcpu_init(struct vcpu *v)
{
    struct arch_vcpu *const a = xzalloc_type(struct arch_vcpu);

    if (!a) {
        return -ENOMEM;
    }
    v->arch = a;
    a->fpu = fpu_area_alloc();
    if (!a->fpu || vlapic_init(v) || hvm_ops->vcpu_init(v)) {
        arch_vcpu_free(v);
        return -ENOMEM;
    }
    has_tsc_aux = cpuid_policy_host_has_rdtscp();
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
    fpu_area_free(a->fpu);
    xfree(a);
    v->arch = NULL;
}

static void debug_regs_load(const struct vcpu_state *s)
{
    asm volatile("mov %0, %%db0" : : "r"(s->dr[0]));
    asm volatile("mov %0, %%db1" : : "r"(s->dr[1]));
    asm volatile("mov %0, %%db2" : : "r"(s->dr[2]));
    asm volatile("mov %0, %%db3" : : "r"(s->dr[3]));
}

static void debug_regs_save(struct vcpu_state *s)
{
    asm volatile("mov %%db0, %0" : "=r"(s->dr[0]));
    asm volatile("mov %%db1, %0" : "=r"(s->dr[1]));
    asm volatile("mov %%db2, %0" : "=r"(s->dr[2]));
    asm volatile("mov %%db3, %0" : "=r"(s->dr[3]));
}

void arch_vcpu_load(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;

    fpu_load(a->fpu, a->xcr0);
    debug_regs_load(&a->s);
    if (has_tsc_aux) {
        wrmsr(MSR_TSC_AUX, a->tsc_aux);
    }
    vlapic_timer_load(v);
    hvm_ops->vcpu_load(v);
}

void arch_vcpu_unload(struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;

    /* Where XSETBV does not exit, the CPU knows better than @xcr0. */
    a->xcr0 = fpu_save(a->fpu);
    debug_regs_save(&a->s);
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
    hvm_vcpu_print((struct vcpu *)(uintptr_t)v);
}
