/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI configuration space of dom0: mechanism 1 in all widths, ECAM where the
 * machine has it, sizing and moving a BAR, absent devices.
 * PCI Local Bus Specification, "Configuration Space Decoding".
 */
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

#define ENABLE   0x80000000u
#define ADDR     0xcf8
#define DATA     0xcfc
#define ABSENT   0xffffffffu
#define CMD_MEM  2u

static uint32_t read(unsigned int bdf, unsigned int reg)
{
    outl(ADDR, ENABLE | bdf << 8 | (reg & 0xfc));
    return inl(DATA);
}

static void write(unsigned int bdf, unsigned int reg, uint32_t val)
{
    outl(ADDR, ENABLE | bdf << 8 | (reg & 0xfc));
    outl(DATA, val);
}

static void mechanism(void)
{
    const uint32_t id = read(0, 0);

    outl(ADDR, ENABLE | 0x10);
    check_eq("the latch reads back", inl(ADDR), ENABLE | 0x10);
    check("host bridge", id != ABSENT && id != 0, "%x", id);
    outl(ADDR, ENABLE);
    check_eq("vendor as a word", inw(DATA), id & 0xffff);
    check_eq("device as a word", inw(DATA + 2), id >> 16);
    check_eq("bytes", inb(DATA) | inb(DATA + 1) << 8, id & 0xffff);
    outl(ADDR, 0);
    check_eq("without the enable bit", inl(DATA), ABSENT);
    check_eq("absent device", read(0x7f, 0), ABSENT);
    check_eq("absent bus", read(0x3000, 0), ABSENT);
    write(0x7f, 0, 0x12345678);
    check_eq("writing there changes nothing", read(0x7f, 0), ABSENT);
    write(0, 0, 0x12345678);
    check_eq("an id is read-only", read(0, 0), id);
}

/* The first function with a memory BAR of 32 bits; 0: none. */
static unsigned int find_bar(unsigned int *reg)
{
    for (unsigned int bdf = 0; bdf < 0x100; bdf++) {
        if (read(bdf, 0) == ABSENT || (read(bdf, 0xc) >> 16 & 0x7f)) {
            continue;
        }
        for (unsigned int r = 0x10; r < 0x28; r += 4) {
            const uint32_t bar = read(bdf, r);

            if (bar && !(bar & 1) && !(bar & 4)) {
                *reg = r;
                return bdf;
            }
            r += bar & 4 && !(bar & 1) ? 4 : 0;
        }
    }
    return 0;
}

static void sizing(void)
{
    unsigned int reg = 0;
    const unsigned int bdf = find_bar(&reg);
    uint32_t cmd;
    uint32_t bar;
    uint32_t size;

    if (!bdf) {
        kprintf("note: no device with a memory BAR\n");
        return;
    }
    cmd = read(bdf, 4);
    bar = read(bdf, reg);
    write(bdf, 4, cmd & ~CMD_MEM & 0xffff);
    check_eq("memory decode off", read(bdf, 4) & CMD_MEM, 0);
    write(bdf, reg, ABSENT);
    size = ~(read(bdf, reg) & ~0xfu) + 1;
    check("a BAR's size is a power of two",
          size >= 16 && (size & (size - 1)) == 0, "%x", size);
    write(bdf, reg, bar);
    check_eq("BAR restored", read(bdf, reg), bar);
    write(bdf, 4, cmd & 0xffff);
    check_eq("command restored", read(bdf, 4) & 0xffff, cmd & 0xffff);
}

static const uint8_t *find_table(const char *sig)
{
    const uint8_t *rsdp = (uint8_t *)shared_start_info.rsdp_paddr;
    uint64_t xsdt;
    uint32_t len;

    memcpy(&xsdt, rsdp + 24, 8);
    memcpy(&len, (uint8_t *)xsdt + 4, 4);
    for (uint32_t off = 36; off + 8 <= len; off += 8) {
        uint64_t table;

        memcpy(&table, (uint8_t *)xsdt + off, 8);
        if (memcmp((uint8_t *)table, sig, 4) == 0) {
            return (uint8_t *)table;
        }
    }
    return NULL;
}

static void ecam(void)
{
    const uint8_t *mcfg = find_table("MCFG");
    volatile uint8_t *base;
    uint64_t addr;

    if (!mcfg) {
        kprintf("note: no MCFG\n");
        return;
    }
    memcpy(&addr, mcfg + 44, 8);
    base = (uint8_t *)addr;
    check_eq("ECAM agrees with mechanism 1", mmio_read32(base), read(0, 0));
    check_eq("word", *(volatile uint16_t *)base, read(0, 0) & 0xffff);
    check_eq("byte", base[1], (read(0, 0) >> 8) & 0xff);
    check_eq("absent device", mmio_read32(base + (0x7f << 12)), ABSENT);
    check("extended space", mmio_read32(base + 0x100) != 0x12345678, "-");
}

static void madt(void)
{
    const uint8_t *t = find_table("APIC");
    unsigned int cpus = 0;
    unsigned int ioapics = 0;
    uint32_t len;

    if (!check("there is a MADT", t != NULL, "-")) {
        return;
    }
    memcpy(&len, t + 4, 4);
    for (uint32_t off = 44; off + 2 <= len && t[off + 1]; off += t[off + 1]) {
        cpus += t[off] == 0 || t[off] == 9;
        ioapics += t[off] == 1;
    }
    CHECK("MADT has a processor for each vCPU", cpus >= 1);
    check_eq("MADT has the IOAPIC", ioapics >= 1, true);
}

TEST(pci, "PCI configuration space, ECAM and the tables dom0 needs",
     TEST_DOM0)
{
    mechanism();
    sizing();
    ecam();
    madt();
}
