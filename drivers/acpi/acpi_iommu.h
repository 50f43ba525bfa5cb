/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that describe IOMMUs: DMAR (VT-d) and IVRS (AMD-Vi).  What they
 * say is copied at boot: dom0 can write where the tables lie.
 * Manual: VT-d specification, "DMA Remapping Reporting Structure"; AMD I/O
 * Virtualization Technology specification, "I/O Virtualization Reporting
 * Structure (IVRS)".
 */
#ifndef DRIVERS_ACPI_ACPI_IOMMU_H
#define DRIVERS_ACPI_ACPI_IOMMU_H

#include <drivers/acpi/acpi_madt.h>
#include <drivers/acpi/acpi_tables.h>

#define ACPI_MAX_IOMMUS 16u
#define ACPI_MAX_RESERVED 32u
#define ACPI_MAX_IVRS_RANGES 512u
#define ACPI_MAX_SCOPES 256u
#define ACPI_SCOPE_DEPTH 8u

enum acpi_iommu_kind { ACPI_IOMMU_NONE, ACPI_IOMMU_DMAR, ACPI_IOMMU_IVRS };

struct acpi_iommu_unit {
    paddr_t addr;            /* Registers                                    */
    uint16_t segment;
    uint16_t bdf;            /* AMD: its PCI function                        */
    bool has_bdf;            /* False for VT-d: it is no PCI device          */
    bool covers_all;         /* VT-d: every device of the segment            */
    uint8_t ivhd_type;       /* AMD: of the block it was taken from          */
    uint8_t ivhd_flags;      /* AMD: as in the table                         */
    uint16_t capability;     /* AMD: offset in configuration space           */
};

/* Memory that firmware uses by DMA (RMRR, IVMD): keep it mapped 1:1. */
struct acpi_iommu_reserved {
    paddr_t start;
    paddr_t end;             /* Exclusive                                    */
    uint16_t segment;
};

enum acpi_scope_kind {
    ACPI_SCOPE_DEVICE = 1,
    ACPI_SCOPE_BRIDGE = 2,   /* And all that is behind it                    */
    ACPI_SCOPE_IOAPIC = 3,
    ACPI_SCOPE_HPET = 4,
};

/* What a VT-d unit serves: the function that a path of bridges leads to. */
struct acpi_scope {
    uint8_t unit;            /* Index into unit[]                            */
    uint8_t kind;            /* enum acpi_scope_kind                         */
    uint8_t id;              /* I/O APIC: its id                             */
    uint8_t bus;             /* Where the path begins                        */
    uint8_t depth;           /* Of the path, at least 1                      */
    uint8_t path[ACPI_SCOPE_DEPTH]; /* Device 7:3, function 2:0              */
};

/*
 * AMD: requester ids that a unit covers.  Later ranges take precedence over
 * earlier ones.
 */
struct acpi_ivrs_range {
    uint8_t unit;            /* Index                                        */
    uint8_t dte_flags;       /* "Data setting", as in the table              */
    bool has_alias;
    uint16_t first;
    uint16_t last;
    uint16_t alias;          /* What is in their requests                    */
};

/* AMD: the requester id of an I/O APIC. */
struct acpi_ivrs_ioapic {
    uint8_t unit;
    uint8_t dte_flags;
    uint8_t id;              /* As in the MADT                               */
    uint16_t bdf;
};

struct acpi_iommu {
    enum acpi_iommu_kind kind;
    unsigned int unit_count;
    unsigned int reserved_count;
    unsigned int scope_count;
    bool is_broken;          /* Not to be relied on: units are only hidden   */
    bool has_intr_remap;     /* DMAR flag; AMD-Vi units always have it       */
    uint8_t addr_width;      /* DMAR host address width in bits              */
    struct acpi_iommu_unit unit[ACPI_MAX_IOMMUS];
    struct acpi_iommu_reserved reserved[ACPI_MAX_RESERVED];
    unsigned int range_count;
    unsigned int ioapic_count;
    struct acpi_ivrs_range range[ACPI_MAX_IVRS_RANGES];
    struct acpi_ivrs_ioapic ioapic[ACPI_MAX_IOAPICS];
    struct acpi_scope scope[ACPI_MAX_SCOPES];
};

extern struct acpi_iommu acpi_iommu;

/*
 * Both add to @iommu.  0, -EINVAL if the table is too short or, for DMAR, does
 * not add up (is_broken is set then).
 */
int __must_check acpi_dmar_parse(const struct acpi_header *table,
                                 struct acpi_iommu *iommu);
int __must_check acpi_ivrs_parse(const struct acpi_header *table,
                                 struct acpi_iommu *iommu);

/* Note a unit or a range; said in the log if there is no room. */
void acpi_iommu_add_unit(struct acpi_iommu *iommu,
                         const struct acpi_iommu_unit *unit);
void acpi_iommu_add_reserved(struct acpi_iommu *iommu, uint16_t segment,
                             paddr_t start, paddr_t end);

#endif /* DRIVERS_ACPI_ACPI_IOMMU_H */
