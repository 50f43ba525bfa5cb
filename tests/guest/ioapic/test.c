/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual IOAPIC at the real one's address: registers by many
 * instruction forms, read-only bits, and a real line (the CMOS clock's
 * periodic interrupt, GSI 8) through it, edge-triggered.
 * Intel 82093AA I/O APIC data sheet.
 */
#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define BASE     0xfec00000ull
#define DATA     0x10
#define REG_ID   0x00
#define REG_VER  0x01
#define REG_RTE  0x10
#define MASKED   0x10000u
#define LEVEL    0x8000u
#define SPARE    23
#define GSI_RTC  8
#define VEC      0x78
#define MS       1000000ull

static volatile uint8_t *const mmio = (uint8_t *)BASE;

static uint32_t get(uint32_t reg)
{
    mmio_write32(mmio, reg);
    return mmio_read32(mmio + DATA);
}

static void put(uint32_t reg, uint32_t val)
{
    mmio_write32(mmio, reg);
    mmio_write32(mmio + DATA, val);
}

static unsigned int registers(void)
{
    const uint32_t ver = get(REG_VER);
    const unsigned int pins = ((ver >> 16) & 0xff) + 1;
    unsigned int wrong = 0;

    check("version", (ver & 0xff) >= 0x11 && (ver & 0xff) <= 0x20, "%x",
          ver);
    check("number of pins", pins >= 24 && pins <= 240, "%u", pins);
    check_eq("index reads back", mmio_read32(mmio) & 0xff, REG_VER);
    put(REG_VER, 0);
    check_eq("version is read-only", get(REG_VER), ver);
    for (unsigned int i = 0; i < pins; i++) {
        wrong += !(get(REG_RTE + 2 * i) & MASKED);
    }
    check("all pins are masked at first", wrong == 0, "%u are not", wrong);
    put(REG_RTE + 2 * SPARE, MASKED | LEVEL | 0x79);
    put(REG_RTE + 2 * SPARE + 1, 0x12000000);
    check_eq("redirection entry, low", get(REG_RTE + 2 * SPARE),
             MASKED | LEVEL | 0x79);
    check_eq("redirection entry, high", get(REG_RTE + 2 * SPARE + 1),
             0x12000000);
    put(REG_RTE + 2 * SPARE, MASKED | 0x5079);
    check_eq("status and IRR cannot be written",
             get(REG_RTE + 2 * SPARE) & 0x5000u, 0);
    put(REG_RTE + 2 * SPARE, MASKED);
    put(REG_RTE + 2 * SPARE + 1, 0);
    get(REG_RTE + 2 * pins);
    check("a register past the last pin does no harm", true, "-");
    return pins;
}

static void forms(void)
{
    const uint32_t reg = REG_RTE + 2 * SPARE + 1;
    uint64_t val = 0;

    put(reg, 0x34000000);
    asm volatile("movq $0, %%rbx; movl 0x10(%1,%%rbx,4), %k0"
                 : "=r"(val) : "r"(mmio) : "rbx");
    check_eq("mov with base, index and displacement", (int64_t)val,
             0x34000000);
    asm volatile("movl 0x10(%1), %%r15d; movq %%r15, %0"
                 : "=r"(val) : "r"(mmio) : "r15");
    check_eq("mov to a high register", (int64_t)val, 0x34000000);
    asm volatile("movzbl 0x13(%1), %k0" : "=r"(val) : "r"(mmio));
    check("movzx of a byte", val == 0x34 || val == 0xff || val == 0,
          "%lx", val);
    asm volatile("movabsl 0xfec00010, %%eax" : "=a"(val));
    check_eq("mov eax, moffs", (int64_t)(uint32_t)val, 0x34000000);
    asm volatile("movl $0x56000000, 0x10(%0)" : : "r"(mmio) : "memory");
    check_eq("mov m, imm", get(reg), 0x56000000);
    asm volatile("movl %0, %%eax; movabsl %%eax, 0xfec00010"
                 : : "i"(0x78000000) : "eax", "memory");
    check_eq("mov moffs, eax", get(reg), 0x78000000);
    asm volatile("orl $0x01000000, 0x10(%0)" : : "r"(mmio) : "memory");
    check_eq("or m, imm", get(reg), 0x79000000);
    asm volatile("xorl %k1, 0x10(%0)"
                 : : "r"(mmio), "r"(0x09000000) : "memory");
    check_eq("xor m, r", get(reg), 0x70000000);
    asm volatile("btsl $24, 0x10(%0)" : : "r"(mmio) : "memory");
    check_eq("bts m, imm", get(reg), 0x71000000);
    asm volatile("movq %1, %%rsi; leaq %0, %%rdi; movl $1, %%ecx; rep movsl"
                 : "=m"(val) : "r"(mmio + DATA)
                 : "rsi", "rdi", "rcx", "memory");
    check_eq("rep movs from it", (int64_t)(uint32_t)val, 0x71000000);
    asm volatile("movq %0, %%rdi; movl $0x22000000, %%eax; stosl"
                 : : "r"(mmio + DATA) : "rdi", "rax", "memory");
    check_eq("stos to it", get(reg), 0x22000000);
    asm volatile("pushq %%rbx; movl %1, %%ebx; movq %%rbx, %0; popq %%rbx"
                 : "=r"(val) : "m"(mmio[DATA]));
    check_eq("rip- or absolute-addressed", (int64_t)val, 0x22000000);
    put(reg, 0);
}

static uint8_t cmos_read(uint8_t reg)
{
    outb(0x70, reg);
    return inb(0x71);
}

static void cmos_write(uint8_t reg, uint8_t val)
{
    outb(0x70, reg);
    outb(0x71, val);
}

static void on_rtc(struct trap_frame *f)
{
    (void)f;
    cmos_read(0xc);
    apic_eoi();
}

/* The CMOS clock's periodic interrupt at 1024 Hz, if dom0 may program it. */
static void line(void)
{
    const uint64_t end = shared_now_ns() + 2000 * MS;
    const uint8_t b = cmos_read(0xb);

    trap_irq_handlers[VEC] = on_rtc;
    trap_irq_count[VEC] = 0;
    put(REG_RTE + 2 * GSI_RTC + 1, 0);
    put(REG_RTE + 2 * GSI_RTC, VEC);
    cmos_write(0xa, 0x26);
    cmos_write(0xb, b | 0x40);
    cmos_read(0xc);
    while (trap_irq_count[VEC] < 3 && shared_now_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
        irq_window();
    }
    check("the clock interrupts through pin 8", trap_irq_count[VEC] >= 3,
          "%u interrupts", trap_irq_count[VEC]);
    put(REG_RTE + 2 * GSI_RTC, MASKED | VEC);
    irq_window();
    trap_irq_count[VEC] = 0;
    shared_delay_ns(20 * MS);
    irq_window();
    check_eq("masked: silence", trap_irq_count[VEC], 0);
    cmos_write(0xb, b & 0xbf);
    cmos_read(0xc);
    put(REG_RTE + 2 * GSI_RTC, MASKED);
    trap_irq_handlers[VEC] = NULL;
}

TEST(ioapic, "The virtual IOAPIC", TEST_DOM0)
{
    registers();
    forms();
    line();
}
