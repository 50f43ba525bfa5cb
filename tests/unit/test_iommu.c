/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is above the drivers of IOMMUs: the option, which devices are put
 * where, firmware's regions, and floods of faults.
 * Links: core drivers/iommu/iommu.c drivers/iommu/iommu_map.c
 */
#include <core/arch/arch_mm.h>
#include <core/console/printk.h>
#include <core/kernel/param.h>
#include <core/kernel/timer.h>
#include <core/lib/errno.h>
#include <core/lib/list.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/iommu/iommu.h>
#include <drivers/pci/pci.h>

#include "fake_arch.h"
#include "unit.h"

/* --- the machine: three functions and a bridge to conventional PCI --- */

#define DEV PCI_SBDF(0, 0, 3, 0)
#define HIDDEN PCI_SBDF(0, 0, 2, 0)
#define BRIDGE PCI_SBDF(0, 0, 5, 0)
#define UNCOVERED PCI_SBDF(0, 0, 9, 0)
#define BEHIND PCI_SBDF(0, 7, 0, 0)

LIST_HEAD(pci_devices);
static struct pci_dev devs[] = {
    { .sbdf = DEV },
    { .sbdf = HIDDEN, .is_hidden = true },
    { .sbdf = BRIDGE, .header = PCI_HEADER_BRIDGE, .pcie_cap = 0x40 },
    { .sbdf = UNCOVERED },
};

struct pci_dev *pci_find(pci_sbdf_t sbdf)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(devs); i++) {
        if (devs[i].sbdf == sbdf) {
            return &devs[i];
        }
    }
    return NULL;
}

uint32_t pci_cfg_read(pci_sbdf_t sbdf, unsigned int reg, unsigned int size)
{
    CHECK_EQ(sbdf, BRIDGE);
    return reg == 0x42 ? 0x71 : 7;
}

struct acpi_iommu acpi_iommu;
struct param param;
static unsigned int bad_options;

void param_bad(const char *name, const char *value)
{
    bad_options++;
}

void arch_mm_clean_cache(const void *va, size_t bytes)
{
}

/* --- a driver --- */

static uint64_t leaf(mfn_t mfn, unsigned int level, unsigned int perm)
{
    return mfn_to_paddr(mfn) | perm;
}

static uint64_t table(mfn_t mfn, unsigned int level)
{
    return mfn_to_paddr(mfn) | 4;
}

static bool is_table(uint64_t entry, unsigned int level)
{
    return entry & 4;
}

static unsigned int perm(uint64_t entry)
{
    return entry & 3;
}

static const struct iommu_format format = {
    .leaf = leaf, .table = table, .is_table = is_table, .perm = perm,
};

static int init_rc;
static bool wanted_ir;
static pci_sbdf_t attached[8];
static unsigned int attach_count;
static unsigned int events;         /* In the log of the unit                */
static unsigned int drains;
static bool is_armed;

static int t_init(struct iommu_props *props, bool want_ir)
{
    wanted_ir = want_ir;
    *props = (struct iommu_props){
        .format = &format, .levels = 4, .max_order = 9, .has_ir = want_ir,
    };
    return init_rc;
}

static int t_attach(pci_sbdf_t sbdf, const struct iommu_ctx *ctx)
{
    CHECK(ctx == iommu_hardware_ctx());
    CHECK_EQ(ctx->id, 1);
    if (sbdf == UNCOVERED) {
        return -ENODEV;
    }
    attached[attach_count++] = sbdf;
    return 0;
}

static void t_detach(pci_sbdf_t sbdf)
{
    attach_count = 0;
}

static void t_flush(const struct iommu_ctx *ctx, dfn_t first, uint64_t nr)
{
}

static unsigned int t_drain(bool rearm)
{
    const unsigned int n = min(events, IOMMU_FAULT_BATCH);
    const struct iommu_fault f = { .sbdf = DEV, .addr = 0x1234000,
                                   .is_write = true, .reason = "testing" };

    for (unsigned int i = 0; i < n; i++) {
        iommu_fault(&f);
    }
    events -= n;
    drains++;
    is_armed = rearm;
    return n;
}

static int t_ir_set(struct iommu_ir *ir, const struct iommu_ir_target *target,
                    struct iommu_ir_message *msg)
{
    ir->index = 1;
    return 0;
}

static void t_dump(void)
{
    printk_raw("dumped\n");
}

static unsigned int ir_clears;

static void t_ir_clear(struct iommu_ir *ir)
{
    ir_clears++;
}

const struct iommu_ops iommu_ops_vtd;
const struct iommu_ops iommu_ops_amdvi = {
    .name = "test", .init = t_init, .attach = t_attach, .detach = t_detach,
    .flush = t_flush, .fault_drain = t_drain, .ir_set = t_ir_set,
    .ir_clear = t_ir_clear, .dump = t_dump,
};

/* --- */

static void start(const char *option)
{
    if (page_total_count(PAGE_ANY_NODE) == 0) {
        fake_init(1);
        fake_memory(16);
        for (unsigned int i = 0; i < ARRAY_SIZE(devs); i++) {
            list_add_tail(&devs[i].link, &pci_devices);
        }
    }
    acpi_iommu = (struct acpi_iommu){
        .kind = ACPI_IOMMU_IVRS, .unit_count = 1,
        .unit[0].has_bdf = true,
        .reserved_count = 2,
        .reserved[0] = { .start = 0xfe000800, .end = 0xfe001800 },
        /* RAM of ours, from frame 256 on. */
        .reserved[1] = { .start = 0x180000, .end = 0x182000 },
    };
    param.iommu = option;
    iommu_ops = NULL;
    iommu_verbose = false;
    memset(&iommu_props, 0, sizeof(iommu_props));
    init_rc = 0;
    bad_options = 0;
    attach_count = 0;
    fake_printed();
    iommu_init();
}

TEST(devices_are_attached)
{
    unsigned int got;

    start("on");
    CHECK(iommu_has_ir());
    CHECK_EQ(attach_count, 3);
    CHECK_EQ(attached[0], DEV);
    CHECK_EQ(attached[1], BRIDGE);
    CHECK_EQ(attached[2], BEHIND);
    CHECK(strstr(fake_printed(), "0000:00:09.0 is behind no unit"));
    /* Whole frames of firmware's region, none of RAM. */
    iommu_lookup(iommu_hardware_ctx(), DFN(0xfe000), &got);
    CHECK_EQ(got, IOMMU_READ | IOMMU_WRITE);
    iommu_lookup(iommu_hardware_ctx(), DFN(0xfe001), &got);
    CHECK_EQ(got, IOMMU_READ | IOMMU_WRITE);
    iommu_lookup(iommu_hardware_ctx(), DFN(0xfe002), &got);
    CHECK_EQ(got, 0);
    iommu_lookup(iommu_hardware_ctx(), DFN(0x180), &got);
    CHECK_EQ(got, 0);
    iommu_device_remove(DEV);
    CHECK_EQ(attach_count, 0);
    iommu_device_add(HIDDEN);
    iommu_device_add(PCI_SBDF(0, 0, 8, 0));
    CHECK_EQ(attach_count, 0);
    iommu_device_add(DEV);
    CHECK_EQ(attach_count, 1);
}

TEST(options)
{
    start("off");
    CHECK(iommu_hardware_ctx() == NULL);
    CHECK(strstr(fake_printed(), "back ends must copy"));
    start("verbose,no-intremap");
    CHECK(iommu_hardware_ctx() != NULL);
    CHECK(iommu_verbose && !wanted_ir && !iommu_has_ir());
    CHECK(strstr(fake_printed(), "dumped"));
    start("on,of,verbose");
    CHECK_EQ(bad_options, 1);
    CHECK(iommu_verbose && wanted_ir);
    start("off,on");
    CHECK(iommu_hardware_ctx() == NULL);
}

TEST(machines_without)
{
    start("on");
    iommu_ops = NULL;
    acpi_iommu.unit_count = 0;
    acpi_iommu.kind = ACPI_IOMMU_NONE;
    fake_printed();
    iommu_init();
    CHECK(iommu_hardware_ctx() == NULL);
    CHECK(strstr(fake_printed(), "iommu: none"));
    /* Nothing happens, and nobody is told an entry exists. */
    iommu_device_add(DEV);
    iommu_device_remove(DEV);
    memset(&iommu_props, 0, sizeof(iommu_props));
    CHECK_EQ(iommu_ir_set(NULL, NULL, NULL), -ENODEV);
    acpi_iommu.unit_count = 1;
    acpi_iommu.kind = ACPI_IOMMU_IVRS;
    init_rc = -ENODEV;
    iommu_init();
    CHECK(iommu_hardware_ctx() == NULL);
    CHECK(!iommu_has_ir());
    acpi_iommu.is_broken = true;
    init_rc = 0;
    iommu_init();
    CHECK(iommu_hardware_ctx() == NULL);
}

TEST(interrupt_entries)
{
    struct iommu_ir ir = { .index = IOMMU_IR_NONE };
    struct iommu_ir_message msg;

    start("on");
    ir_clears = 0;
    iommu_ir_clear(&ir);
    CHECK_EQ(ir_clears, 0);
    CHECK_EQ(iommu_ir_set(&ir, NULL, &msg), 0);
    iommu_ir_clear(&ir);
    CHECK_EQ(ir_clears, 1);
    CHECK_EQ(ir.index, IOMMU_IR_NONE);
}

/* A full batch makes units wait; what is left comes with the timer. */
TEST(floods)
{
    start("on");
    drains = 0;
    events = 3;
    fake_printed();
    iommu_fault_interrupt();
    CHECK_EQ(events, 0);
    CHECK_EQ(drains, 2);
    CHECK(is_armed);
    CHECK(strstr(fake_printed(),
                 "iommu: 0000:00:03.0: write to 0x1234000 stopped: testing"));
    events = 100;
    drains = 0;
    iommu_fault_interrupt();
    CHECK_EQ(events, 100 - IOMMU_FAULT_BATCH);
    CHECK_EQ(drains, 1);
    CHECK(!is_armed);
    CHECK(fake_programmed[0] <= fake_cycles + 100000000);
    fake_cycles += 100000000;
    timer_interrupt();
    fake_run_softirqs();
    CHECK_EQ(events, 0);
    CHECK(is_armed);
}
