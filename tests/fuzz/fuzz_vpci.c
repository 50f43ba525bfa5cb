/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile kernel at its PCI devices: random accesses of every kind to a
 * device with MSI and MSI-X, whose registers keep what they are given.
 * Links: core/vpci/vpci.c core/vpci/vpci_header.c core/vpci/vpci_msi.c
 * Links: core/vpci/vpci_msix.c core/lib/rangeset.c drivers/pci/pci_cfg.c
 * Links: drivers/pci/pci_scan.c drivers/pci/pci_bar.c drivers/pci/pci_cap.c
 * Links: drivers/pci/msi.c
 */
#include <stdlib.h>
#include <string.h>

#include <core/arch/arch_io.h>
#include <core/arch/arch_mm.h>
#include <core/arch/arch_p2m.h>
#include <core/console/printk.h>
#include <core/domain/domain.h>
#include <core/domain/pirq.h>
#include <core/kernel/bug.h>
#include <core/lib/rangeset.h>
#include <core/mm/slab.h>
#include <core/vpci/vpci.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/iommu/iommu.h>
#include <drivers/acpi/acpi_mcfg.h>
#include <drivers/pci/msi.h>
#include <drivers/pci/pci.h>
#include <tests/fuzz/fuzz.h>

#define BAR 0xfeb00000u
#define BAR_SIZE 0x4000u
#define MSI_AT 0x50u
#define MSIX_AT 0x70u
#define VECTORS 8u
#define RANGES 64u

struct acpi_mcfg acpi_mcfg;
struct acpi_iommu acpi_iommu;

static uint8_t cfg[256];
static uint32_t latch;
static uint8_t *table_page;
static unsigned int bound;

/* --- the machine --- */

static bool is_ours(void)
{
    return (latch & 0xffff00) >> 8 == 3u << 3;
}

uint8_t arch_io_in8(uint16_t port)
{
    return is_ours() ? cfg[(latch & 0xfc) + (port & 3)] : 0xff;
}

uint16_t arch_io_in16(uint16_t port)
{
    return (uint16_t)(arch_io_in8(port) | arch_io_in8((uint16_t)(port + 1)) << 8);
}

uint32_t arch_io_in32(uint16_t port)
{
    return arch_io_in16(port) |
           (uint32_t)arch_io_in16((uint16_t)(port + 2)) << 16;
}

void arch_io_out8(uint16_t port, uint8_t val)
{
    const unsigned int reg = (latch & 0xfc) + (port & 3);

    if (!is_ours() || reg < 4 || (reg >= MSIX_AT + 2 && reg < 0x7c)) {
        return;
    }
    cfg[reg] = val;
    if (reg >= 0x10 && reg < 0x14) {
        uint32_t bar;

        memcpy(&bar, cfg + 0x10, 4);
        bar &= ~(BAR_SIZE - 1u);
        memcpy(cfg + 0x10, &bar, 4);
    }
}

void arch_io_out16(uint16_t port, uint16_t val)
{
    arch_io_out8(port, (uint8_t)val);
    arch_io_out8((uint16_t)(port + 1), (uint8_t)(val >> 8));
}

void arch_io_out32(uint16_t port, uint32_t val)
{
    if (port == 0xcf8) {
        latch = val;
        return;
    }
    arch_io_out16(port, (uint16_t)val);
    arch_io_out16((uint16_t)(port + 2), (uint16_t)(val >> 16));
}

void *arch_mm_ioremap(paddr_t pa, size_t bytes)
{
    return bytes <= PAGE_SIZE ? table_page : NULL;
}

/* --- the rest of the hypervisor --- */

struct cpu *this_cpu(void)
{
    return NULL;
}

void printk(enum log_level level, const char *fmt, ...)
{
}

void printk_guest(enum log_level level, domid_t domid, const char *fmt, ...)
{
}

void printk_raw(const char *fmt, ...)
{
}

void bug_fail(const char *what, const char *file, int line)
{
    abort();
}

void *xzalloc(size_t bytes)
{
    return calloc(1, bytes);
}

void xfree(void *p)
{
    free(p);
}

void spin_wait(struct spinlock *l, uint16_t ticket)
{
    abort();
}

void lock_check_acquire(struct spinlock *l, bool is_second_of_both)
{
    if (spin_is_locked(l)) {
        abort();
    }
}

void lock_check_acquired(struct spinlock *l)
{
}

void lock_check_release(struct spinlock *l)
{
}

int p2m_map_range(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned long nr,
                  enum p2m_type type)
{
    /* Never over RAM, which lies below frame 0x80000. */
    if (gfn_x(gfn) < 0x80000 || gfn_x(gfn) != mfn_x(mfn)) {
        abort();
    }
    return 0;
}

int p2m_unmap_range(struct domain *d, gfn_t gfn, unsigned long nr)
{
    return 0;
}

int p2m_unmap(struct domain *d, gfn_t gfn, unsigned int order)
{
    return 0;
}

struct p2m_entry p2m_lookup(const struct domain *d, gfn_t gfn)
{
    return (struct p2m_entry){ .type = P2M_MMIO_DIRECT };
}

struct pirq_msi {
    struct pirq_msi_source source;
};

void iommu_device_add(pci_sbdf_t sbdf)
{
}

void iommu_device_remove(pci_sbdf_t sbdf)
{
}

int pirq_msi_bind(struct domain *d, const struct pirq_msi_source *source,
                  uint64_t addr, uint32_t data, struct pirq_msi **out)
{
    struct pirq_msi *const m = malloc(sizeof(*m));

    m->source = *source;
    source->ops->write(source->arg, 0xfee00000, 0x41);
    *out = m;
    bound++;
    return 0;
}

void pirq_msi_update(struct pirq_msi *msi, uint64_t addr, uint32_t data)
{
    msi->source.ops->write(msi->source.arg, 0xfee01000, 0x42);
}

void pirq_msi_unbind(struct pirq_msi *msi)
{
    free(msi);
    bound--;
}

/* --- */

static struct domain dom;

static void set_up(void)
{
    static struct rangeset mmio_ok;
    static struct range_pool pool;
    static struct range ranges[RANGES];
    const uint32_t bar = BAR;
    const uint16_t entries = VECTORS - 1;

    table_page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);
    cfg[0] = 0x86;
    cfg[1] = 0x80;
    cfg[2] = 0x34;
    cfg[4] = PCI_COMMAND_MEMORY;
    cfg[6] = PCI_STATUS_CAPS;
    memcpy(cfg + 0x10, &bar, 4);
    cfg[0x34] = MSI_AT;
    cfg[MSI_AT] = PCI_CAP_MSI;
    cfg[MSI_AT + 1] = MSIX_AT;
    cfg[MSI_AT + 2] = (uint8_t)(MSI_CONTROL_64 | 0xa);
    cfg[MSI_AT + 3] = 1;
    cfg[MSIX_AT] = PCI_CAP_MSIX;
    memcpy(cfg + MSIX_AT + 2, &entries, 2);
    range_pool_init(&pool, ranges, RANGES);
    rangeset_init(&mmio_ok, &range_pool_ops, &pool);
    dom.mmio_ok = &mmio_ok;
    if (rangeset_add(&mmio_ok, 0x80000, 0xfffff) != 0) {
        abort();
    }
    pci_scan();
    if (vpci_domain_init(&dom) != 0) {
        abort();
    }
}

size_t fuzz_shape(uint8_t *noise, size_t n)
{
    return n;
}

static void step(const uint8_t *op)
{
    const unsigned int size = 1u << (op[0] & 1 ? 2 : op[0] >> 1 & 1);
    uint32_t val;

    memcpy(&val, op + 4, 4);
    switch (op[1] % 5) {
    case 0:
        vpci_write(&dom, PCI_SBDF(0, 0, 3, 0), op[2] & ~(size - 1), size,
                   val);
        break;
    case 1:
        (void)vpci_read(&dom, PCI_SBDF(0, 0, 3, 0), op[2] & ~(size - 1),
                        size);
        break;
    case 2:
        vpci_port_write(&dom, 0xcf8, 4, 0x80001800u | op[2]);
        vpci_port_write(&dom, (uint16_t)(0xcfc + (op[3] & 3)), size, val);
        break;
    case 3:
        (void)vpci_port_read(&dom, (uint16_t)(0xcf8 + (op[3] & 7)), size);
        break;
    default: {
        const gpa_t gpa = BAR + op[2] + (op[3] & 0xf) * 0x100u;
        const unsigned int wide = op[0] & 0x10 ? 8 : size;

        if (vpci_msix_accept(&dom, gpa)) {
            vpci_msix_mmio_write(&dom, gpa, wide, val);
            (void)vpci_msix_mmio_read(&dom, gpa, wide);
        }
        break;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (table_page == NULL) {
        set_up();
    }
    for (size_t i = 0; i + 8 <= size; i += 8) {
        step(data + i);
        if (bound > VECTORS + 1) {
            abort();
        }
    }
    return 0;
}
