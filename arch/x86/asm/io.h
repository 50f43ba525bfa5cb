/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port and memory-mapped I/O instructions.
 */
#ifndef ARCH_X86_ASM_IO_H
#define ARCH_X86_ASM_IO_H

#include <stdint.h>

static inline uint8_t inb(uint16_t port)
{
    uint8_t val;

    asm volatile("inb %[port], %[val]" : [val] "=a"(val) : [port] "Nd"(port));
    return val;
}

static inline uint16_t inw(uint16_t port)
{
    uint16_t val;

    asm volatile("inw %[port], %[val]" : [val] "=a"(val) : [port] "Nd"(port));
    return val;
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t val;

    asm volatile("inl %[port], %[val]" : [val] "=a"(val) : [port] "Nd"(port));
    return val;
}

static inline void outb(uint16_t port, uint8_t val)
{
    asm volatile("outb %[val], %[port]" : : [val] "a"(val), [port] "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t val)
{
    asm volatile("outw %[val], %[port]" : : [val] "a"(val), [port] "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t val)
{
    asm volatile("outl %[val], %[port]" : : [val] "a"(val), [port] "Nd"(port));
}

static inline uint8_t mmio_read8(const volatile void *addr)
{
    return *(const volatile uint8_t *)addr;
}

static inline uint16_t mmio_read16(const volatile void *addr)
{
    return *(const volatile uint16_t *)addr;
}

static inline uint32_t mmio_read32(const volatile void *addr)
{
    return *(const volatile uint32_t *)addr;
}

static inline uint64_t mmio_read64(const volatile void *addr)
{
    return *(const volatile uint64_t *)addr;
}

static inline void mmio_write8(volatile void *addr, uint8_t val)
{
    *(volatile uint8_t *)addr = val;
}

static inline void mmio_write16(volatile void *addr, uint16_t val)
{
    *(volatile uint16_t *)addr = val;
}

static inline void mmio_write32(volatile void *addr, uint32_t val)
{
    *(volatile uint32_t *)addr = val;
}

static inline void mmio_write64(volatile void *addr, uint64_t val)
{
    *(volatile uint64_t *)addr = val;
}

#endif /* ARCH_X86_ASM_IO_H */
