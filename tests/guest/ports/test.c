/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * I/O ports of dom0: those that nothing answers, those the hypervisor keeps,
 * CMOS, string instructions, all widths.
 * AMD64 Architecture Programmer's Manual, "Input/Output".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

static void widths(void)
{
    check_eq("byte of an absent port", inb(0x0300), 0xff);
    check_eq("word of an absent port", inw(0x0300), 0xffff);
    check_eq("double word of an absent port", inl(0x0300), 0xffffffff);
    outb(0x80, 0x12);
    outw(0x80, 0x1234);
    outl(0x80, 0x12345678);
    check("writes to the POST port pass", true, "-");
}

/* The hypervisor keeps its timer, its interrupt controllers and its
 * console: reads are harmless, writes change nothing. */
static void kept(void)
{
    static const uint16_t ports[] = {
        0x20, 0x21, 0xa0, 0xa1, 0x40, 0x41, 0x42, 0x43, 0x61, 0x3f8, 0x3f9,
        0x3fb,
    };

    for (unsigned int i = 0; i < sizeof(ports) / 2; i++) {
        const uint8_t val = inb(ports[i]);

        outb(ports[i], 0);
        outb(ports[i], val);
    }
    outl(0x20, 0xffffffff);
    outw(0x3f8, 0x1111);
    check("nothing the hypervisor keeps can be broken",
          xen_version(XENVER_version, NULL) == 0x40011, "-");
}

static void cmos(void)
{
    uint8_t seconds;

    outb(0x70, 0x0d);
    CHECK("CMOS clock is valid", inb(0x71) & 0x80);
    outb(0x70, 0);
    seconds = inb(0x71);
    check("seconds are seconds", (seconds & 0xf) < 10 && seconds < 0x60,
          "%x", seconds);
    outb(0x70, 0x40);
    inb(0x71);
}

static void strings(void)
{
    static uint8_t buf[32];
    static uint32_t wide[4];
    uint64_t rdi = (uint64_t)buf;
    uint64_t rsi = (uint64_t)buf;
    uint64_t n = sizeof(buf);

    memset(buf, 0, sizeof(buf));
    asm volatile("rep insb" : "+D"(rdi), "+c"(n) : "d"(0x21) : "memory");
    check_eq("rep insb: count", (int64_t)n, 0);
    check_eq("rep insb: pointer", (int64_t)(rdi - (uint64_t)buf),
             sizeof(buf));
    CHECK("rep insb: all alike", memcmp(buf, buf + 1, 31) == 0);
    n = sizeof(buf);
    asm volatile("rep outsb" : "+S"(rsi), "+c"(n) : "d"(0x80) : "memory");
    check_eq("rep outsb: count", (int64_t)n, 0);
    n = 4;
    rdi = (uint64_t)wide;
    asm volatile("rep insl" : "+D"(rdi), "+c"(n) : "d"(0xcf8) : "memory");
    check_eq("rep insl: pointer", (int64_t)(rdi - (uint64_t)wide), 16);
    CHECK("rep insl: all alike", memcmp(wide, wide + 1, 12) == 0);
    rdi = (uint64_t)buf + 31;
    n = 8;
    asm volatile("std; rep insb; cld"
                 : "+D"(rdi), "+c"(n) : "d"(0x21) : "memory");
    check_eq("backwards: pointer", (int64_t)(rdi - (uint64_t)buf), 23);
    n = 0;
    rdi = 0x10;
    asm volatile("rep insb" : "+D"(rdi), "+c"(n) : "d"(0x21) : "memory");
    check_eq("count 0 does nothing", (int64_t)rdi, 0x10);
}

static void bad_ins(void *arg)
{
    uint64_t rdi = 1ull << 62;
    uint64_t n = 1;

    (void)arg;
    asm volatile("rep insb" : "+D"(rdi), "+c"(n) : "d"(0x21) : "memory");
}

TEST(ports, "I/O ports", TEST_DOM0)
{
    widths();
    kept();
    cmos();
    strings();
    check_fault("INS to a non-canonical address", trap_try(bad_ins, NULL),
                FAULT_GP);
}
