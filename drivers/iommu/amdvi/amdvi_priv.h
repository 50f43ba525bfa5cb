/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the AMD-Vi driver share: the units, and one lock for all
 * their tables and queues (class IOMMU).  Tables are all the state there is:
 * a free interrupt entry is one that is not enabled, an attached device is
 * one whose entry allows something.
 */
#ifndef DRIVERS_IOMMU_AMDVI_AMDVI_PRIV_H
#define DRIVERS_IOMMU_AMDVI_AMDVI_PRIV_H

#include <core/arch/arch_io.h>
#include <core/lib/util.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/iommu/amdvi/amdvi_regs.h>
#include <drivers/iommu/iommu.h>
#include <drivers/irq/irq.h>
#include <drivers/pci/pci.h>

/* Levels of page tables that every unit can walk: 48 bits. */
#define AMDVI_LEVELS 4u
/*
 * Entries of a device's interrupt table.  The message has eleven bits for an
 * index, but the upper three stand where a message has its delivery mode;
 * 0 and 1 there are fixed and lowest priority for every unit.
 */
#define AMDVI_IRTES 512u
/* Both rings take one page. */
#define AMDVI_RING_SIZE PAGE_SIZE
#define AMDVI_RING_LOG2 8u
static_assert(CMD_SIZE << AMDVI_RING_LOG2 == AMDVI_RING_SIZE, "ring");
static_assert(EVENT_SIZE << AMDVI_RING_LOG2 == AMDVI_RING_SIZE, "ring");

struct amdvi_unit {
    uint8_t *regs;                /* [c] */
    pci_sbdf_t sbdf;              /* [c] */
    uint16_t last_bdf;            /* [c] the device table's                  */
    uint64_t *devtab;             /* [c] */
    uint8_t *cmd;                 /* [c] */
    uint8_t *events;              /* [c] */
    uint64_t *done;               /* [c] the unit writes numbers of waits    */
    uint64_t control;             /* [lock] */
    uint64_t wait;                /* [lock] number of the last wait          */
    uint32_t cmd_tail;            /* [lock] bytes                            */
    struct irq irq;               /* Of faults                               */
    const struct pci_dev *dev;    /* [c] NULL: cannot interrupt              */
};

extern struct amdvi_unit amdvi_units[ACPI_MAX_IOMMUS];
extern unsigned int amdvi_unit_count;
extern struct spinlock amdvi_lock;

/* What the firmware says of one requester. */
struct amdvi_source {
    struct amdvi_unit *unit;
    uint16_t bdf;                 /* As it stands in requests                */
    uint8_t dte_flags;
};

static inline uint64_t amdvi_read(const struct amdvi_unit *u,
                                  enum amdvi_reg reg)
{
    return arch_mmio_read64(u->regs + reg);
}

static inline void amdvi_write(struct amdvi_unit *u, enum amdvi_reg reg,
                               uint64_t val)
{
    arch_mmio_write64(u->regs + reg, val);
}

static inline uint64_t *amdvi_dte(const struct amdvi_unit *u, uint16_t bdf)
{
    return u->devtab + (size_t)bdf * DTE_WORDS;
}

/* amdvi_cmd.c: all with amdvi_lock held. */

/* Queue a command.  At most as many as a ring has room for until a wait. */
void amdvi_cmd_devtab(struct amdvi_unit *u, uint16_t bdf);
void amdvi_cmd_interrupts(struct amdvi_unit *u, uint16_t bdf);
/* @nr frames from @first on of a domain, or a larger range around them. */
void amdvi_cmd_pages(struct amdvi_unit *u, uint16_t domain, uint64_t first,
                     uint64_t nr);
void amdvi_cmd_all(struct amdvi_unit *u);
/* Queue a wait and let the unit begin. */
void amdvi_cmd_start(struct amdvi_unit *u);
/* Until what was started is done.  False: the unit does not answer. */
bool __must_check amdvi_cmd_is_done(struct amdvi_unit *u);
/* The same once more, but a unit that does not answer is a panic. */
void amdvi_cmd_wait(struct amdvi_unit *u);
/* Start and wait. */
void amdvi_cmd_finish(struct amdvi_unit *u);

/* amdvi_devtab.c */

/* Unit and requester id of a function.  False if no unit covers it. */
bool __must_check amdvi_source_of(pci_sbdf_t sbdf, struct amdvi_source *s);
/* And of an I/O APIC. */
bool __must_check amdvi_source_of_ioapic(uint8_t id, struct amdvi_source *s);
/* Block all.  The unit is not running. */
void amdvi_devtab_init(struct amdvi_unit *u, bool has_ir);
int __must_check amdvi_attach(pci_sbdf_t sbdf, const struct iommu_ctx *ctx);
void amdvi_detach(pci_sbdf_t sbdf);
void amdvi_devtab_dump(const struct amdvi_unit *u);

/* amdvi_pt.c */
extern const struct iommu_format amdvi_format;

/* amdvi_ir.c */
int __must_check amdvi_ir_set(struct iommu_ir *ir,
                              const struct iommu_ir_target *target,
                              struct iommu_ir_message *msg);
void amdvi_ir_clear(struct iommu_ir *ir);
/* The interrupt table of a device table entry, NULL if it has none. */
uint32_t *amdvi_ir_table(const uint64_t *dte);

/* amdvi_event.c */
void amdvi_event_irq_init(struct amdvi_unit *u, unsigned int number);
/* Emulated units do not log: look at their PCI status from now on. */
void amdvi_event_poll_init(void);
unsigned int amdvi_fault_drain(bool rearm);

#endif /* DRIVERS_IOMMU_AMDVI_AMDVI_PRIV_H */
