/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMUs: what devices reach, and which interrupts they can raise.
 *
 * Above the seam stand the p2m, which mirrors a domain's memory into its
 * struct iommu_ctx, and drivers/pci, drivers/irq and core/domain/pirq.c,
 * which put devices behind the units and their interrupts through them.
 * Below it is one struct iommu_ops for each kind of unit.  Page tables are
 * written by iommu_map.c for both, in the format that the driver describes;
 * so a driver has no hooks for mapping and unmapping, only for flushing.
 *
 * A device is in one of two states: attached to a context, or blocked (from
 * the unit's start, and again when it is removed).  An access that no table
 * allows is dropped by the unit and reported by iommu_fault().
 *
 * Locking: struct iommu_ctx has a lock for its tables and what is to be
 * flushed (class IOMMU_CTX); drivers lock their units (class IOMMU), which
 * may be done under ctx locks and irq locks.
 *
 * Nothing here is state of its own that would have to be saved: contexts
 * follow from the p2m, entries of interrupts from their struct irq.
 */
#ifndef DRIVERS_IOMMU_IOMMU_H
#define DRIVERS_IOMMU_IOMMU_H

#include <core/lib/bits.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>
#include <core/sync/spinlock.h>
#include <drivers/pci/pci_cfg.h>

/* What a device may do; 0: nothing. */
#define IOMMU_READ 1u
#define IOMMU_WRITE 2u

#define IOMMU_LEVEL_BITS 9u
#define IOMMU_ENTRIES 512u
/* Address field of entries and tables, the same in both formats. */
#define IOMMU_PT_ADDR GENMASK64(51, 12)
/* Where units look for interrupts; never mapped. */
#define IOMMU_MSI_FIRST UINT64_C(0xfee00)
#define IOMMU_MSI_LAST UINT64_C(0xfeeff)

/*
 * How a kind of unit writes entries of DMA page tables: 512 entries of 64
 * bits a table; levels count from 0 (4 KiB leaves) upwards, leaves may stand
 * at levels 0, 1 and 2.
 */
struct iommu_format {
    const char *name;
    uint64_t absent;            /* An entry that leads nowhere               */
    /* A leaf at @level; @perm is not 0. */
    uint64_t (*leaf)(mfn_t mfn, unsigned int level, unsigned int perm);
    /* An entry at @level, 1 or higher, for a table of the level below. */
    uint64_t (*table)(mfn_t mfn, unsigned int level);
    /* Of an entry that is not absent, at @level 1 or higher. */
    bool (*is_table)(uint64_t entry, unsigned int level);
    /* IOMMU_READ and IOMMU_WRITE of a leaf. */
    unsigned int (*perm)(uint64_t entry);
};

/* What all units of the machine can do; filled in by iommu_ops.init. */
struct iommu_props {
    const struct iommu_format *format;
    unsigned int levels;        /* Of DMA page tables: 3 to 5                */
    unsigned int max_order;     /* Of leaves: 0, 9 or 18                     */
    bool caches_absent;         /* A new entry needs a flush as well         */
    bool is_incoherent;         /* Units do not snoop caches for tables      */
    bool has_ir;                /* Interrupts are remapped                   */
};

/*
 * One DMA address space: that of a domain which owns devices.
 * [c] constant, [l] lock
 */
struct iommu_ctx {
    struct spinlock lock;
    uint16_t id;                /* [c] tags what units cache; not 0          */
    mfn_t root;                 /* [c] table of level props.levels - 1       */
    uint32_t tables;            /* [l] list of table frames, PAGE_NIL: none  */
    unsigned long table_pages;  /* [l] */
    uint64_t flush_first;       /* [l] frames to be flushed; first > last:   */
    uint64_t flush_last;        /* [l] none                                  */
};

/* Where a remapped interrupt goes. */
struct iommu_ir_target {
    uint32_t apic_id;
    uint8_t vector;
    bool is_level;
};

/* What to put into the device or the I/O APIC. */
struct iommu_ir_message {
    uint64_t addr;              /* MSI                                       */
    uint32_t data;              /* MSI                                       */
    /*
     * I/O APIC: the redirection entry but for mask, trigger and polarity
     * (bits 16, 15, 13), which the caller adds.
     */
    uint64_t rte;
};

#define IOMMU_IR_NONE (-1)

/*
 * One remapped interrupt, in the struct of whoever owns it: a message of a
 * device, or a pin of an I/O APIC.  The owner serialises calls for it.
 */
struct iommu_ir {
    bool is_ioapic;
    uint8_t ioapic_id;          /* If is_ioapic: as the MADT has it          */
    uint8_t pin;
    pci_sbdf_t sbdf;            /* Else: the device                          */
    int32_t index;              /* The driver's; at first IOMMU_IR_NONE      */
};

/* One access that was stopped. */
struct iommu_fault {
    pci_sbdf_t sbdf;
    uint64_t addr;              /* Bytes; of an interrupt: its message       */
    bool is_write;
    bool is_interrupt;
    const char *reason;         /* "no mapping", "write to read-only", ...   */
};

/* Events that a driver hands on in one call of fault_drain(). */
#define IOMMU_FAULT_BATCH 64u

/* A kind of unit.  The lint allows twenty hooks; there are eight. */
struct iommu_ops {
    const char *name;           /* "AMD-Vi", "VT-d"                          */
    /*
     * Boot, PCI is scanned, before any device interrupt is unmasked.  Find
     * all units of acpi_iommu and start them: every device blocked, every
     * interrupt blocked if @want_ir and the machine can remap (then
     * props->has_ir).  0 with all of @props set; -ENODEV, with a line in the
     * log that says why and what to do, and with every unit off.
     */
    int (*init)(struct iommu_props *props, bool want_ir);
    /*
     * The device with requester id @sbdf sees @ctx from now on; what units
     * cached about it is gone on return.  0; -ENODEV if no unit covers it
     * (it reaches all memory: the caller says so in the log), -ENOMEM.
     * Called once for each requester id: iommu.c knows the ids of devices
     * behind a bridge to conventional PCI.
     */
    int (*attach)(pci_sbdf_t sbdf, const struct iommu_ctx *ctx);
    /* Block it; nothing happens if it was not attached. */
    void (*detach)(pci_sbdf_t sbdf);
    /*
     * Forget what is cached of @nr frames from @first on (any number; rather
     * too much than too little), and wait until that is so and until writes
     * that used the old entries are done.  ctx->lock is held.
     */
    void (*flush)(const struct iommu_ctx *ctx, dfn_t first, uint64_t nr);
    /*
     * Send @ir to @target from now on.  At first makes an entry, later
     * changes it in place: what stands in the device stays the same but for
     * the rte.  0; -ENOSPC, -ENOMEM, -ENODEV (no unit covers the source).
     */
    int (*ir_set)(struct iommu_ir *ir, const struct iommu_ir_target *target,
                  struct iommu_ir_message *msg);
    /* Block it and give its entry back. */
    void (*ir_clear)(struct iommu_ir *ir);
    /*
     * Hand what units have logged to iommu_fault(), IOMMU_FAULT_BATCH events
     * at most.  Returns how many.  Units are silent from now on; with @rearm
     * they may interrupt again, from before the log is read, so that no event
     * is overlooked.  One CPU at a time.
     */
    unsigned int (*fault_drain)(bool rearm);
    /*
     * Debug key: each unit, each attached device, each interrupt entry.
     */
    void (*dump)(void);
};

extern const struct iommu_ops iommu_ops_vtd;

/* What the machine has; zeros before iommu_init() and without a unit. */
extern struct iommu_props iommu_props;
/* The driver; NULL: DMA is not remapped. */
extern const struct iommu_ops *iommu_ops;

extern const struct iommu_ops iommu_ops_amdvi;

/*
 * Boot: find and start the machine's IOMMUs as the option "iommu" says, and
 * put every device found behind them into the hardware domain's context.
 */
void iommu_init(void);

/* True if interrupts are remapped. */
static inline bool iommu_has_ir(void)
{
    return iommu_props.has_ir;
}

/* The context of the domain that owns the machine's devices; NULL: none. */
struct iommu_ctx *iommu_hardware_ctx(void);

/* A device was found after boot, or went. */
void iommu_device_add(pci_sbdf_t sbdf);
void iommu_device_remove(pci_sbdf_t sbdf);

/* Forms of the two hooks that do nothing, or -ENODEV, without remapping. */
int __must_check iommu_ir_set(struct iommu_ir *ir,
                              const struct iommu_ir_target *target,
                              struct iommu_ir_message *msg);
void iommu_ir_clear(struct iommu_ir *ir);

/* For drivers, in fault_drain: one line in the log, of limited rate. */
void iommu_fault(const struct iommu_fault *f);
/*
 * For drivers: the handler of a unit's fault interrupt.  Drains now, or a
 * little later if there are too many.
 */
void iommu_fault_interrupt(void);
/* Say more (option "iommu=verbose"); iommu_dump() is called at boot then. */
extern bool iommu_verbose;

/* Debug key. */
void iommu_dump(void);

/* iommu_map.c: page tables. */

/* Make @ctx empty.  0, -ENOMEM. */
int __must_check iommu_ctx_init(struct iommu_ctx *ctx, uint16_t id);
/* Free its tables; no device is attached to it any more. */
void iommu_ctx_free(struct iommu_ctx *ctx);

/*
 * Let devices reach 2^@order frames from @mfn on at @dfn, with @perm (0:
 * not at all).  Replaces what is there; takes effect for sure at the next
 * iommu_ctx_flush().  @order is 0, 9 or 18, frames are aligned to it.  0;
 * -ENOMEM with nothing changed: never where a leaf of this order or lower was
 * set at @dfn before.  -ERANGE beyond what units can address.
 */
int __must_check iommu_map(struct iommu_ctx *ctx, dfn_t dfn, mfn_t mfn,
                           unsigned int order, unsigned int perm);

/*
 * Wait until no device can use an entry that was changed before the call, by
 * whichever CPU.
 */
void iommu_ctx_flush(struct iommu_ctx *ctx);

/* What @dfn leads to; INVALID_MFN and 0: nothing. */
mfn_t iommu_lookup(const struct iommu_ctx *ctx, dfn_t dfn,
                   unsigned int *perm);

#endif /* DRIVERS_IOMMU_IOMMU_H */
