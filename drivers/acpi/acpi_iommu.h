/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that describe IOMMUs: DMAR (VT-d) and IVRS (AMD-Vi).  For now
 * only where the units are, so that they can be hidden from domains.
 * Manual: VT-d specification, "DMA Remapping Reporting Structure"; AMD I/O
 * Virtualization Technology specification, "I/O Virtualization Reporting
 * Structure (IVRS)".
 */
#ifndef DRIVERS_ACPI_ACPI_IOMMU_H
#define DRIVERS_ACPI_ACPI_IOMMU_H

#include <drivers/acpi/acpi_tables.h>

#define ACPI_MAX_IOMMUS 16u
#define ACPI_MAX_RESERVED 32u

struct acpi_iommu_unit {
    paddr_t addr;            /* Registers                                    */
    uint16_t segment;
    uint16_t bdf;            /* AMD: its PCI function                        */
    bool has_bdf;            /* False for VT-d: it is no PCI device          */
    bool covers_all;         /* VT-d: every device of the segment            */
};

/* Memory that firmware uses by DMA (RMRR, IVMD): keep it mapped 1:1. */
struct acpi_iommu_reserved {
    paddr_t start;
    paddr_t end;             /* Exclusive                                    */
    uint16_t segment;
};

struct acpi_iommu {
    unsigned int unit_count;
    unsigned int reserved_count;
    bool has_intr_remap;     /* DMAR flag; AMD-Vi units always have it       */
    uint8_t addr_width;      /* DMAR host address width in bits              */
    struct acpi_iommu_unit unit[ACPI_MAX_IOMMUS];
    struct acpi_iommu_reserved reserved[ACPI_MAX_RESERVED];
};

extern struct acpi_iommu acpi_iommu;

/* Both add to @iommu.  0, -EINVAL if the table is too short. */
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
