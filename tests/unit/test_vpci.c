/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space of the hardware domain over two fake devices: scan,
 * sizing, mapping of BARs, MSI and MSI-X up to the message that reaches the
 * guest.
 * Links: core core/vpci/vpci.c core/vpci/vpci_header.c core/vpci/vpci_msi.c
 * Links: core/vpci/vpci_msix.c core/domain/pirq.c core/lib/rangeset.c
 * Links: drivers/pci/pci_cfg.c drivers/pci/pci_scan.c drivers/pci/pci_bar.c
 * Links: drivers/pci/pci_cap.c drivers/pci/msi.c drivers/irq/irq.c
 * Links: drivers/irq/ioapic.c drivers/irq/i8259.c drivers/acpi/acpi_madt.c
 * Links: drivers/acpi/acpi_tables.c
 */
#include <string.h>

#include <core/arch/arch_irq.h>
#include <core/arch/arch_mm.h>
#include <core/arch/arch_p2m.h>
#include <core/domain/domain.h>
#include <core/domain/pirq.h>
#include <core/lib/errno.h>
#include <core/lib/rangeset.h>
#include <core/vpci/vpci.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/iommu/iommu.h>
#include <drivers/acpi/acpi_mcfg.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/msi.h>
#include <drivers/pci/pci.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define BAR0 0xfeb00000u
#define BAR0_SIZE 0x4000u
#define BAR2 0x800000000u
#define BAR2_SIZE 0x10000u
#define MSI_CAP 0x50u
#define MSIX_CAP 0x70u
#define MSIX_VECTORS 4u
#define MSIX_AT (BAR2 + 0x3000u) /* Table: the fourth page of BAR 2 */

struct acpi_mcfg acpi_mcfg;
struct acpi_iommu acpi_iommu;

static uint8_t cfg[256];        /* 00:03.0; 00:04.0 is hidden */
static uint32_t latch;
static uint8_t table_page[PAGE_SIZE] __aligned(16);

/* --- a fake device --- */

static uint32_t bar_mask(unsigned int reg)
{
    switch (reg) {
    case 0x10: return ~(BAR0_SIZE - 1u);
    case 0x18: return ~(BAR2_SIZE - 1u);
    case 0x1c: return ~0u;
    default: return 0;
    }
}

static uint32_t io_in(uint16_t port, unsigned int bytes)
{
    const unsigned int reg = (latch & 0xfc) + (port & 3);
    uint32_t val = 0;

    if (port < 0xcfc || port > 0xcff) {
        return 0xffffffff;
    }
    if ((latch & 0x00ffff00) >> 8 == (4u << 3)) {
        return reg < 4 ? 0x56781234u : 0;
    }
    if ((latch & 0x00ffff00) >> 8 != (3u << 3)) {
        return 0xffffffff;
    }
    memcpy(&val, cfg + reg, bytes);
    return val;
}

static void io_out(uint16_t port, unsigned int bytes, uint32_t val)
{
    const unsigned int reg = (latch & 0xfc) + (port & 3);
    uint32_t old;

    if (port == 0xcf8) {
        latch = val;
        return;
    }
    if (port < 0xcfc || port > 0xcff ||
        (latch & 0x00ffff00) >> 8 != (3u << 3) || reg < 4) {
        return;
    }
    if (reg >= 0x10 && reg < 0x34) {
        memcpy(&old, cfg + reg, 4);
        val = (val & bar_mask(reg)) | (reg == 0x18 ? 0xcu : 0);
    }
    memcpy(cfg + reg, &val, bytes);
}

static void put16(unsigned int reg, uint16_t val)
{
    memcpy(cfg + reg, &val, 2);
}

static void put32(unsigned int reg, uint32_t val)
{
    memcpy(cfg + reg, &val, 4);
}

static void device_reset(void)
{
    memset(cfg, 0, sizeof(cfg));
    put16(0x00, 0x8086);
    put16(0x02, 0x1234);
    put16(0x04, PCI_COMMAND_MEMORY);
    put16(0x06, PCI_STATUS_CAPS);
    put32(0x08, 0x01080200);
    put32(0x10, BAR0);
    put32(0x18, (uint32_t)BAR2 | 0xc);
    put32(0x1c, (uint32_t)(BAR2 >> 32));
    cfg[0x34] = MSI_CAP;
    cfg[MSI_CAP] = PCI_CAP_MSI;
    cfg[MSI_CAP + 1] = MSIX_CAP;
    put16(MSI_CAP + 2, (uint16_t)(MSI_CONTROL_64 | 0x6)); /* Eight vectors */
    cfg[MSIX_CAP] = PCI_CAP_MSIX;
    cfg[MSIX_CAP + 1] = MSI_CAP;                          /* A loop */
    put16(MSIX_CAP + 2, MSIX_VECTORS - 1);
    put32(MSIX_CAP + 4, 0x3000 | 2);
    put32(MSIX_CAP + 8, 0x3800 | 2);
}

/* --- the rest of the machine --- */

static struct {
    uint64_t gfn, mfn, nr;
    bool on;
} maps[32];
static unsigned int map_count;

static void note_map(uint64_t gfn, uint64_t mfn, uint64_t nr, bool on)
{
    if (map_count < 32) {
        maps[map_count].gfn = gfn;
        maps[map_count].mfn = mfn;
        maps[map_count].nr = nr;
        maps[map_count].on = on;
        map_count++;
    }
}

int p2m_map_range(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned long nr,
                  enum p2m_type type)
{
    CHECK_EQ(type, P2M_MMIO_DIRECT);
    note_map(gfn_x(gfn), mfn_x(mfn), nr, true);
    return 0;
}

int p2m_unmap_range(struct domain *d, gfn_t gfn, unsigned long nr)
{
    note_map(gfn_x(gfn), 0, nr, false);
    return 0;
}

int p2m_unmap(struct domain *d, gfn_t gfn, unsigned int order)
{
    note_map(gfn_x(gfn), 0, 1, false);
    return 0;
}

/* The last word said about a frame. */
static bool is_mapped(uint64_t gfn)
{
    for (unsigned int i = map_count; i-- > 0;) {
        if (gfn >= maps[i].gfn && gfn < maps[i].gfn + maps[i].nr) {
            return maps[i].on;
        }
    }
    return false;
}

struct p2m_entry p2m_lookup(const struct domain *d, gfn_t gfn)
{
    return (struct p2m_entry){
        .mfn = MFN(gfn_x(gfn)),
        .type = is_mapped(gfn_x(gfn)) ? P2M_MMIO_DIRECT : P2M_NONE,
    };
}

/* An IOMMU that remaps interrupts, with one entry. */
struct iommu_props iommu_props;
static struct iommu_ir_target ir_target;
static unsigned int ir_sets;
static unsigned int ir_clears;
static pci_sbdf_t ir_sbdf;

void iommu_device_add(pci_sbdf_t sbdf)
{
}

void iommu_device_remove(pci_sbdf_t sbdf)
{
}

int iommu_ir_set(struct iommu_ir *ir, const struct iommu_ir_target *target_,
                 struct iommu_ir_message *msg)
{
    if (ir_sets == 0) {
        CHECK_EQ(ir->index, IOMMU_IR_NONE);
    }
    ir_sets++;
    ir_sbdf = ir->sbdf;
    ir_target = *target_;
    ir->index = 77;
    msg->addr = 0xfee00010;
    msg->data = 77;
    return 0;
}

void iommu_ir_clear(struct iommu_ir *ir)
{
    if (ir->index != IOMMU_IR_NONE) {
        CHECK_EQ(ir->index, 77);
        ir_clears++;
    }
}

static unsigned int eois;
static uint64_t got_addr;
static uint32_t got_data;
static unsigned int delivered;

void *arch_mm_ioremap(paddr_t pa, size_t bytes)
{
    return pa == (MSIX_AT & PAGE_MASK) ? table_page : NULL;
}

void arch_irq_set_dispatch(arch_irq_fn *fn)
{
}

void arch_irq_eoi(void)
{
    eois++;
}

uint32_t arch_cpu_apic_id(unsigned int cpu)
{
    return cpu * 4;
}

void arch_domain_assert_gsi(struct domain *d, unsigned int gsi)
{
}

void arch_domain_deliver_msi(struct domain *d, uint64_t addr, uint32_t data)
{
    got_addr = addr;
    got_data = data;
    delivered++;
}

static struct vcpu target;
static bool has_target;

struct vcpu *arch_domain_msi_target(struct domain *d, uint64_t addr,
                                    uint32_t data)
{
    return has_target ? &target : NULL;
}

/* --- */

static struct domain dom;
static struct rangeset mmio_ok;
static struct range_pool pool;
static struct range ranges[16];
static const pci_sbdf_t dev = PCI_SBDF(0, 0, 3, 0);

static uint32_t rd(unsigned int reg, unsigned int size)
{
    return vpci_read(&dom, dev, reg, size);
}

static void wr(unsigned int reg, unsigned int size, uint32_t val)
{
    vpci_write(&dom, dev, reg, size, val);
}

static void set_up(void)
{
    static bool is_done;

    fake_init(2);
    fake_io_in = io_in;
    fake_io_out = io_out;
    if (is_done) {
        return;
    }
    is_done = true;
    fake_memory(160);
    device_reset();
    range_pool_init(&pool, ranges, 16);
    rangeset_init(&mmio_ok, &range_pool_ops, &pool);
    CHECK_EQ(rangeset_add(&mmio_ok, 0x80000, ~UINT64_C(0) >> 12), 0);
    dom.mmio_ok = &mmio_ok;
    CHECK_EQ(irq_cpu_init(0), 0);
    CHECK_EQ(irq_cpu_init(1), 0);
    pci_hide(PCI_SBDF(0, 0, 4, 0));
    pci_scan();
    CHECK_EQ(pirq_domain_init(&dom), 0);
    REQUIRE(vpci_domain_init(&dom) == 0);
}

TEST(scan_and_sizing)
{
    const struct pci_dev *p;

    set_up();
    p = pci_find(dev);
    REQUIRE(p != NULL);
    CHECK_EQ(p->class_code, 0x010802);
    CHECK_EQ(p->region[0].kind, PCI_REGION_MEM32);
    CHECK_EQ(p->region[0].addr, BAR0);
    CHECK_EQ(p->region[0].size, BAR0_SIZE);
    CHECK_EQ(p->region[2].kind, PCI_REGION_MEM64);
    CHECK_EQ(p->region[2].addr, BAR2);
    CHECK_EQ(p->region[2].size, BAR2_SIZE);
    CHECK_EQ(p->region[3].kind, PCI_REGION_MEM64_HIGH);
    CHECK_EQ(p->msi_cap, MSI_CAP);
    CHECK_EQ(p->msix_cap, MSIX_CAP);
    CHECK_EQ(pci_cap_find(dev, 0x33), 0);
    CHECK_EQ(pci_bar_size_mem(0, 0, false), 0);
    CHECK_EQ(pci_bar_size_mem(0x4, 0xfffffff0, true), UINT64_C(16) << 32);
}

TEST(what_the_guest_sees)
{
    set_up();
    CHECK_EQ(rd(0, 4), 0x12348086);
    CHECK_EQ(vpci_read(&dom, PCI_SBDF(0, 0, 4, 0), 0, 4), 0xffffffff);
    CHECK_EQ(vpci_read(&dom, PCI_SBDF(0, 0, 5, 0), 0, 4), 0xffffffff);
    vpci_port_write(&dom, 0xcf8, 4, 0x80001800);
    CHECK_EQ(vpci_port_read(&dom, 0xcf8, 4), 0x80001800);
    CHECK_EQ(vpci_port_read(&dom, 0xcfe, 2), 0x1234);
    CHECK_EQ(vpci_port_read(&dom, 0xcfd, 1), 0x80);
    CHECK_EQ(vpci_port_read(&dom, 0xcfd, 4), 0xffffffff);
    /* The table's page is trapped, all else is mapped. */
    CHECK(is_mapped(BAR0 >> 12));
    CHECK(is_mapped(BAR2 >> 12));
    CHECK(!is_mapped(MSIX_AT >> 12));
    CHECK(is_mapped((BAR2 >> 12) + 15));
    CHECK(vpci_msix_accept(&dom, MSIX_AT + 0x800));
    CHECK(!vpci_msix_accept(&dom, MSIX_AT + 0x1000));
}

TEST(guest_sizes_and_moves_a_bar)
{
    set_up();
    wr(0x10, 4, 0xffffffff); /* In use: ignored. */
    CHECK_EQ(rd(0x10, 4), BAR0);
    wr(0x04, 2, 0);
    wr(0x10, 4, 0xffffffff);
    CHECK_EQ(rd(0x10, 4), ~(BAR0_SIZE - 1u));
    wr(0x10, 4, BAR0);
    wr(0x04, 2, PCI_COMMAND_MEMORY);
    CHECK(is_mapped(BAR0 >> 12));
    wr(0x04, 2, 0);
    wr(0x10, 4, 0xfe000000);
    wr(0x04, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    CHECK(!is_mapped(BAR0 >> 12));
    CHECK(is_mapped(0xfe000));
    CHECK_EQ(rd(0x04, 2), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    /* Where RAM may be, nothing is mapped. */
    wr(0x04, 2, 0);
    wr(0x10, 4, 0x01000000);
    wr(0x04, 2, PCI_COMMAND_MEMORY);
    CHECK(!is_mapped(0x1000));
    wr(0x04, 2, 0);
    wr(0x10, 4, BAR0);
    wr(0x04, 2, PCI_COMMAND_MEMORY);
    CHECK(is_mapped(BAR0 >> 12));
}

static uint32_t hw32(unsigned int reg)
{
    uint32_t v;

    memcpy(&v, cfg + reg, 4);
    return v;
}

TEST(msi)
{
    uint8_t vector;

    set_up();
    /* One vector is offered, of eight. */
    CHECK_EQ(rd(MSI_CAP + 2, 2), MSI_CONTROL_64);
    wr(MSI_CAP + 4, 4, 0xfee01000);
    wr(MSI_CAP + 8, 4, 0);
    wr(MSI_CAP + 12, 2, 0x4123);
    CHECK_EQ(rd(MSI_CAP + 4, 4), 0xfee01000);
    wr(MSI_CAP + 2, 2, MSI_CONTROL_ENABLE);
    CHECK_EQ(rd(MSI_CAP, 4), (MSI_CONTROL_64 | MSI_CONTROL_ENABLE) << 16 |
             MSIX_CAP << 8 | PCI_CAP_MSI);
    CHECK_EQ(hw32(MSI_CAP + 4), 0xfee00000);
    vector = cfg[MSI_CAP + 12];
    CHECK(vector >= ARCH_IRQ_FIRST && vector <= ARCH_IRQ_LAST);
    CHECK(cfg[MSI_CAP + 2] & MSI_CONTROL_ENABLE);

    delivered = 0;
    eois = 0;
    irq_dispatch(vector);
    CHECK_EQ(delivered, 1);
    CHECK_EQ(eois, 1);
    CHECK_EQ(got_addr, 0xfee01000);
    CHECK_EQ(got_data, 0x4123);
    wr(MSI_CAP + 12, 2, 0x33);
    irq_dispatch(vector);
    CHECK_EQ(got_data, 0x33);

    /* The target moves to CPU 1: so does the next message. */
    has_target = true;
    target.sched.cpu = 1;
    irq_dispatch(vector);
    CHECK_EQ(hw32(MSI_CAP + 4), 0xfee04000);
    CHECK_EQ(cfg[MSI_CAP + 12], vector);
    irq_dispatch(vector); /* One that was on its way to CPU 0. */
    CHECK_EQ(delivered, 4);
    fake_set_cpu(1);
    irq_dispatch(vector);
    CHECK_EQ(delivered, 5);
    fake_set_cpu(0);
    irq_dispatch(vector); /* That one was late. */
    CHECK_EQ(delivered, 6);
    has_target = false;

    wr(MSI_CAP + 2, 2, 0);
    CHECK(!(cfg[MSI_CAP + 2] & MSI_CONTROL_ENABLE));
    fake_set_cpu(1);
    irq_dispatch(vector);
    CHECK_EQ(delivered, 6);
}

/* The device gets the entry's message once; moves are the entry's. */
TEST(msi_remapped)
{
    set_up();
    iommu_props.has_ir = true;
    ir_sets = 0;
    ir_clears = 0;
    wr(MSI_CAP + 4, 4, 0xfee01000);
    wr(MSI_CAP + 12, 2, 0x4123);
    wr(MSI_CAP + 2, 2, MSI_CONTROL_ENABLE);
    CHECK_EQ(hw32(MSI_CAP + 4), 0xfee00010);
    CHECK_EQ(cfg[MSI_CAP + 12], 77);
    CHECK_EQ(ir_sets, 1);
    CHECK_EQ(ir_sbdf, dev);
    CHECK_EQ(ir_target.apic_id, 0);
    put32(MSI_CAP + 4, 0x12345678);
    has_target = true;
    target.sched.cpu = 1;
    irq_dispatch(ir_target.vector);
    CHECK_EQ(ir_sets, 2);
    CHECK_EQ(ir_target.apic_id, 4);
    CHECK_EQ(hw32(MSI_CAP + 4), 0x12345678);
    has_target = false;
    CHECK_EQ(ir_clears, 0);
    wr(MSI_CAP + 2, 2, 0);
    CHECK_EQ(ir_clears, 1);
    iommu_props.has_ir = false;
}

static uint32_t entry32(unsigned int i, unsigned int off)
{
    uint32_t v;

    memcpy(&v, table_page + i * 16 + off, 4);
    return v;
}

TEST(msix)
{
    uint8_t vector;

    set_up();
    CHECK_EQ(rd(MSIX_CAP + 2, 2), MSIX_VECTORS - 1);
    wr(MSIX_CAP + 2, 2, MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK_ALL);
    vpci_msix_mmio_write(&dom, MSIX_AT + 16, 8, 0xfee02000);
    vpci_msix_mmio_write(&dom, MSIX_AT + 24, 4, 0x77);
    vpci_msix_mmio_write(&dom, MSIX_AT + 28, 4, 0);
    CHECK_EQ(vpci_msix_mmio_read(&dom, MSIX_AT + 16, 8), 0xfee02000);
    CHECK_EQ(vpci_msix_mmio_read(&dom, MSIX_AT + 24, 8), 0x77);
    CHECK_EQ(vpci_msix_mmio_read(&dom, MSIX_AT + 12, 4), 1);
    CHECK_EQ(entry32(1, 12), 1);
    wr(MSIX_CAP + 2, 2, MSIX_CONTROL_ENABLE);
    CHECK_EQ(entry32(1, 12), 0);
    CHECK_EQ(entry32(0, 12), 1);
    CHECK_EQ(entry32(1, 0), 0xfee00000);
    vector = (uint8_t)entry32(1, 8);

    delivered = 0;
    irq_dispatch(vector);
    CHECK_EQ(delivered, 1);
    CHECK_EQ(got_data, 0x77);
    vpci_msix_mmio_write(&dom, MSIX_AT + 28, 4, 1);
    CHECK_EQ(entry32(1, 12), 1);
    vpci_msix_mmio_write(&dom, MSIX_AT + 24, 4, 0x78);
    vpci_msix_mmio_write(&dom, MSIX_AT + 28, 4, 0);
    CHECK_EQ(entry32(1, 12), 0);
    irq_dispatch(vector);
    CHECK_EQ(got_data, 0x78);

    /* Beside the table: the device's own. */
    table_page[0x800] = 2;
    CHECK_EQ(vpci_msix_mmio_read(&dom, MSIX_AT + 0x800, 8), 2);
    vpci_msix_mmio_write(&dom, MSIX_AT + 0x900, 4, 0x1234);
    CHECK_EQ(table_page[0x901], 0x12);
    CHECK_EQ(vpci_msix_mmio_read(&dom, MSIX_AT + 17, 4), ~UINT64_C(0));

    wr(MSIX_CAP + 2, 2, 0);
    CHECK_EQ(entry32(1, 12), 1);
    irq_dispatch(vector);
    CHECK_EQ(delivered, 2);
}

TEST(device_goes_and_comes_back)
{
    const struct pci_dev *p;

    set_up();
    p = pci_find(dev);
    REQUIRE(p != NULL);
    CHECK_EQ(vpci_device_remove(&dom, dev), 0);
    CHECK(pci_find(dev) == NULL);
    CHECK(!vpci_msix_accept(&dom, MSIX_AT));
    CHECK_EQ(rd(0, 4), 0x12348086);
    /* The kernel sizes a BAR before it reports the device. */
    wr(0x04, 2, 0);
    CHECK(pci_find(dev) == p);
    wr(0x10, 4, 0xffffffff);
    CHECK_EQ(rd(0x10, 4), ~(BAR0_SIZE - 1u));
    wr(0x10, 4, BAR0);
    CHECK_EQ(vpci_device_add(&dom, dev), 0);
    wr(0x04, 2, PCI_COMMAND_MEMORY);
    CHECK(is_mapped(BAR0 >> 12));
    CHECK(vpci_msix_accept(&dom, MSIX_AT));
    CHECK(!is_mapped(MSIX_AT >> 12));
    /* Once more from the start: the table is still not the guest's. */
    wr(MSIX_CAP + 2, 2, MSIX_CONTROL_ENABLE);
    vpci_msix_mmio_write(&dom, MSIX_AT + 28, 4, 0);
    CHECK_EQ(entry32(1, 12), 0);
    CHECK_EQ(vpci_domain_init(&dom), 0);
    CHECK_EQ(entry32(1, 12), 1);
    CHECK_EQ(rd(MSIX_CAP + 2, 2), MSIX_VECTORS - 1);
    CHECK(vpci_msix_accept(&dom, MSIX_AT));
    CHECK_EQ(vpci_device_add(&dom, PCI_SBDF(0, 0, 9, 0)), -ENODEV);
    CHECK_EQ(vpci_device_remove(&dom, PCI_SBDF(0, 0, 9, 0)), -ENODEV);
}
