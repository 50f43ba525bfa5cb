/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration space by its ports, capabilities, messages. The hypervisor
 * keeps the message that a device really has and delivers ours. Chapter: PCI
 * Local Bus 3.0, "Configuration Space", "Message Signaled Interrupts".
 */
#include <dom0/drv/pci.h>
#include <dom0/rt/rt.h>
#include <dom0/rt/trap.h>

#define PORT_ADDRESS 0xcf8u
#define PORT_DATA 0xcfcu
#define ADDRESS_ENABLE BIT32(31)
#define NOBODY 0xffffffffu

#define PCI_ID 0x00u
#define PCI_COMMAND 0x04u       /* Status above it: writing 0 keeps it. */
#define COMMAND_DECODE GENMASK32(1, 0)
#define COMMAND_MEMORY BIT32(1)
#define COMMAND_MASTER BIT32(2)
#define COMMAND_INTX_OFF BIT32(10)
#define COMMAND_BITS GENMASK32(15, 0)
#define STATUS_CAPABILITIES BIT32(20)
#define PCI_CLASS 0x08u
#define PCI_HEADER 0x0cu
#define HEADER_KIND GENMASK32(22, 16)
#define HEADER_BRIDGE 1u
#define HEADER_MANY BIT32(23)
#define PCI_BAR 0x10u
#define BAR_IO BIT32(0)
#define BAR_KIND GENMASK32(2, 0)
#define BAR_64 4u
#define BAR_ADDRESS (~UINT64_C(0xf))
#define PCI_BUSES 0x18u
#define PCI_CAPS 0x34u
#define CAP_OFFSET 0xfcu
#define CAPS_MAX 48u

#define CAP_MSI 0x05u
#define MSI_ENABLE BIT32(16)
#define MSI_COUNT GENMASK32(22, 20)
#define MSI_64 BIT32(23)
#define CAP_MSIX 0x11u
#define MSIX_ENABLE BIT32(31)
#define MSIX_BAR GENMASK32(2, 0)
#define MSIX_ENTRY_BYTES 16u
#define MSI_ADDRESS 0xfee00000u
#define MSI_TARGET GENMASK32(19, 12)

struct driver {
    uint32_t mask, match, class;
    const char *(*init)(const struct pci_dev *pci);
};

static const struct driver pci_driver[] = {
#define PCI_DRIVER(mask, match, class, init) { mask, match, class, init },
#include <dom0/drv/pci_drivers.def>
#undef PCI_DRIVER
};

static void pci_select(const struct pci_dev *pci, unsigned int reg)
{
    arch_io_out32(PORT_ADDRESS, ADDRESS_ENABLE | (uint32_t)pci->bdf << 8 | reg);
}

uint32_t pci_read(const struct pci_dev *pci, unsigned int reg)
{
    pci_select(pci, reg);
    return arch_io_in32(PORT_DATA);
}

void pci_write(const struct pci_dev *pci, unsigned int reg, uint32_t value)
{
    pci_select(pci, reg);
    arch_io_out32(PORT_DATA, value);
}

static void pci_command(const struct pci_dev *pci, uint32_t off, uint32_t on)
{
    const uint32_t old = pci_read(pci, PCI_COMMAND) & COMMAND_BITS;

    pci_write(pci, PCI_COMMAND, (old & ~off) | on);
}

uint8_t pci_cap(const struct pci_dev *pci, uint8_t kind, uint8_t after)
{
    uint32_t at = after != 0 ? pci_read(pci, after) >> 8
                             : pci_read(pci, PCI_CAPS);

    if (!(pci_read(pci, PCI_COMMAND) & STATUS_CAPABILITIES)) {
        return 0;
    }
    for (unsigned int i = 0; i < CAPS_MAX && (at & CAP_OFFSET) != 0; i++) {
        const uint32_t head = pci_read(pci, at & CAP_OFFSET);

        if ((uint8_t)head == kind) {
            return (uint8_t)(at & CAP_OFFSET);
        }
        at = head >> 8;
    }
    return 0;
}

void *pci_map(const struct pci_dev *pci, unsigned int bar, uint64_t offset,
              uint64_t size)
{
    if (bar >= PCI_BARS || pci->bar[bar].addr == 0 ||
        offset > pci->bar[bar].size || size > pci->bar[bar].size - offset) {
        return NULL;
    }
    return mem_map_device(pci->bar[bar].addr + offset, size);
}

bool pci_start(const struct pci_dev *pci, struct loop_work *work, loop_fn *fn)
{
    const uint32_t addr = MSI_ADDRESS |
        (uint32_t)field_prep(MSI_TARGET, msr_read(MSR_X2APIC(APIC_ID)));
    const int vector = trap_msi_alloc(work);
    uint8_t cap = pci_cap(pci, CAP_MSI, 0);
    uint32_t control = pci_read(pci, cap);
    volatile uint32_t *entry;

    if (vector < 0) {
        return false;
    }
    loop_work_init(work, fn);
    pci_command(pci, 0, COMMAND_MASTER);
    if (cap != 0) {
        pci_write(pci, cap + 4u, addr);
        pci_write(pci, cap + 8u, control & MSI_64 ? 0 : (uint32_t)vector);
        if (control & MSI_64) {
            pci_write(pci, cap + 12u, (uint32_t)vector);
        }
        pci_write(pci, cap, (control & ~MSI_COUNT) | MSI_ENABLE);
        return true;
    }
    cap = pci_cap(pci, CAP_MSIX, 0);
    control = pci_read(pci, cap + 4u);
    entry = cap == 0 ? NULL : pci_map(pci, control & MSIX_BAR,
                                      control & ~MSIX_BAR, MSIX_ENTRY_BYTES);
    if (entry == NULL) {
        return false;
    }
    pci_write(pci, cap, MSIX_ENABLE);
    entry[0] = addr;
    entry[1] = 0;
    entry[2] = (uint32_t)vector;
    entry[3] = 0;
    return true;
}

void pci_stop(const struct pci_dev *pci, const char *why)
{
    pci_command(pci, COMMAND_MASTER, 0);
    con_printf("dom0: PCI %02x:%02x.%u: %s\n", pci->bdf >> 8,
               pci->bdf >> 3 & 31, pci->bdf & 7, why);
}

/* Where the firmware put the BARs, and how large they are. */
static void pci_size_bars(struct pci_dev *pci)
{
    pci_command(pci, COMMAND_DECODE | COMMAND_MASTER, 0);
    for (unsigned int i = 0; i < PCI_BARS; i++) {
        const unsigned int reg = PCI_BAR + i * 4;
        const unsigned int bar = i;
        const uint32_t low = pci_read(pci, reg);
        uint32_t high = 0, mask_high = ~0u, mask;

        pci_write(pci, reg, ~0u);
        mask = pci_read(pci, reg);
        pci_write(pci, reg, low);
        if ((low & BAR_KIND) == BAR_64 && ++i < PCI_BARS) {
            high = pci_read(pci, reg + 4);
            pci_write(pci, reg + 4, ~0u);
            mask_high = pci_read(pci, reg + 4);
            pci_write(pci, reg + 4, high);
        }
        if (!(low & BAR_IO) && mask != 0 && high >> 15 == 0) {
            pci->bar[bar].addr = make64(high, low) & BAR_ADDRESS;
            pci->bar[bar].size = ~(make64(mask_high, mask) & BAR_ADDRESS) + 1;
        }
    }
    pci_command(pci, 0, COMMAND_MEMORY | COMMAND_INTX_OFF);
}

static void pci_found(const struct pci_dev *found)
{
    const uint32_t class = pci_read(found, PCI_CLASS) >> 8;
    const struct driver *d = pci_driver;
    const char *why = "no memory";
    struct pci_dev *pci;

    while ((found->id & d->mask) != d->match ||
           (d->class != 0 && d->class != class)) {
        if (++d == pci_driver + ARRAY_SIZE(pci_driver)) {
            return;
        }
    }
    pci = mem_alloc(sizeof(*pci));
    if (pci != NULL) {
        *pci = *found;
        pci_size_bars(pci);
        why = d->init(pci);
    }
    if (why != NULL) {
        pci_stop(found, why);
    }
}

/* A bridge's bus has a higher number than the one it is on. */
static void pci_scan(unsigned int bus)
{
    for (unsigned int devfn = 0; devfn < 256; devfn++) {
        struct pci_dev pci = { .bdf = (uint16_t)(bus << 8 | devfn) };
        uint32_t header, below;

        pci.id = pci_read(&pci, PCI_ID);
        header = pci_read(&pci, PCI_HEADER);
        below = pci_read(&pci, PCI_BUSES) >> 8 & 0xff;
        if (pci.id == NOBODY) {
            header = 0;
        } else if (field_get(HEADER_KIND, header) != HEADER_BRIDGE) {
            pci_found(&pci);
        } else if (below > bus) {
            pci_scan(below);
        }
        if (!(header & HEADER_MANY) && (devfn & 7) == 0) {
            devfn |= 7;
        }
    }
}

void pci_init(void)
{
    pci_scan(0);
}
