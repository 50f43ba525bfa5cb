/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of VT-d units for host tests, behind the register functions of
 * vtd_mmio.c, and what else the driver wants of its surroundings.  It works
 * off queues, translates DMA and interrupts through the tables that the driver
 * wrote, and remembers translations until it is told to forget.  A unit that
 * does not snoop sees of memory what was cleaned.
 */
#ifndef TESTS_UNIT_VTD_MODEL_H
#define TESTS_UNIT_VTD_MODEL_H

#include <core/lib/types.h>
#include <drivers/iommu/iommu.h>
#include <drivers/iommu/vtd/vtd_regs.h>

#define MODEL_UNITS 2u
#define MODEL_RECORDS 4u
#define MODEL_ADDR(nr) (0xfed90000u + (nr) * 0x1000u)
#define MODEL_FRO 0x400u
#define MODEL_CACHED 64u

/* What real units of some years have: 4 levels, both large sizes, ranges. */
#define MODEL_CAP                                                         \
    (FIELD_PREP(VTD_CAP_ND, 6) | VTD_CAP_PLMR | VTD_CAP_SAGAW_48 |        \
     FIELD_PREP(VTD_CAP_MGAW, 47) | VTD_CAP_SLLPS_2M | VTD_CAP_SLLPS_1G | \
     VTD_CAP_PSI | FIELD_PREP(VTD_CAP_MAMV, 9) | VTD_CAP_DWD |            \
     VTD_CAP_DRD | FIELD_PREP(VTD_CAP_FRO, MODEL_FRO / 16) |              \
     FIELD_PREP(VTD_CAP_NFR, MODEL_RECORDS - 1))
#define MODEL_ECAP (VTD_ECAP_C | VTD_ECAP_QI | VTD_ECAP_IR | VTD_ECAP_EIM)

struct model_cached {
    bool is_used;
    uint16_t sid;
    uint16_t did;
    uint64_t page;           /* Of DMA; order says of how many pages         */
    unsigned int order;
    uint64_t entry;          /* 0: known to be absent                        */
};

struct model_unit {
    uint64_t cap;
    uint64_t ecap;
    uint32_t status;         /* GSTS                                         */
    uint32_t refuses;        /* Bits of GCMD that have no effect             */
    bool is_deaf;            /* Does not look at its queue                   */
    uint32_t fsts;
    uint32_t fectl;
    uint32_t pmen;
    uint64_t rtaddr, iqa, iqt, irta, head;
    uint64_t rtaddr_used, irta_used;
    uint32_t fault_data, fault_addr, fault_upper;
    uint64_t record[MODEL_RECORDS][2];
    unsigned int next_record;
    unsigned int interrupts; /* Fault events sent                            */
    unsigned int commands;   /* Descriptors executed, waits apart            */
    struct vtd_entry last;   /* Of these                                     */
    unsigned int write_flushes;
    struct model_cached context[MODEL_CACHED]; /* entry: the low word        */
    struct model_cached tlb[MODEL_CACHED];
    bool irte_cached[4096];
    struct vtd_entry irte[4096];
};

extern struct model_unit model_units[MODEL_UNITS];

/* What the driver handed to iommu_fault(). */
extern struct iommu_fault model_faults[IOMMU_FAULT_BATCH];
extern unsigned int model_fault_count;
/* The mode of the local APICs; the vector for fault events, 0: none left. */
extern bool model_x2apic;
extern uint8_t model_vector;

/* All units as after a reset, with these capabilities. */
void model_reset(uint64_t cap, uint64_t ecap);

/*
 * DMA of @sid at @addr.  The address in memory, or UINT64_MAX: refused, and
 * recorded.
 */
uint64_t model_dma(struct model_unit *m, uint16_t sid, uint64_t addr,
                   bool is_write);

/* An interrupt message of @sid: 0, or the reason why it was refused. */
unsigned int model_interrupt(struct model_unit *m, uint16_t sid,
                             uint64_t addr, uint32_t data, uint32_t *apic_id,
                             uint8_t *vector);

#endif /* TESTS_UNIT_VTD_MODEL_H */
