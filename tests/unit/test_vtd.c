/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VT-d driver on models of units: start and refusal to start, what DMA
 * reaches before and after changes, interrupts, faults, scopes.
 * Links: core tests/unit/vtd_model.c drivers/iommu/iommu_map.c
 * Links: drivers/iommu/vtd/vtd.c drivers/iommu/vtd/vtd_ctx.c
 * Links: drivers/iommu/vtd/vtd_fault.c drivers/iommu/vtd/vtd_ir.c
 * Links: drivers/iommu/vtd/vtd_pt.c drivers/iommu/vtd/vtd_qi.c
 * Links: drivers/iommu/vtd/vtd_scope.c
 */
#include <string.h>

#include <core/lib/errno.h>
#include <core/mm/page_alloc.h>
#include <drivers/iommu/vtd/vtd_priv.h>
#include <drivers/pci/pci.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>
#include <tests/unit/vtd_model.h>

#define RW (IOMMU_READ | IOMMU_WRITE)
#define STOPPED UINT64_MAX

struct acpi_iommu acpi_iommu;
struct iommu_props iommu_props;
const struct iommu_ops *iommu_ops = &iommu_ops_vtd;

static struct iommu_ctx ctx;

/* --- helpers --- */

static void add_scope(uint8_t unit, uint8_t kind, uint8_t id, uint8_t bus,
                      uint8_t first, int second)
{
    acpi_iommu.scope[acpi_iommu.scope_count++] = (struct acpi_scope){
        .unit = unit, .kind = kind, .id = id, .bus = bus,
        .depth = second >= 0 ? 2 : 1, .path = { first, (uint8_t)second },
    };
}

/*
 * Unit 0 has 00:02.0, what is behind 00:1c.0, and I/O APIC 8 as f0:1f.0; unit
 * 1 all else.
 */
static void set_up(uint64_t cap, uint64_t ecap)
{
    if (page_total_count(PAGE_ANY_NODE) == 0) {
        fake_init(1);
        fake_memory(64);
    }
    (void)fake_printed();
    model_reset(cap, ecap);
    memset(&acpi_iommu, 0, sizeof(acpi_iommu));
    memset(&iommu_props, 0, sizeof(iommu_props));
    acpi_iommu.has_intr_remap = true;
    acpi_iommu.unit_count = MODEL_UNITS;
    for (unsigned int i = 0; i < MODEL_UNITS; i++) {
        acpi_iommu.unit[i].addr = MODEL_ADDR(i);
    }
    acpi_iommu.unit[1].covers_all = true;
    add_scope(0, ACPI_SCOPE_DEVICE, 0, 0, 0x10, -1);
    add_scope(0, ACPI_SCOPE_BRIDGE, 0, 0, 0xe0, -1);
    add_scope(0, ACPI_SCOPE_IOAPIC, 8, 0xf0, 0xf8, -1);
}

static bool start(bool want_ir)
{
    const int rc = iommu_ops_vtd.init(&iommu_props, want_ir);

    if (rc == 0) {
        CHECK_EQ(iommu_ctx_init(&ctx, 1), 0);
    }
    return rc == 0;
}

static void map(uint64_t dfn, uint64_t mfn, unsigned int order,
                unsigned int perm)
{
    CHECK_EQ(iommu_map(&ctx, DFN(dfn), MFN(mfn), order, perm), 0);
}

static uint64_t dma(uint16_t bdf, uint64_t addr)
{
    return model_dma(&model_units[bdf == 0x10 || bdf >> 8 ? 0 : 1], bdf,
                     addr, true);
}

static const char *log_of_start(void)
{
    CHECK(!start(true));
    for (unsigned int i = 0; i < MODEL_UNITS; i++) {
        CHECK_EQ(model_units[i].status & (VTD_G_TE | VTD_G_IRE), 0);
    }
    CHECK_EQ(vtd_unit_count, 0);
    return fake_printed();
}

/* --- start --- */

TEST(start)
{
    set_up(MODEL_CAP, MODEL_ECAP);
    /* Firmware left it on, with its own protection and a fault. */
    model_units[1].status = VTD_G_STATE;
    model_units[1].pmen = VTD_PMEN_EPM;
    model_units[1].record[2][1] = VTD_FRCD_HIGH_F;
    model_units[1].fsts = VTD_FSTS_PPF | VTD_FSTS_PFO | VTD_FSTS_IQE;
    CHECK(start(true));
    CHECK(iommu_props.has_ir);
    CHECK_EQ(iommu_props.levels, 4);
    CHECK_EQ(iommu_props.max_order, 18);
    CHECK(!iommu_props.caches_absent);
    CHECK(!iommu_props.is_incoherent);
    for (unsigned int i = 0; i < MODEL_UNITS; i++) {
        CHECK_EQ(model_units[i].status,
                 VTD_G_TE | VTD_G_RTP | VTD_G_QIE | VTD_G_IRE | VTD_G_IRTP);
        CHECK_EQ(model_units[i].fectl, 0);
        CHECK_EQ(model_units[i].fsts, 0);
        CHECK_EQ(model_units[i].pmen, 0);
        CHECK_EQ(model_units[i].fault_data, 0x51);
        CHECK_EQ(model_units[i].fault_addr, 0xfee23000);
        CHECK_EQ(model_units[i].fault_upper, 0x100);
    }
    CHECK_EQ(dma(0x10, 0x5000), STOPPED);
}

TEST(start_refused)
{
    set_up(MODEL_CAP, MODEL_ECAP);
    acpi_iommu.is_broken = true;
    CHECK(strstr(log_of_start(), "VT-d is not used"));

    set_up(UINT64_MAX, UINT64_MAX);
    CHECK(strstr(log_of_start(), "at 0xfed90000 does not answer"));

    set_up(MODEL_CAP, MODEL_ECAP & ~VTD_ECAP_QI);
    CHECK(strstr(log_of_start(), "no queued invalidation"));

    set_up(MODEL_CAP & ~VTD_CAP_SAGAW_48, MODEL_ECAP);
    CHECK(strstr(log_of_start(), "neither 3 nor 4 levels"));

    set_up(MODEL_CAP, MODEL_ECAP);
    model_units[1].cap ^= VTD_CAP_SAGAW_48 | VTD_CAP_SAGAW_39;
    CHECK(strstr(log_of_start(), "no page tables in common"));

    set_up(MODEL_CAP, MODEL_ECAP);
    model_units[1].is_deaf = true;
    CHECK(strstr(log_of_start(),
                 "unit at 0xfed91000 does not answer: invalidation"));

    set_up(MODEL_CAP, MODEL_ECAP);
    model_units[1].refuses = VTD_G_TE;
    CHECK(strstr(log_of_start(), "does not answer: translation on"));

    set_up(MODEL_CAP, MODEL_ECAP);
    acpi_iommu.unit_count = 0;
    CHECK(!start(true));
}

TEST(start_with_less)
{
    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(false));
    CHECK(!iommu_props.has_ir);
    CHECK_EQ(model_units[0].status & VTD_G_IRE, 0);

    set_up(MODEL_CAP, MODEL_ECAP);
    acpi_iommu.has_intr_remap = false;
    CHECK(start(true));
    CHECK(!iommu_props.has_ir);
    CHECK(strstr(fake_printed(), "no interrupt remapping"));

    set_up(MODEL_CAP, MODEL_ECAP);
    model_units[0].ecap &= ~VTD_ECAP_IR;
    CHECK(start(true));
    CHECK(!iommu_props.has_ir);
    CHECK_EQ(model_units[1].status & VTD_G_IRE, 0);

    set_up(MODEL_CAP, MODEL_ECAP);
    model_vector = 0;
    CHECK(start(true));
    CHECK(strstr(fake_printed(), "its faults are not reported"));

    set_up(MODEL_CAP, MODEL_ECAP);
    model_units[0].cap &= ~VTD_CAP_SLLPS_1G;
    model_units[1].ecap &= ~VTD_ECAP_C;
    CHECK(start(true));
    CHECK_EQ(iommu_props.max_order, 9);
    CHECK(iommu_props.is_incoherent);
    model_units[0].cap &= ~VTD_CAP_SLLPS_2M;
    CHECK(start(true));
    CHECK_EQ(iommu_props.max_order, 0);
}

/* --- DMA --- */

static void reach(uint64_t cap, uint64_t ecap)
{
    set_up(cap, ecap);
    CHECK(start(false));
    CHECK_EQ(dma(0x10, 0x5000), STOPPED);
    CHECK_EQ(dma(0x18, 0x5000), STOPPED);
    CHECK_EQ(iommu_ops->attach(0x10, &ctx), 0);
    CHECK_EQ(dma(0x10, 0x5123), STOPPED);
    map(5, 0x777, 0, RW);
    iommu_ctx_flush(&ctx);
    CHECK_EQ(dma(0x10, 0x5123), 0x777123);
    CHECK_EQ(dma(0x10, 0x6000), STOPPED);
    CHECK_EQ(dma(0x18, 0x5123), STOPPED);
    /* Another function, on another unit, sees the same. */
    CHECK_EQ(iommu_ops->attach(0x18, &ctx), 0);
    CHECK_EQ(dma(0x18, 0x5123), 0x777123);
    /* Moved, made read-only, taken away: after the flush at the latest. */
    map(5, 0x888, 0, RW);
    iommu_ctx_flush(&ctx);
    CHECK_EQ(dma(0x10, 0x5000), 0x888000);
    map(5, 0x888, 0, IOMMU_READ);
    iommu_ctx_flush(&ctx);
    CHECK_EQ(dma(0x18, 0x5000), STOPPED);
    CHECK_EQ(model_dma(&model_units[0], 0x10, 0x5000, false), 0x888000);
    map(5, 0, 0, 0);
    iommu_ctx_flush(&ctx);
    CHECK_EQ(model_dma(&model_units[0], 0x10, 0x5000, false), STOPPED);
    CHECK_EQ(model_dma(&model_units[1], 0x18, 0x5000, false), STOPPED);
    /* Large ones, and one page out of the middle. */
    map(0x200, 0x1000, 9, RW);
    iommu_ctx_flush(&ctx);
    CHECK_EQ(dma(0x10, 0x234567), 0x1034567);
    map(0x234, 0, 0, 0);
    iommu_ctx_flush(&ctx);
    CHECK_EQ(dma(0x10, 0x234567), STOPPED);
    CHECK_EQ(dma(0x10, 0x235567), 0x1035567);
    map(0x40000, 0x80000, 18, RW);
    iommu_ctx_flush(&ctx);
    CHECK_EQ(dma(0x18, 0x7fffffff), 0xbfffffff);
    /* Blocked again. */
    iommu_ops->detach(0x10);
    CHECK_EQ(dma(0x10, 0x235567), STOPPED);
    CHECK_EQ(dma(0x18, 0x235567), 0x1035567);
    iommu_ops->detach(0x10);
    iommu_ops->detach(0x20);
}

TEST(reach)
{
    reach(MODEL_CAP, MODEL_ECAP);
    CHECK_EQ(model_units[0].write_flushes, 0);
}

TEST(reach_incoherent)
{
    reach(MODEL_CAP, MODEL_ECAP & ~VTD_ECAP_C);
}

TEST(reach_caching_mode)
{
    reach(MODEL_CAP | VTD_CAP_CM, MODEL_ECAP);
}

TEST(reach_write_buffers)
{
    reach(MODEL_CAP | VTD_CAP_RWBF, MODEL_ECAP);
    CHECK(model_units[0].write_flushes > 5);
}

TEST(reach_three_levels)
{
    reach(MODEL_CAP ^ VTD_CAP_SAGAW_48 ^ VTD_CAP_SAGAW_39,
          MODEL_ECAP | VTD_ECAP_SC);
    CHECK_EQ(iommu_props.levels, 3);
    CHECK_EQ(iommu_map(&ctx, DFN(1ul << 27), MFN(1), 0, RW), -ERANGE);
}

TEST(reach_with_little)
{
    reach(MODEL_CAP & ~(VTD_CAP_PSI | VTD_CAP_DWD | VTD_CAP_DRD |
                        VTD_CAP_SLLPS_1G | VTD_CAP_SLLPS_2M), MODEL_ECAP);
}

TEST(what_is_flushed)
{
    static const struct {
        uint64_t first, nr, addr, am;
        unsigned int scope;
    } rows[] = {
        { 5, 1, 5, 0, VTD_SCOPE_PAGES },
        { 4, 2, 4, 1, VTD_SCOPE_PAGES },
        { 5, 2, 4, 2, VTD_SCOPE_PAGES },
        { 7, 2, 0, 4, VTD_SCOPE_PAGES },
        { 0x200, 0x200, 0x200, 9, VTD_SCOPE_PAGES },
        { 0x201, 0x200, 0, 0, VTD_SCOPE_DOMAIN },
        { 0, 1ul << 36, 0, 0, VTD_SCOPE_DOMAIN },
    };

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(false));
    CHECK_EQ(iommu_ops->attach(0x10, &ctx), 0);
    for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
        struct model_unit *const m = &model_units[0];
        const unsigned int before = m->commands;
        const unsigned int idle = model_units[1].commands;

        iommu_ops->flush(&ctx, DFN(rows[i].first), rows[i].nr);
        CHECK_EQ(m->commands, before + 1);
        CHECK_EQ(field_get(VTD_DESC_SCOPE, m->last.low), rows[i].scope);
        CHECK_EQ(field_get(VTD_DESC_DID, m->last.low), 1);
        CHECK_EQ(field_get(VTD_DESC_HIGH_ADDR, m->last.high), rows[i].addr);
        CHECK_EQ(field_get(VTD_DESC_HIGH_AM, m->last.high), rows[i].am);
        /* Nothing is attached to the other. */
        CHECK_EQ(model_units[1].commands, idle);
    }
    /* The queue goes round. */
    for (unsigned int i = 0; i < 1000; i++) {
        iommu_ops->flush(&ctx, DFN(i), 1);
    }
    CHECK_EQ(field_get(VTD_DESC_HIGH_ADDR, model_units[0].last.high), 999);
}

TEST(a_unit_that_fails)
{
    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(false));
    CHECK_EQ(iommu_ops->attach(0x10, &ctx), 0);
    model_units[0].is_deaf = true;
    CHECK(FAKE_PANICS(iommu_ops->flush(&ctx, DFN(5), 1)));

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(false));
    CHECK_EQ(iommu_ops->attach(0x10, &ctx), 0);
    model_units[0].fsts |= VTD_FSTS_IQE;
    CHECK(FAKE_PANICS(iommu_ops->flush(&ctx, DFN(5), 1)));
}

TEST(attach_limits)
{
    struct iommu_ctx other;

    set_up(MODEL_CAP & ~VTD_CAP_ND, MODEL_ECAP);
    CHECK(start(false));
    CHECK_EQ(iommu_ctx_init(&other, 16), 0);
    CHECK_EQ(iommu_ops->attach(0x10, &other), -ENOSPC);
    CHECK_EQ(iommu_ops->attach(PCI_SBDF(1, 0, 2, 0), &ctx), -ENODEV);
    iommu_ops->detach(PCI_SBDF(1, 0, 2, 0));
}

TEST(scopes)
{
    set_up(MODEL_CAP, MODEL_ECAP);
    /* A path over two bridges; one that leads nowhere; other segments. */
    add_scope(1, ACPI_SCOPE_DEVICE, 0, 2, 0x08, 0x20);
    add_scope(1, ACPI_SCOPE_DEVICE, 0, 2, 0x10, 0x20);
    add_scope(1, ACPI_SCOPE_BRIDGE, 0, 0, 0x30, -1);
    CHECK(start(false));
    CHECK(vtd_scope_find(PCI_SBDF(0, 0, 2, 0)) == &vtd_units[0]);
    CHECK(vtd_scope_find(PCI_SBDF(0, 0, 2, 1)) == &vtd_units[1]);
    CHECK(vtd_scope_find(PCI_SBDF(0, 0, 0x1c, 0)) == &vtd_units[0]);
    CHECK(vtd_scope_find(PCI_SBDF(0, 2, 0, 0)) == &vtd_units[0]);
    CHECK(vtd_scope_find(PCI_SBDF(0, 4, 31, 7)) == &vtd_units[0]);
    CHECK(vtd_scope_find(PCI_SBDF(0, 5, 0, 0)) == &vtd_units[1]);
    CHECK(vtd_scope_find(PCI_SBDF(0, 0, 6, 0)) == &vtd_units[1]);
    CHECK(vtd_scope_find(PCI_SBDF(1, 0, 2, 0)) == NULL);
}

/* --- interrupts --- */

static void interrupts(uint32_t apic_id)
{
    struct iommu_ir ir = { .sbdf = 0x18, .index = IOMMU_IR_NONE };
    struct iommu_ir second = ir;
    struct iommu_ir_target t = { .apic_id = apic_id, .vector = 0x61 };
    struct model_unit *const m = &model_units[1];
    struct iommu_ir_message msg, old;
    uint8_t vector;
    uint32_t id;

    CHECK(start(true));
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), 0);
    CHECK_EQ(model_interrupt(m, 0x18, msg.addr, msg.data, &id, &vector), 0);
    CHECK_EQ(id, apic_id);
    CHECK_EQ(vector, 0x61);
    /* It moves without the device knowing. */
    old = msg;
    t.vector = 0x71;
    t.apic_id = 3;
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), 0);
    CHECK_EQ(msg.addr, old.addr);
    CHECK_EQ(msg.data, old.data);
    CHECK_EQ(model_interrupt(m, 0x18, msg.addr, msg.data, &id, &vector), 0);
    CHECK_EQ(id, 3);
    CHECK_EQ(vector, 0x71);
    CHECK_EQ(iommu_ops->ir_set(&second, &t, &msg), 0);
    CHECK(ir.index != second.index);
    /* What a device could try. */
    CHECK_EQ(model_interrupt(m, 0x19, old.addr, 0, &id, &vector), 0x26);
    CHECK_EQ(model_interrupt(m, 0x18, 0xfee00000, 0x31, &id, &vector), 0x25);
    CHECK_EQ(model_interrupt(m, 0x18, old.addr, 2, &id, &vector), 0x22);
    CHECK_EQ(model_interrupt(m, 0x18, old.addr, 0xffff, &id, &vector), 0x21);
    iommu_ops->ir_clear(&ir);
    CHECK_EQ(ir.index, IOMMU_IR_NONE);
    CHECK_EQ(model_interrupt(m, 0x18, old.addr, 0, &id, &vector), 0x22);
    iommu_ops->ir_clear(&ir);
}

TEST(interrupts)
{
    set_up(MODEL_CAP, MODEL_ECAP);
    interrupts(0xab);
}

TEST(interrupts_incoherent_x2apic)
{
    set_up(MODEL_CAP, MODEL_ECAP & ~VTD_ECAP_C);
    model_x2apic = true;
    interrupts(0x12345);
    CHECK(model_units[0].irta & VTD_IRTA_EIME);
}

TEST(interrupts_of_an_ioapic)
{
    struct iommu_ir ir = { .is_ioapic = true, .ioapic_id = 8,
                           .index = IOMMU_IR_NONE };
    const struct iommu_ir_target t = { .apic_id = 1, .vector = 0x62,
                                       .is_level = true };
    struct iommu_ir_message msg;
    uint8_t vector;
    uint32_t id;
    uint64_t addr;

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(true));
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), 0);
    CHECK_EQ(field_get(VTD_RTE_VECTOR, msg.rte), 0x62);
    /* No bits but the index, and of these none that the caller adds. */
    CHECK_EQ(msg.rte & 0x0000fffffffff700, 0);
    CHECK(vtd_units[0].irt[ir.index].low & VTD_IRTE_LOW_LEVEL);
    /* An I/O APIC makes this of it. */
    addr = 0xfee00000 | (msg.rte >> 48 & 0xffff) << 4 | (msg.rte >> 11 & 1)
                                                            << 2;
    vtd_units[0].irt[ir.index].low &= ~VTD_IRTE_LOW_LEVEL;
    CHECK_EQ(model_interrupt(&model_units[0], 0xf0f8, addr, 0x62, &id,
                             &vector), 0);
    CHECK_EQ(vector, 0x62);
    ir.index = IOMMU_IR_NONE;
    ir.ioapic_id = 9;
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), -ENODEV);
}

TEST(interrupts_behind_bridges)
{
    static struct pci_dev bridge = {
        .sbdf = PCI_SBDF(0, 0, 0x1c, 0), .header = PCI_HEADER_BRIDGE,
        .pcie_cap = 0x40,
    };
    static struct pci_dev old_bridge = {
        .sbdf = PCI_SBDF(0, 2, 1, 0), .header = PCI_HEADER_BRIDGE,
    };
    static struct pci_dev dev = { .sbdf = PCI_SBDF(0, 3, 4, 0) };
    const struct iommu_ir_target t = { .apic_id = 1, .vector = 0x62 };
    struct iommu_ir ir = { .sbdf = dev.sbdf, .index = IOMMU_IR_NONE };
    struct model_unit *const m = &model_units[0];
    struct iommu_ir_message msg;
    uint8_t vector;
    uint32_t id;

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(true));
    list_add(&bridge.link, &pci_devices);
    list_add(&old_bridge.link, &pci_devices);
    list_add(&dev.link, &pci_devices);
    /* Conventional up to bus 2, where PCI Express begins. */
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), 0);
    CHECK_EQ(model_interrupt(m, 0x200, msg.addr, 0, &id, &vector), 0);
    CHECK_EQ(model_interrupt(m, 0x320, msg.addr, 0, &id, &vector), 0x26);
    CHECK_EQ(model_interrupt(m, 0xe0, msg.addr, 0, &id, &vector), 0x26);
    iommu_ops->ir_clear(&ir);
    /* Conventional to the root. */
    bridge.pcie_cap = 0;
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), 0);
    CHECK_EQ(model_interrupt(m, 0xe0, msg.addr, 0, &id, &vector), 0);
    CHECK_EQ(model_interrupt(m, 0x200, msg.addr, 0, &id, &vector), 0x26);
    iommu_ops->ir_clear(&ir);
    /* PCI Express to the device. */
    dev.pcie_cap = 0x40;
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), 0);
    CHECK_EQ(model_interrupt(m, 0x320, msg.addr, 0, &id, &vector), 0);
    CHECK_EQ(model_interrupt(m, 0x200, msg.addr, 0, &id, &vector), 0x26);
    list_init(&pci_devices);
}

TEST(interrupt_table_is_full)
{
    static struct iommu_ir all[VTD_IR_ENTRIES + 1];
    const struct iommu_ir_target t = { .apic_id = 1, .vector = 0x62 };
    const struct iommu_ir_target far = { .apic_id = 256, .vector = 0x62 };
    struct iommu_ir_message msg;

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(true));
    for (unsigned int i = 0; i <= VTD_IR_ENTRIES; i++) {
        all[i].sbdf = 0x18;
        all[i].index = IOMMU_IR_NONE;
        CHECK_EQ(iommu_ops->ir_set(&all[i], &t, &msg),
                 i < VTD_IR_ENTRIES ? 0 : -ENOSPC);
    }
    iommu_ops->ir_clear(&all[77]);
    CHECK_EQ(iommu_ops->ir_set(&all[VTD_IR_ENTRIES], &t, &msg), 0);
    CHECK_EQ(all[VTD_IR_ENTRIES].index, 77);
    CHECK_EQ(iommu_ops->ir_set(&all[5], &far, &msg), -ERANGE);
}

/* --- faults --- */

TEST(faults)
{
    struct model_unit *const m = &model_units[0];
    uint8_t vector;
    uint32_t id;

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(true));
    CHECK_EQ(dma(0x10, 0x5123), STOPPED);
    CHECK_EQ(m->interrupts, 1);
    CHECK_EQ(iommu_ops->fault_drain(true), 1);
    CHECK_EQ(model_faults[0].sbdf, 0x10);
    CHECK_EQ(model_faults[0].addr, 0x5000);
    CHECK(model_faults[0].is_write);
    CHECK(!model_faults[0].is_interrupt);
    CHECK_STR(model_faults[0].reason, "nothing of this bus is attached");

    CHECK_EQ(iommu_ops->attach(0x10, &ctx), 0);
    CHECK_EQ(model_dma(m, 0x10, 0x123456789000, false), STOPPED);
    CHECK_EQ(model_interrupt(m, 0x10, 0xfee00070, 0, &id, &vector), 0x22);
    CHECK_EQ(m->interrupts, 2);
    CHECK_EQ(iommu_ops->fault_drain(true), 2);
    CHECK_EQ(model_faults[1].addr, 0x123456789000);
    CHECK(!model_faults[1].is_write);
    CHECK_STR(model_faults[1].reason, "no mapping for reading");
    CHECK(model_faults[2].is_interrupt);
    CHECK_EQ(model_faults[2].addr, 0xfee00070);
    CHECK_STR(model_faults[2].reason, "interrupt is not set up");
    CHECK_EQ(iommu_ops->fault_drain(true), 0);
}

TEST(faults_overflow)
{
    struct model_unit *const m = &model_units[0];

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(true));
    for (unsigned int i = 0; i < MODEL_RECORDS + 3; i++) {
        CHECK_EQ(dma(0x10, i << 12), STOPPED);
    }
    CHECK(m->fsts & VTD_FSTS_PFO);
    CHECK_EQ(iommu_ops->fault_drain(false), MODEL_RECORDS);
    CHECK_EQ(m->fsts & (VTD_FSTS_PFO | VTD_FSTS_PPF), 0);
    CHECK_EQ(m->fectl, VTD_FECTL_IM);
    CHECK_EQ(iommu_ops->fault_drain(true), 0);
    CHECK_EQ(m->fectl, 0);
    /* It records again; a reason of a later manual has no name. */
    CHECK_EQ(dma(0x10, 0x5000), STOPPED);
    m->record[(m->next_record + MODEL_RECORDS - 1) % MODEL_RECORDS][1] |=
        field_prep(VTD_FRCD_HIGH_FR, 0xfe);
    model_fault_count = 0;
    CHECK_EQ(iommu_ops->fault_drain(true), 1);
    CHECK_STR(model_faults[0].reason, "unknown reason");
}

TEST(dump)
{
    struct iommu_ir ir = { .sbdf = 0x10, .index = IOMMU_IR_NONE };
    const struct iommu_ir_target t = { .apic_id = 1, .vector = 0x62 };
    struct iommu_ir_message msg;
    const char *text;

    set_up(MODEL_CAP, MODEL_ECAP);
    CHECK(start(true));
    CHECK_EQ(iommu_ops->attach(0x10, &ctx), 0);
    CHECK_EQ(iommu_ops->ir_set(&ir, &t, &msg), 0);
    (void)fake_printed();
    iommu_ops->dump();
    text = fake_printed();
    CHECK(strstr(text, "VT-d unit at 0xfed90000, version 1.0, segment 0"));
    CHECK(strstr(text, "0000:00:02.0: domain id 1"));
    CHECK(strstr(text, "interrupt 0 of 0000:00:02.0: vector 0x62"));
}
