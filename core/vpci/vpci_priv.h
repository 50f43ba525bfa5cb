/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of this folder share.  Everything under the domain's VPCI
 * lock unless marked [c].
 */
#ifndef CORE_VPCI_VPCI_PRIV_H
#define CORE_VPCI_VPCI_PRIV_H

#include <core/domain/domain.h>
#include <core/lib/list.h>
#include <core/sync/spinlock.h>
#include <core/vpci/vpci.h>
#include <drivers/pci/msi.h>
#include <drivers/pci/pci.h>

struct pirq_msi;
struct vpci_dev;

#define VPCI_MAX_REGS 24u

/* A mediated register; what has none passes through to the device. */
struct vpci_reg {
    uint16_t offset;
    uint8_t size;          /* 1, 2 or 4 bytes                                */
    uint8_t index;         /* For the handler: which BAR                     */
    uint32_t (*read)(struct vpci_dev *dev, const struct vpci_reg *reg);
    void (*write)(struct vpci_dev *dev, const struct vpci_reg *reg,
                  uint32_t val);
};

/* Where a region is mapped in the p2m now; 0 frames: nowhere. */
struct vpci_mapping {
    uint64_t first;
    uint64_t frames;
};

struct vpci_msi {
    bool is_enabled;
    bool is_64;
    bool is_maskable;
    uint64_t addr;         /* As the guest programmed it                     */
    uint32_t data;
    struct pirq_msi *pirq; /* NULL: not bound                                */
};

struct vpci_msix_entry {
    struct vpci_dev *dev;  /* [c] */
    uint64_t addr;
    uint32_t data;
    bool is_masked;
    bool was_updated;      /* Changed since it was last shown to pirq        */
    struct pirq_msi *pirq;
};

struct vpci_msix {
    struct list_head link; /* In vpci.msix, see vpci_msix_accept()           */
    struct vpci_dev *dev;  /* [c] */
    bool is_enabled;
    bool is_all_masked;
    unsigned int count;    /* [c] entries                                    */
    paddr_t table;         /* Where it is, 0: nowhere                        */
    uint64_t first;        /* Frames of the table that are trapped           */
    uint64_t last;
    uint8_t *regs;         /* Those frames, mapped; NULL: not yet            */
    paddr_t mapped;        /* What regs shows                                */
    struct vpci_msix_entry entry[]; /* count                                 */
};

struct vpci_dev {
    struct domain *d;      /* [c] */
    struct pci_dev *pci;   /* [c] */
    bool is_attached;      /* Else: it went away                             */
    bool is_memory_on;     /* COMMAND as the guest set it                    */
    bool is_rom_on;
    struct vpci_mapping map[PCI_REGIONS];
    struct vpci_msi msi;
    struct vpci_msix *msix; /* NULL: none                                    */
    unsigned int reg_count;
    struct vpci_reg reg[VPCI_MAX_REGS];
};

struct vpci {
    struct spinlock lock;
    uint32_t cf8;           /* [a] the address latch                         */
    struct list_head msix;  /* Devices with MSI-X; grows only               */
};

/* Add a mediated register.  BUG if there are too many. */
void vpci_reg_add(struct vpci_dev *dev, const struct vpci_reg *reg);

/* Each adds its registers; 0, -ENOMEM. */
int __must_check vpci_header_init(struct vpci_dev *dev);
int __must_check vpci_msi_init(struct vpci_dev *dev);
int __must_check vpci_msix_init(struct vpci_dev *dev);

/* Stop interrupts, forget mappings: the device goes away. */
void vpci_header_free(struct vpci_dev *dev);
void vpci_msi_free(struct vpci_dev *dev);
void vpci_msix_free(struct vpci_dev *dev);

/* The BARs moved or appeared: find the table again, keep it trapped. */
void vpci_msix_relocate(struct vpci_dev *dev);

/* Split [@first, +@frames) into runs that may be mapped; pure but for @fn. */
int __must_check vpci_for_each_run(const struct vpci_dev *dev,
                                   uint64_t first, uint64_t frames,
                                   int (*fn)(struct domain *d,
                                             uint64_t first,
                                             uint64_t frames));

#endif /* CORE_VPCI_VPCI_PRIV_H */
