/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC of a vCPU, in xAPIC (MMIO) and x2APIC (MSR) mode.  Intel SDM
 * volume 3, "Advanced Programmable Interrupt Controller (APIC)"; AMD APM
 * volume 2, same title.
 *
 * The register page has the architectural layout (one 32-bit register each
 * 16 bytes): the same page serves APIC virtualisation and the save record.
 *
 * Locking: IRR (and TMR with it) may be set by any CPU, atomically; all else
 * belongs to the CPU that runs the vCPU, or to whoever has it paused.
 */
#ifndef ARCH_X86_VDEV_VLAPIC_H
#define ARCH_X86_VDEV_VLAPIC_H

#include <core/kernel/timer.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct mmio_ops;
struct vcpu;

#define VLAPIC_BASE 0xfee00000u

struct vlapic {
    uint8_t *regs;           /* [c] one page                                 */
    uint64_t base_msr;       /* IA32_APIC_BASE                               */
    uint32_t irr_words;      /* [a] bit n clear: word n of IRR is empty      */
    uint32_t isr_words;      /* Bit n: word n of ISR is not empty            */
    bool hw_delivery;        /* The processor delivers and ends interrupts   */
    bool tmr_changed;        /* [a] it must be told which are levels         */
    int16_t isrv;            /* Highest vector in service, -1: none          */
    uint8_t divide_shift;    /* log2 of the timer's divider                  */
    uint32_t esr_pending;    /* [a] errors since the last write of ESR       */
    uint32_t init;           /* [a] VLAPIC_INIT, VLAPIC_SIPI and its vector  */
    struct timer timer;
    nsec_t timer_start;      /* When the count was loaded                    */
    nsec_t timer_period;     /* Of the loaded count; 0: stopped              */
    uint64_t tsc_deadline;   /* Guest TSC; 0: disarmed                       */
};

/* Bus frequency told to the guest: one count a nanosecond at divider 1. */
#define VLAPIC_BUS_NS 1u

int __must_check vlapic_init(struct vcpu *v);
void vlapic_free(struct vcpu *v);
/* State after RESET, or after INIT (which keeps the id and the base). */
void vlapic_reset(struct vcpu *v, bool is_init);

/* The APIC id of a vCPU: 2 * its number, as Xen has it. */
uint32_t vlapic_id(const struct vcpu *v);

/*
 * An interrupt for this APIC: sets IRR and wakes or kicks the vCPU.  Dropped
 * if the APIC is software-disabled.  Any CPU.
 */
void vlapic_set_irq(struct vcpu *v, uint8_t vector, bool is_level);

/*
 * The vector that would be delivered now (IRR above the processor priority),
 * or -1.  Owner, or any CPU as a hint.
 */
int vlapic_deliverable(const struct vcpu *v);
/* The same whatever the priority now: the highest in IRR, or -1. */
int vlapic_requested(const struct vcpu *v);
/*
 * The processor moved vectors by itself: @rvi is the highest it knows of in
 * IRR, @svi in ISR; 0 means none.  Owner.
 */
void vlapic_hw_moved(struct vcpu *v, uint8_t rvi, uint8_t svi);
/* Deliver it: IRR to ISR.  And back, if it did not go in.  Owner. */
void vlapic_accept(struct vcpu *v, uint8_t vector);
void vlapic_unaccept(struct vcpu *v, uint8_t vector);

/* A message in the form of an MSI address and data, to all it names. */
void vlapic_deliver_msi(struct domain *d, uint64_t addr, uint32_t data);
/* True if logical or physical destination @dest names @v. */
bool vlapic_match_dest(const struct vcpu *v, uint32_t dest, bool logical);
/* The vCPU of lowest priority among those that match, or NULL. */
struct vcpu *vlapic_lowest_prio(struct domain *d, uint32_t dest,
                                bool logical);
/* Send by delivery mode: fixed, lowest, NMI, INIT...; see the ICR. */
void vlapic_send(struct domain *d, uint32_t dest, bool logical,
                 unsigned int mode, uint8_t vector, bool is_level);

/* x2APIC registers as MSRs 0x800-0x83f; IA32_APIC_BASE; TSC deadline.
 * 0, or -EFAULT for #GP. */
int __must_check vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int __must_check vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);
int __must_check vlapic_set_base(struct vcpu *v, uint64_t val);
int __must_check vlapic_set_tsc_deadline(struct vcpu *v, uint64_t tsc);
uint64_t vlapic_get_tsc_deadline(const struct vcpu *v);

/* The vCPU comes to @cpu: its timer comes along. */
static inline void vlapic_timer_follow(struct vlapic *l, unsigned int cpu)
{
    timer_follow(&l->timer, cpu);
}
/*
 * The timer fires no more and cannot be set again; a call that runs on
 * another CPU ends before that CPU's loop head.
 */
void vlapic_timer_free(struct vcpu *v);

/* CR8 is bits 7:4 of the task priority. */
uint8_t vlapic_get_cr8(const struct vcpu *v);
void vlapic_set_cr8(struct vcpu *v, uint8_t cr8);

/* INIT and start-up IPIs that came in: HVM_WORK_INIT; owner. */
void vlapic_handle_init(struct vcpu *v);

/* The guest ended @vector, which was a level: tell the I/O APICs. */
void vlapic_eoi_broadcast(struct vcpu *v, uint32_t vector);

/* Print what is pending and in service. */
void vlapic_dump(const struct vcpu *v);

/* A trap-like write that the hardware already put into the register page. */
void vlapic_written(struct vcpu *v, uint32_t offset);

extern const struct mmio_ops vlapic_mmio_ops;

#endif /* ARCH_X86_VDEV_VLAPIC_H */
