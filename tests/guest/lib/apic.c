/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local APIC access. All CPUs are in the same mode at a time as far as the
 * library is concerned; tests that switch modes switch back.
 * AMD64 Architecture Programmer's Manual, "Advanced Programmable Interrupt
 * Controller (APIC)".
 */
#include <tests/guest/lib/apic.h>

#include <tests/guest/lib/x86.h>

#define CPUID1_ECX_X2APIC 0x00200000u

static enum apic_mode apic_modes[GUEST_MAX_CPUS];

static volatile uint8_t *const apic_mmio = (uint8_t *)APIC_MMIO_BASE;

bool apic_has_x2apic(void)
{
    return cpuid(1, 0).ecx & CPUID1_ECX_X2APIC;
}

enum apic_mode apic_get_mode(void)
{
    return apic_modes[this_cpu()->id];
}

void apic_set_mode(enum apic_mode mode)
{
    const uint64_t base = rdmsr(MSR_APIC_BASE);
    const uint64_t flags = APIC_BASE_ENABLE | APIC_BASE_X2APIC;
    const bool x2 = base & APIC_BASE_X2APIC;

    if (x2 && mode == APIC_XAPIC) {
        wrmsr(MSR_APIC_BASE, base & ~flags);
    }
    if (mode == APIC_XAPIC) {
        wrmsr(MSR_APIC_BASE, (base & ~flags) | APIC_BASE_ENABLE);
    } else if (!x2) {
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
        wrmsr(MSR_APIC_BASE, base | flags);
    }
    apic_modes[this_cpu()->id] = mode;
    apic_write(APIC_SVR, APIC_SVR_ENABLE | VEC_SPURIOUS);
    apic_write(APIC_TPR, 0);
}

uint32_t apic_read(unsigned int reg)
{
    if (apic_get_mode() == APIC_X2APIC) {
        return (uint32_t)rdmsr(APIC_MSR(reg));
    }
    return mmio_read32(apic_mmio + reg);
}

void apic_write(unsigned int reg, uint32_t val)
{
    if (apic_get_mode() == APIC_X2APIC) {
        wrmsr(APIC_MSR(reg), val);
    } else {
        mmio_write32(apic_mmio + reg, val);
    }
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

void apic_send(uint32_t dest, uint32_t icr_low)
{
    if (apic_get_mode() == APIC_X2APIC) {
        wrmsr(APIC_MSR(APIC_ICR), ((uint64_t)dest << 32) | icr_low);
        return;
    }
    apic_write(APIC_ICR2, dest << 24);
    apic_write(APIC_ICR, icr_low);
}

bool apic_test(unsigned int group, unsigned int vec)
{
    return (apic_read(group + (vec / 32) * 0x10) >> (vec % 32)) & 1;
}
