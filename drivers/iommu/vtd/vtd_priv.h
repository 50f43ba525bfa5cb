/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the VT-d driver share.
 *
 * Locking: vtd_unit.lock (class IOMMU) for its tables and its queue; it is
 * held while the unit works off the queue.  Fields without a mark are constant
 * after boot.
 */
#ifndef DRIVERS_IOMMU_VTD_VTD_PRIV_H
#define DRIVERS_IOMMU_VTD_VTD_PRIV_H

#include <core/arch/arch_mm.h>
#include <core/lib/compiler.h>
#include <core/sync/spinlock.h>
#include <drivers/acpi/acpi_iommu.h>
#include <drivers/iommu/iommu.h>
#include <drivers/iommu/vtd/vtd_regs.h>
#include <drivers/irq/irq.h>

/* Entries of a unit's interrupt table, 16 bytes each. */
#define VTD_IR_ENTRIES 4096u
#define VTD_IR_ORDER 4u

struct vtd_unit {
    struct spinlock lock;
    paddr_t addr;
    uint16_t segment;
    uint8_t nr;                  /* In acpi_iommu.unit                       */
    bool covers_all;             /* What no scope of the segment names       */
    bool has_eim;                /* 32-bit APIC ids are in use               */
    uint8_t *regs;
    uint64_t cap;
    uint64_t ecap;
    struct vtd_entry *root;      /* [lock] entries                           */
    struct vtd_entry *queue;     /* [lock] one page                          */
    uint32_t *status;            /* The unit writes here                     */
    uint32_t sequence;           /* [lock] what it wrote last                */
    unsigned int tail;           /* [lock] descriptor to be written next     */
    unsigned int attached;       /* [lock] present context entries           */
    struct vtd_entry *irt;       /* [lock] entries; NULL: no remapping       */
    uint64_t *irt_used;          /* [lock] bitmap                            */
    struct irq fault_irq;
};

extern struct vtd_unit vtd_units[ACPI_MAX_IOMMUS];
extern unsigned int vtd_unit_count;

#define for_each_vtd_unit(u) \
    for (struct vtd_unit *u = vtd_units; u < &vtd_units[vtd_unit_count]; u++)

/* Let the unit see @bytes at @p, if it does not snoop. */
static inline void vtd_clean(const struct vtd_unit *u, const void *p,
                             size_t bytes)
{
    if (!(u->ecap & VTD_ECAP_C)) {
        arch_mm_clean_cache(p, bytes);
    }
}

/* Bits of an IOTLB descriptor that wait for DMA under way. */
static inline uint64_t vtd_drain_bits(const struct vtd_unit *u)
{
    return (u->cap & VTD_CAP_DWD ? VTD_DESC_IOTLB_DW : 0) |
           (u->cap & VTD_CAP_DRD ? VTD_DESC_IOTLB_DR : 0);
}

/* vtd_mmio.c: registers.  Host tests put a model of a unit in its place. */
uint32_t vtd_read32(const struct vtd_unit *u, unsigned int reg);
uint64_t vtd_read64(const struct vtd_unit *u, unsigned int reg);
void vtd_write32(const struct vtd_unit *u, unsigned int reg, uint32_t val);
void vtd_write64(const struct vtd_unit *u, unsigned int reg, uint64_t val);

/* vtd_scope.c: the unit that serves a function; NULL: none. */
void vtd_scope_init(void);
struct vtd_unit *vtd_scope_find(pci_sbdf_t sbdf);
/* The unit, and in @sid the requester id, of an I/O APIC. */
struct vtd_unit *vtd_scope_ioapic(uint8_t id, uint16_t *sid);

/* vtd_qi.c: commands.  Those that return an int say in the log what failed. */

/* Wait until the bits @mask of @reg are @want.  0, -EIO. */
int __must_check vtd_await(const struct vtd_unit *u, unsigned int reg,
                           uint32_t mask, uint32_t want, const char *what);
/* Set or clear @bit of the global command register; wait for it.  0, -EIO. */
int __must_check vtd_command(const struct vtd_unit *u, uint32_t bit, bool on,
                             const char *what);
/* Make the queue, with no unit working.  0, -ENOMEM, -EIO. */
int __must_check vtd_qi_init(struct vtd_unit *u);
/* Execute @nr descriptors and wait for it; far fewer than fit.  0, -EIO. */
int __must_check vtd_qi_submit(struct vtd_unit *u,
                               const struct vtd_entry *desc, unsigned int nr)
    REQUIRES(u->lock);
/* Forget everything about DMA; about one interrupt or all (-1). */
int __must_check vtd_qi_forget_dma(struct vtd_unit *u) REQUIRES(u->lock);
int __must_check vtd_qi_forget_ir(struct vtd_unit *u, int32_t index)
    REQUIRES(u->lock);
/* After boot: panic if @rc is not 0, since memory could be reached. */
void vtd_qi_must(const struct vtd_unit *u, int rc);

/* vtd_ctx.c */
int __must_check vtd_ctx_init(struct vtd_unit *u);
int vtd_ctx_attach(pci_sbdf_t sbdf, const struct iommu_ctx *ctx);
void vtd_ctx_detach(pci_sbdf_t sbdf);
void vtd_ctx_flush(const struct iommu_ctx *ctx, dfn_t first, uint64_t nr);
void vtd_ctx_dump(struct vtd_unit *u);

/* vtd_pt.c: leaves ask for snooping if all units can. */
extern const struct iommu_format vtd_pt_format;
void vtd_pt_set_snoop(bool on);

/* vtd_ir.c */
int __must_check vtd_ir_init(struct vtd_unit *u);
int vtd_ir_set(struct iommu_ir *ir, const struct iommu_ir_target *target,
               struct iommu_ir_message *msg);
void vtd_ir_clear(struct iommu_ir *ir);
void vtd_ir_dump(struct vtd_unit *u);

/* vtd_fault.c */
void vtd_fault_init(struct vtd_unit *u);
unsigned int vtd_fault_drain(bool rearm);

#endif /* DRIVERS_IOMMU_VTD_VTD_PRIV_H */
