/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop of each CPU, and what each kind of exit leads to.
 *
 * Interrupts are off except in two places: right behind an exit that an
 * interrupt caused, and in arch_cpu_idle().
 */
#include <arch/x86/asm/regs.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_emul.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_exit.h>
#include <arch/x86/hvm/hvm_run.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/arch/arch_time.h>
#include <core/console/printk.h>
#include <core/domain/vcpu.h>
#include <core/kernel/softirq.h>
#include <core/sched/sched_core.h>
#include <core/sync/atomic.h>
#include <core/sync/quiescent.h>

/* Let the machine's interrupts in, once. */
static void interrupt_window(void)
{
    asm volatile("sti; nop; cli" : : : "memory");
}

static void handle_hlt(struct vcpu *v, const struct hvm_exit *exit)
{
    hvm_skip(v, exit->insn_len);
    if (v->arch->s.rflags & RFLAGS_IF) {
        vcpu_block(v);
    } else if (!v->arch->nmi_pending) {
        /* Nothing could wake it: how a PVH guest powers off. */
        vcpu_down(v);
    }
}

static void handle_pause(struct vcpu *v, const struct hvm_exit *exit)
{
    hvm_skip(v, exit->insn_len);
    vcpu_yield(v);
}

/*
 * Memory of a PVH guest is cached whatever it does; a device owner's data may
 * have to reach memory.
 */
static void handle_wbinvd(struct vcpu *v, const struct hvm_exit *exit)
{
    hvm_skip(v, exit->insn_len);
    if (v->domain->is_hardware) {
        wbinvd();
    }
}

/* Only exceptions that every guest could use against the host exit. */
static void handle_exception(struct vcpu *v, const struct hvm_exit *exit)
{
    switch (exit->u.exc.vector) {
    case X86_MC:
        /* The host's handler has run when the exit was taken. */
        break;
    case X86_PF:
        hvm_inject_page_fault(v, exit->gva, exit->u.exc.error);
        break;
    default:
        if (exit->u.exc.has_error) {
            hvm_inject_fault_error(v, exit->u.exc.vector, exit->u.exc.error);
        } else {
            hvm_inject_fault(v, exit->u.exc.vector);
        }
        break;
    }
}

static void handle_rdtsc(struct vcpu *v, const struct hvm_exit *exit)
{
    const uint64_t tsc = arch_cycles() + v->arch->tsc_offset;

    v->arch->s.gpr[GPR_RAX] = (uint32_t)tsc;
    v->arch->s.gpr[GPR_RDX] = tsc >> 32;
    if (exit->insn_len == 3) {
        v->arch->s.gpr[GPR_RCX] = (uint32_t)v->arch->tsc_aux;
    }
    hvm_skip(v, exit->insn_len);
}

static void handle_entry_fail(struct vcpu *v, const struct hvm_exit *exit)
{
    printk(LOG_INFO, "VM entry of d%uv%u failed, reason %#lx qualification %#lx\n",
           v->domain->id, v->id, exit->reason, exit->qual);
    if (hvm_ops->audit(v) == 0) {
        printk(LOG_INFO, "the audit finds nothing wrong\n");
    }
    hvm_ops->dump(v);
    domain_crash(v->domain, "VM entry failed");
}

static const char *const exit_names[HVM_EXIT_KIND_COUNT] = {
#define X(name) [HVM_EXIT_##name] = #name,
    HVM_EXIT_KINDS(X)
#undef X
};

static void handle_unknown(struct vcpu *v, const struct hvm_exit *exit)
{
    hvm_ops->dump(v);
    domain_crash(v->domain, "unexpected exit %s, reason %#lx",
                 exit_names[exit->kind], exit->reason);
}

static void handle_exit(struct vcpu *v, struct hvm_exit *exit)
{
    switch (exit->kind) {
    case HVM_EXIT_NONE: break;
    case HVM_EXIT_NMI: break;
    case HVM_EXIT_TIMER:
    case HVM_EXIT_INTR: interrupt_window(); break;
    case HVM_EXIT_HYPERCALL: hvm_handle_hypercall(v, exit); break;
    case HVM_EXIT_CPUID: hvm_handle_cpuid(v, exit); break;
    case HVM_EXIT_RDMSR: hvm_handle_rdmsr(v, exit); break;
    case HVM_EXIT_WRMSR: hvm_handle_wrmsr(v, exit); break;
    case HVM_EXIT_IO: hvm_handle_io(v, exit); break;
    case HVM_EXIT_CR_ACCESS: hvm_handle_cr(v, exit); break;
    case HVM_EXIT_HLT: handle_hlt(v, exit); break;
    case HVM_EXIT_PAUSE: handle_pause(v, exit); break;
    case HVM_EXIT_EXCEPTION: handle_exception(v, exit); break;
    case HVM_EXIT_GPA_FAULT: hvm_handle_gpa_fault(v, exit); break;
    case HVM_EXIT_APIC: vlapic_written(v, exit->u.apic.offset); break;
    case HVM_EXIT_EOI: vlapic_eoi_broadcast(v, exit->u.apic.offset); break;
    case HVM_EXIT_WINDOW: hvm_event_recheck(v); break;
    case HVM_EXIT_WBINVD: handle_wbinvd(v, exit); break;
    case HVM_EXIT_XSETBV: hvm_handle_xsetbv(v, exit); break;
    case HVM_EXIT_DR_ACCESS: hvm_debug_regs_use(v); break;
    case HVM_EXIT_RDTSC: handle_rdtsc(v, exit); break;
    case HVM_EXIT_RDPMC:
    case HVM_EXIT_GP: hvm_inject_fault_error(v, X86_GP, 0); break;
    case HVM_EXIT_UNDEFINED: hvm_inject_fault(v, X86_UD); break;
    case HVM_EXIT_SHUTDOWN: domain_triple_fault(v); break;
    case HVM_EXIT_ENTRY_FAIL: handle_entry_fail(v, exit); break;
    case HVM_EXIT_TASK_SWITCH:
    case HVM_EXIT_UNKNOWN: handle_unknown(v, exit); break;
    case HVM_EXIT_KIND_COUNT: unreachable();
    }
}

/* What others left for this vCPU to do before it enters. */
static void do_work(struct vcpu *v)
{
    if (v->arch->work & HVM_WORK_INIT) {
        vlapic_handle_init(v);
    }
    if (v->arch->work & HVM_WORK_EVENT) {
        hvm_event_prepare(v);
    }
}

/* Even again: only this CPU writes it, others wait for the change. */
static inline void leave_guest(struct arch_vcpu *a)
{
    barrier();
    WRITE_ONCE(a->guest_seq, a->guest_seq + 1);
}

/*
 * One entry and its exit; false if there is something else to do first.
 *
 * guest_seq is odd before the last look at what others may have asked for;
 * they write first and then read guest_seq (p2m_flush(), arch_vcpu_kick()).
 * A kick that comes later is a pending interrupt, which ends the entry at
 * once.
 */
static __always_inline __no_stack_protector bool
run_once(struct cpu *cpu, struct vcpu *v)
{
    struct arch_vcpu *const a = v->arch;
    const struct p2m *const p2m = p2m_of(v->domain);
    struct hvm_exit exit;

    (void)atomic_inc(&a->guest_seq);
    if (unlikely(atomic_read_relaxed(&cpu->softirq_pending) |
                 atomic_read_relaxed(&a->work)) ||
        unlikely(!quiescent_is_passed(cpu))) {
        leave_guest(a);
        if (atomic_read_relaxed(&cpu->softirq_pending) ||
            !quiescent_is_passed(cpu)) {
            return false;
        }
        do_work(v);
        return true;
    }
    const uint64_t generation = atomic_read_relaxed(&p2m->generation);

    if (unlikely(generation != a->p2m_generation)) {
        a->p2m_generation = generation;
        hvm_ops->p2m_changed(v);
    }
    hvm_ops->run(v, &exit);
    leave_guest(a);
    a->exits[exit.kind]++;
    handle_exit(v, &exit);
    return true;
}

void __noreturn __no_stack_protector cpu_loop(void)
{
    struct cpu *const cpu = this_cpu();

    for (;;) {
        struct vcpu *const v = cpu->current;

        /* What woke it: spares an entry that is given up. */
        if (v && atomic_read_relaxed(&v->arch->work)) {
            do_work(v);
        }
        while (v && likely(run_once(cpu, v))) {
        }
        quiescent_pass();
        if (softirq_run()) {
            sched_run();
        }
        /*
         * A switch may have found more to do, and what was deferred by a
         * softirq waits for the next loop head: no interrupt tells.
         */
        if (!cpu->current && !softirq_is_pending() &&
            quiescent_is_passed(cpu)) {
            arch_cpu_idle();
        }
    }
}

void hvm_exit_counters(struct vcpu *v)
{
    for (unsigned int i = 0; i < HVM_EXIT_KIND_COUNT; i++) {
        if (v->arch->exits[i]) {
            printk(LOG_INFO, "    %-12s %lu\n", exit_names[i], v->arch->exits[i]);
        }
    }
}
