/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD-Vi against a unit of the test's own: registers in memory, and a thread
 * that carries out commands as the specification has them.
 * Links: core drivers/iommu/iommu_map.c drivers/iommu/amdvi/amdvi.c
 * Links: drivers/iommu/amdvi/amdvi_cmd.c drivers/iommu/amdvi/amdvi_devtab.c
 * Links: drivers/iommu/amdvi/amdvi_event.c drivers/iommu/amdvi/amdvi_ir.c
 * Links: drivers/iommu/amdvi/amdvi_pt.c drivers/pci/msi.c
 * Libs: -lpthread
 */
#include <pthread.h>
#include <sched.h>

#include <core/arch/arch_mm.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <core/sync/atomic.h>
#include <drivers/iommu/amdvi/amdvi_priv.h>

#include "fake_arch.h"
#include "unit.h"

#define UNIT_ADDR 0xfed80000ul
#define UNIT_BDF 0x10u
#define MAX_SEEN 4096u

/* --- the machine --- */

static uint8_t regs[AMDVI_REGS_SIZE] __aligned(8);
static pthread_t thread;
static volatile bool is_alive;
static struct { uint64_t first, second; } seen[MAX_SEEN];
static volatile unsigned int seen_count;

static volatile uint64_t *reg(enum amdvi_reg r)
{
    return (volatile uint64_t *)(void *)(regs + r);
}

static void execute(const uint64_t *cmd)
{
    if (field_get(CMD_OPCODE, cmd[0]) == CMD_COMPLETION_WAIT) {
        CHECK(cmd[0] & CMD_WAIT_STORE);
        atomic_set_release((uint64_t *)arch_paddr_to_va(cmd[0] &
                                                        CMD_WAIT_ADDR),
                           cmd[1]);
    } else if (seen_count < MAX_SEEN) {
        seen[seen_count].first = cmd[0];
        seen[seen_count].second = cmd[1];
        seen_count++;
    }
}

static void *unit(void *arg)
{
    uint32_t head = 0;

    while (is_alive) {
        const uint64_t tail = atomic_read_acquire(reg(AMDVI_CMD_TAIL));
        const uint8_t *const ring =
            arch_paddr_to_va(*reg(AMDVI_CMD) & GENMASK64(51, 12));

        while (*reg(AMDVI_CONTROL) & CONTROL_CMD && head != tail) {
            execute((const uint64_t *)(const void *)(ring + head));
            head = (head + CMD_SIZE) % AMDVI_RING_SIZE;
        }
        sched_yield();
    }
    return NULL;
}

void *arch_mm_ioremap(paddr_t pa, size_t bytes)
{
    CHECK_EQ(pa, UNIT_ADDR);
    CHECK_EQ(bytes, AMDVI_REGS_SIZE);
    return regs;
}

void arch_mm_clean_cache(const void *va, size_t bytes)
{
}

static uint32_t cap = BIT32(28);
static uint16_t pci_status;

uint32_t pci_cfg_read(pci_sbdf_t sbdf, unsigned int r, unsigned int size)
{
    CHECK_EQ(sbdf, UNIT_BDF);
    return r == PCI_STATUS ? pci_status : cap;
}

void pci_cfg_write(pci_sbdf_t sbdf, unsigned int r, unsigned int size,
                   uint32_t val)
{
    if (r == PCI_STATUS) {
        pci_status = (uint16_t)(pci_status & ~val);
    }
}

static struct pci_dev pci_unit = { .sbdf = UNIT_BDF, .msi_cap = 0x40 };

struct pci_dev *pci_find(pci_sbdf_t sbdf)
{
    return sbdf == UNIT_BDF ? &pci_unit : NULL;
}

static struct irq *irq;

void irq_setup(struct irq *i, const struct irq_chip *chip, uint32_t number)
{
    i->chip = chip;
}

int irq_request(struct irq *i, const char *name, irq_handler_fn *handler,
                void *arg, unsigned int cpu)
{
    i->handler = handler;
    i->arg = arg;
    irq = i;
    return 0;
}

void irq_unmask(struct irq *i)
{
}

struct acpi_iommu acpi_iommu;
struct acpi_madt acpi_madt;

/* --- what is above the driver --- */

const struct iommu_ops *iommu_ops = &iommu_ops_amdvi;
struct iommu_props iommu_props;
static struct iommu_ctx ctx;
static struct iommu_fault faults[8];
static unsigned int fault_count;
static unsigned int interrupts;

void iommu_fault(const struct iommu_fault *f)
{
    CHECK(fault_count < ARRAY_SIZE(faults));
    faults[fault_count++] = *f;
}

void iommu_fault_interrupt(void)
{
    interrupts++;
}

/* --- */

static bool has_started;

static void start(void)
{
    if (!has_started) {
        fake_init(1);
        fake_memory(16);
        has_started = true;
    }
    seen_count = 0;
    fault_count = 0;
    acpi_iommu.kind = ACPI_IOMMU_IVRS;
    acpi_iommu.unit_count = 1;
    acpi_iommu.unit[0] = (struct acpi_iommu_unit){
        .addr = UNIT_ADDR, .bdf = UNIT_BDF, .has_bdf = true,
        .ivhd_flags = IVHD_HT_TUNNEL | IVHD_ISOC,
    };
    acpi_iommu.range_count = 2;
    acpi_iommu.range[0] = (struct acpi_ivrs_range){ .first = 0, .last = 0xff };
    acpi_iommu.range[1] = (struct acpi_ivrs_range){
        .first = 0x100, .last = 0x1ff, .has_alias = true, .alias = 0x28,
    };
    acpi_iommu.ioapic_count = 1;
    acpi_iommu.ioapic[0] = (struct acpi_ivrs_ioapic){
        .id = 2, .bdf = 0xa0, .dte_flags = DATA_NMI_PASS | DATA_LINT1_PASS,
    };
    acpi_madt.ioapic_count = 1;
    acpi_madt.ioapic[0].id = 2;
    memset(regs, 0, sizeof(regs));
    *reg(AMDVI_EFR) = EFR_INVALIDATE_ALL;
    is_alive = true;
    pthread_create(&thread, NULL, unit, NULL);
    CHECK_EQ(iommu_ops_amdvi.init(&iommu_props, true), 0);
    /* In memory, bits that are cleared by writing 1 stay. */
    *reg(AMDVI_STATUS) = 0;
    CHECK_EQ(iommu_ctx_init(&ctx, 1), 0);
}

static void stop(void)
{
    is_alive = false;
    pthread_join(thread, NULL);
    iommu_ctx_free(&ctx);
}

static const uint64_t *dte(uint16_t bdf)
{
    const uint8_t *const table =
        arch_paddr_to_va(*reg(AMDVI_DEVTAB) & GENMASK64(51, 12));

    return (const uint64_t *)(const void *)(table + bdf * DTE_SIZE);
}

TEST(start_blocks_all)
{
    start();
    CHECK_EQ(*reg(AMDVI_CONTROL),
             BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(10) | BIT(11) | BIT(12));
    CHECK_EQ(*reg(AMDVI_DEVTAB) & 0xfff, 0x200 * 32 / 4096 - 1);
    CHECK_EQ(*reg(AMDVI_CMD) >> 56, 8);
    CHECK_EQ(*reg(AMDVI_EVENT) >> 56, 8);
    CHECK_EQ(seen_count, 1);
    CHECK_EQ(seen[0].first, UINT64_C(8) << 60);
    for (unsigned int bdf = 0; bdf < 0x200; bdf++) {
        /* Valid, translated by four levels, nothing allowed, IV. */
        CHECK_EQ(dte((uint16_t)bdf)[0], 0x803);
        CHECK_EQ(dte((uint16_t)bdf)[2],
                 1 | (bdf == 0xa0 ? BIT(58) | BIT(63) : 0));
    }
    CHECK(iommu_props.has_ir);
    CHECK(!iommu_props.caches_absent);
    stop();
}

TEST(attach_and_detach)
{
    start();
    seen_count = 0;
    CHECK_EQ(iommu_ops_amdvi.attach(0x18, &ctx), 0);
    CHECK_EQ(dte(0x18)[0], 0x803 | BIT(61) | BIT(62) |
                               mfn_to_paddr(ctx.root));
    CHECK_EQ(dte(0x18)[1], 1);
    CHECK_EQ(seen_count, 2);
    CHECK_EQ(seen[0].first, UINT64_C(2) << 60 | 0x18);
    CHECK_EQ(seen[1].first, UINT64_C(3) << 60 | UINT64_C(1) << 32);
    /* 2^36 frames: ones up to bit 46, size, tables too. */
    CHECK_EQ(seen[1].second, UINT64_C(0x7ffffffff000) | 3);
    CHECK_EQ(dte(0x20)[0], 0x803);
    /* A device with an alias opens both. */
    CHECK_EQ(iommu_ops_amdvi.attach(0x110, &ctx), 0);
    CHECK(dte(0x110)[0] & DTE_IW);
    CHECK(dte(0x28)[0] & DTE_IW);
    CHECK_EQ(iommu_ops_amdvi.attach(0x200, &ctx), -ENODEV);
    iommu_ops_amdvi.detach(0x18);
    CHECK_EQ(dte(0x18)[0], 0x803);
    stop();
}

TEST(page_tables)
{
    const uint64_t *table;

    start();
    CHECK_EQ(iommu_map(&ctx, DFN(0x40201), MFN(0x1234), 0, IOMMU_READ), 0);
    table = mfn_va(ctx.root);
    CHECK_EQ(table[1], 0x200); /* Nothing there, but not 0. */
    CHECK_EQ(field_get(PTE_NEXT_LEVEL, table[0]), 3);
    CHECK_EQ(table[0] >> 60, 6);
    table = arch_paddr_to_va(table[0] & IOMMU_PT_ADDR);
    CHECK_EQ(field_get(PTE_NEXT_LEVEL, table[1]), 2);
    table = arch_paddr_to_va(table[1] & IOMMU_PT_ADDR);
    CHECK_EQ(field_get(PTE_NEXT_LEVEL, table[1]), 1);
    table = arch_paddr_to_va(table[1] & IOMMU_PT_ADDR);
    CHECK_EQ(table[1], 0x1234001 | BIT(60) | BIT(61));
    CHECK_EQ(table[0], 0x200);
    CHECK_EQ(iommu_map(&ctx, DFN(0x200), MFN(0x400), 9, IOMMU_WRITE), 0);
    table = mfn_va(ctx.root);
    table = arch_paddr_to_va(table[0] & IOMMU_PT_ADDR);
    table = arch_paddr_to_va(table[0] & IOMMU_PT_ADDR);
    CHECK_EQ(table[1], 0x400001 | BIT(60) | BIT(62));
    stop();
}

static uint64_t flushed(uint64_t first, uint64_t nr)
{
    seen_count = 0;
    iommu_ops_amdvi.flush(&ctx, DFN(first), nr);
    CHECK_EQ(seen_count, 1);
    CHECK_EQ(seen[0].first, UINT64_C(3) << 60 | UINT64_C(1) << 32);
    return seen[0].second;
}

TEST(ranges_of_flushes)
{
    start();
    CHECK_EQ(flushed(5, 1), 0x5000);
    CHECK_EQ(flushed(4, 2), 0x4000 | 1);         /* 8 KiB: zero at bit 12    */
    CHECK_EQ(flushed(3, 2), 0x3000 | 1);         /* 0 to 7                   */
    CHECK_EQ(flushed(0, 4), 0x1000 | 1);
    CHECK_EQ(flushed(0x200, 0x200), 0x2ff000 | 3);
    iommu_props.caches_absent = true;
    CHECK_EQ(flushed(5, 1), 0x5000 | 2);
    stop();
}

TEST(interrupts_are_remapped)
{
    struct iommu_ir a = { .sbdf = 0x18, .index = IOMMU_IR_NONE };
    struct iommu_ir b = { .sbdf = 0x18, .index = IOMMU_IR_NONE };
    struct iommu_ir c = { .sbdf = 0x110, .index = IOMMU_IR_NONE };
    struct iommu_ir io = { .is_ioapic = true, .ioapic_id = 2,
                           .index = IOMMU_IR_NONE };
    struct iommu_ir_target t = { .apic_id = 3, .vector = 0x41 };
    struct iommu_ir_message m;
    const uint32_t *table;

    start();
    seen_count = 0;
    CHECK_EQ(iommu_ops_amdvi.ir_set(&a, &t, &m), 0);
    CHECK_EQ(m.addr, 0xfee00000);
    CHECK_EQ(m.data, 16);
    CHECK_EQ(dte(0x18)[2] & 0x3f, 1 | 9 << 1);
    CHECK_EQ(dte(0x18)[2] >> 60, 2);
    CHECK_EQ(dte(0x18)[0], 0x803);
    CHECK_EQ(seen[0].first, UINT64_C(2) << 60 | 0x18);
    CHECK_EQ(seen[1].first, UINT64_C(5) << 60 | 0x18);
    table = amdvi_ir_table(dte(0x18));
    CHECK_EQ(table[16], 1 | 3 << 8 | 0x41 << 16);
    CHECK_EQ(iommu_ops_amdvi.ir_set(&b, &t, &m), 0);
    CHECK_EQ(m.data, 17);
    /* A move changes the entry, not the message. */
    t.apic_id = 4;
    CHECK_EQ(iommu_ops_amdvi.ir_set(&a, &t, &m), 0);
    CHECK_EQ(m.data, 16);
    CHECK_EQ(table[16], 1 | 4 << 8 | 0x41 << 16);
    iommu_ops_amdvi.ir_clear(&a);
    CHECK_EQ(table[16], 0);
    CHECK(table[17] & 1);
    /* Through its alias; and an I/O APIC keeps what firmware lets pass. */
    CHECK_EQ(iommu_ops_amdvi.ir_set(&c, &t, &m), 0);
    CHECK(amdvi_ir_table(dte(0x28)) != NULL);
    CHECK(amdvi_ir_table(dte(0x110)) == NULL);
    CHECK_EQ(iommu_ops_amdvi.ir_set(&io, &t, &m), 0);
    CHECK_EQ(m.rte, 16);
    CHECK(dte(0xa0)[2] & BIT(58));
    io.ioapic_id = 3;
    CHECK_EQ(iommu_ops_amdvi.ir_set(&io, &t, &m), -ENODEV);
    for (unsigned int i = 0; i < AMDVI_IRTES - 17; i++) {
        a.index = IOMMU_IR_NONE;
        CHECK_EQ(iommu_ops_amdvi.ir_set(&a, &t, &m), 0);
    }
    a.index = IOMMU_IR_NONE;
    CHECK_EQ(iommu_ops_amdvi.ir_set(&a, &t, &m), -ENOSPC);
    stop();
}

/* As a unit writes it: entry, then tail. */
static void log_event(uint64_t first, uint64_t second)
{
    uint64_t *const e =
        arch_paddr_to_va((*reg(AMDVI_EVENT) & GENMASK64(51, 12)) +
                         *reg(AMDVI_EVENT_TAIL));

    e[1] = second;
    e[0] = first;
    *reg(AMDVI_EVENT_TAIL) = (*reg(AMDVI_EVENT_TAIL) + EVENT_SIZE) %
                             AMDVI_RING_SIZE;
}

TEST(events)
{
    start();
    log_event(UINT64_C(2) << 60 | BIT(53) | 0x18, 0xabc000);
    log_event(UINT64_C(2) << 60 | BIT(52) | 0x20, 0xdef000);
    log_event(UINT64_C(2) << 60 | BIT(51) | 0x20, 0xfee00000);
    CHECK_EQ(irq->handler(irq->arg), IRQ_DONE);
    CHECK_EQ(interrupts, 1);
    CHECK_EQ(iommu_ops_amdvi.fault_drain(false), 3);
    CHECK(!(*reg(AMDVI_CONTROL) & CONTROL_EVENT_INT));
    CHECK_EQ(*reg(AMDVI_EVENT_HEAD), 3 * EVENT_SIZE);
    CHECK_EQ(faults[0].sbdf, 0x18);
    CHECK_EQ(faults[0].addr, 0xabc000);
    CHECK(faults[0].is_write && !faults[0].is_interrupt);
    CHECK(strcmp(faults[0].reason, "nothing there for the device") == 0);
    CHECK_EQ(faults[1].sbdf, 0x20);
    CHECK(!faults[1].is_write);
    CHECK(strcmp(faults[1].reason, "not allowed") == 0);
    CHECK(faults[2].is_interrupt);
    CHECK_EQ(iommu_ops_amdvi.fault_drain(true), 0);
    CHECK(*reg(AMDVI_CONTROL) & CONTROL_EVENT_INT);
    stop();
}

TEST(events_wrap_and_overflow)
{
    start();
    for (unsigned int i = 0; i < 255; i++) {
        log_event(UINT64_C(5) << 60, 0x1000);
    }
    CHECK_EQ(iommu_ops_amdvi.fault_drain(true), IOMMU_FAULT_BATCH);
    for (unsigned int i = 1; i < 4; i++) {
        (void)iommu_ops_amdvi.fault_drain(true);
    }
    CHECK_EQ(*reg(AMDVI_EVENT_HEAD), 255 * EVENT_SIZE);
    log_event(UINT64_C(2) << 60 | 1, 0x2000);
    log_event(UINT64_C(2) << 60 | 2, 0x3000);
    *reg(AMDVI_STATUS) = STATUS_EVENT_OVERFLOW;
    CHECK_EQ(iommu_ops_amdvi.fault_drain(true), 2);
    CHECK_EQ(faults[1].sbdf, 2);
    CHECK_EQ(*reg(AMDVI_EVENT_HEAD), 0);
    CHECK_EQ(*reg(AMDVI_EVENT_TAIL), 0);
    CHECK(*reg(AMDVI_CONTROL) & CONTROL_EVENT_LOG);
    stop();
}

TEST(without_the_ioapic_no_remapping)
{
    start();
    stop();
    acpi_iommu.ioapic_count = 0;
    is_alive = true;
    pthread_create(&thread, NULL, unit, NULL);
    memset(regs, 0, sizeof(regs));
    CHECK_EQ(iommu_ops_amdvi.init(&iommu_props, true), 0);
    CHECK(!iommu_props.has_ir);
    CHECK_EQ(dte(0x18)[2], 0);
    is_alive = false;
    pthread_join(thread, NULL);
}
