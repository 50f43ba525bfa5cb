/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads every MSR of the architectural ranges and writes it with several
 * values, putting back what was there. Left out: what the guest itself
 * stands on, and the command register of the APIC with modes that would
 * reset it.
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define MSR_TSC_ADJUST     0x3bu
#define MSR_HYPERCALL_PAGE 0x40000000u
#define MSR_VIRT_SPEC_CTRL 0xc001011fu

static const struct {
    uint32_t first;
    uint32_t last;
} ranges[] = {
    { 0x00000000, 0x00001fff },
    { 0x40000000, 0x400001ff },
    { 0x4b564d00, 0x4b564dff },
    { 0xc0000000, 0xc0001fff },
    { 0xc0010000, 0xc0011fff },
};

static const uint64_t values[] = {
    0, ~0ull, 1ull << 63, 0x5a5a5a5a5a5a5a5aull, 1, 0xffffffffull,
};

static unsigned int readable;
static unsigned int writable;
static unsigned int odd_faults;

/* Registers whose change would end the guest by its own doing. */
static bool is_left_out(uint32_t msr)
{
    return msr == MSR_GS_BASE || msr == MSR_APIC_BASE || msr == MSR_EFER ||
           msr == MSR_TSC || msr == APIC_MSR(APIC_ICR) ||
           msr == MSR_TSC_ADJUST || msr == MSR_HYPERCALL_PAGE ||
           /* Real Xen dies of a BUG() when this is written on QEMU. */
           (on_xen() && msr == MSR_VIRT_SPEC_CTRL);
}

static void one(uint32_t msr)
{
    uint64_t old;
    uint32_t f = rdmsr_safe(msr, &old);
    const bool restore = f == 0;

    readable += restore;
    odd_faults += f != 0 && f != FAULT_GP;
    if (is_left_out(msr)) {
        return;
    }
    for (unsigned int i = 0; i < sizeof(values) / 8; i++) {
        f = wrmsr_safe(msr, values[i]);
        odd_faults += f != 0 && f != FAULT_GP;
        if (f) {
            continue;
        }
        writable++;
        if (restore) {
            wrmsr_safe(msr, old);
        }
    }
}

static void icr(void)
{
    /* Everything but INIT and start-up, which work as they should. */
    for (uint64_t low = 0; low < 0x1000; low += 0x55) {
        const unsigned int mode = (low >> 8) & 7;

        /* Real Xen crashes the domain for the reserved modes. */
        if (on_xen() && (mode == 3 || mode == 7 || mode == 2)) {
            continue;
        }
        if (mode != 5 && mode != 6 && mode != 4) {
            wrmsr_safe(APIC_MSR(APIC_ICR), low | 0x123400000000ull);
            wrmsr_safe(APIC_MSR(APIC_ICR), low | ~0xffffffffull);
        }
    }
    wrmsr_safe(APIC_MSR(APIC_ICR), ~0ull << 20);
}

TEST(hostile_msr, "Read and write every MSR", TEST_HOSTILE)
{
    uint32_t port;

    for (unsigned int i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        for (uint64_t m = ranges[i].first; m <= ranges[i].last; m++) {
            one((uint32_t)m);
        }
    }
    icr();
    kprintf("note: %u readable, %u writes taken\n", readable, writable);
    check_eq("no other fault than #GP(0)", odd_faults, 0);
    check_fault("EFER of ones", wrmsr_safe(MSR_EFER, ~0ull), FAULT_GP);
    apic_set_mode(apic_get_mode());
    for (unsigned int i = 0; i < 256; i++) {
        irq_window();
    }
    /* Vector 0xff came as an IPI, too, and its handler sends no EOI. */
    apic_eoi();
    check_eq("the hypervisor lives", xen_version(XENVER_version, NULL),
             0x40011);
    evtchn_reset();
    evtchn_init_cpu();
    shared_vcpu_info(0)->evtchn_upcall_pending = 0;
    port = (uint32_t)evtchn_bind_ipi(0);
    evtchn_unmask_raw(port);
    evtchn_count[port] = 0;
    evtchn_send(port);
    irq_window();
    check_eq("events still come", evtchn_count[port], 1);
    evtchn_close(port);
}
