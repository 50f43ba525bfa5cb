/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports and device registers of the machine.  The inline forms are part of
 * the contract; on the host the port functions come from a fake, and device
 * registers are whatever memory the test mapped.
 * Addresses for the mmio functions come from arch_mm_ioremap().
 */
#ifndef CORE_ARCH_ARCH_IO_H
#define CORE_ARCH_ARCH_IO_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
uint8_t arch_io_in8(uint16_t port);
uint16_t arch_io_in16(uint16_t port);
uint32_t arch_io_in32(uint16_t port);
void arch_io_out8(uint16_t port, uint8_t val);
void arch_io_out16(uint16_t port, uint16_t val);
void arch_io_out32(uint16_t port, uint32_t val);
#else
#define ARCH_IO_IN(bits, suffix)                                          \
    static inline uint##bits##_t arch_io_in##bits(uint16_t port)          \
    {                                                                     \
        uint##bits##_t val;                                               \
                                                                          \
        __asm__ volatile("in" suffix " %[port], %[val]"                   \
                         : [val] "=a"(val) : [port] "Nd"(port));          \
        return val;                                                       \
    }
#define ARCH_IO_OUT(bits, suffix)                                         \
    static inline void arch_io_out##bits(uint16_t port,                   \
                                         uint##bits##_t val)              \
    {                                                                     \
        __asm__ volatile("out" suffix " %[val], %[port]"                  \
                         : : [val] "a"(val), [port] "Nd"(port));          \
    }

ARCH_IO_IN(8, "b")
ARCH_IO_IN(16, "w")
ARCH_IO_IN(32, "l")
ARCH_IO_OUT(8, "b")
ARCH_IO_OUT(16, "w")
ARCH_IO_OUT(32, "l")
#undef ARCH_IO_IN
#undef ARCH_IO_OUT
#endif

static inline uint8_t arch_mmio_read8(const volatile void *addr)
{
    return *(const volatile uint8_t *)addr;
}

static inline uint16_t arch_mmio_read16(const volatile void *addr)
{
    return *(const volatile uint16_t *)addr;
}

static inline uint32_t arch_mmio_read32(const volatile void *addr)
{
    return *(const volatile uint32_t *)addr;
}

static inline uint64_t arch_mmio_read64(const volatile void *addr)
{
    return *(const volatile uint64_t *)addr;
}

static inline void arch_mmio_write8(volatile void *addr, uint8_t val)
{
    *(volatile uint8_t *)addr = val;
}

static inline void arch_mmio_write16(volatile void *addr, uint16_t val)
{
    *(volatile uint16_t *)addr = val;
}

static inline void arch_mmio_write32(volatile void *addr, uint32_t val)
{
    *(volatile uint32_t *)addr = val;
}

static inline void arch_mmio_write64(volatile void *addr, uint64_t val)
{
    *(volatile uint64_t *)addr = val;
}

#endif /* CORE_ARCH_ARCH_IO_H */
