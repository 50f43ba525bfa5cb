/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Registers, tables and descriptors of VT-d, as far as they are used: legacy
 * mode (no scalable mode), queued invalidation.
 * Manual: VT-d specification, "Register Descriptions", "Translation Structure
 * Formats", "Interrupt Remapping Table Entry (IRTE)", "Queued Invalidation
 * Interface".
 */
#ifndef DRIVERS_IOMMU_VTD_VTD_REGS_H
#define DRIVERS_IOMMU_VTD_VTD_REGS_H

#include <core/lib/bits.h>
#include <core/lib/types.h>

enum vtd_reg {
    VTD_VER = 0x00,
    VTD_CAP = 0x08,     /* 64 bits                                           */
    VTD_ECAP = 0x10,    /* 64 bits                                           */
    VTD_GCMD = 0x18,
    VTD_GSTS = 0x1c,
    VTD_RTADDR = 0x20,  /* 64 bits                                           */
    VTD_FSTS = 0x34,
    VTD_FECTL = 0x38,
    VTD_FEDATA = 0x3c,
    VTD_FEADDR = 0x40,
    VTD_FEUADDR = 0x44,
    VTD_PMEN = 0x64,
    VTD_IQH = 0x80,     /* 64 bits                                           */
    VTD_IQT = 0x88,     /* 64 bits                                           */
    VTD_IQA = 0x90,     /* 64 bits                                           */
    VTD_IRTA = 0xb8,    /* 64 bits                                           */
};

/* Bytes that hold all but the fault records, which CAP places. */
#define VTD_REGS_MIN 0x1000u

#define VTD_VER_MAJOR GENMASK32(7, 4)
#define VTD_VER_MINOR GENMASK32(3, 0)

#define VTD_CAP_ND GENMASK64(2, 0)      /* 2^(4 + 2 * this) domain ids       */
#define VTD_CAP_RWBF BIT(4)             /* Write buffers are to be flushed   */
#define VTD_CAP_PLMR BIT(5)
#define VTD_CAP_PHMR BIT(6)
#define VTD_CAP_CM BIT(7)               /* Caches what is not present        */
#define VTD_CAP_SAGAW_39 BIT(9)
#define VTD_CAP_SAGAW_48 BIT(10)
#define VTD_CAP_MGAW GENMASK64(21, 16)  /* Less one                          */
#define VTD_CAP_FRO GENMASK64(33, 24)   /* Fault records, in 16 bytes        */
#define VTD_CAP_SLLPS_2M BIT(34)
#define VTD_CAP_SLLPS_1G BIT(35)
#define VTD_CAP_PSI BIT(39)             /* Page-selective invalidation       */
#define VTD_CAP_NFR GENMASK64(47, 40)   /* Fault records, less one           */
#define VTD_CAP_MAMV GENMASK64(53, 48)  /* Highest order of these            */
#define VTD_CAP_DWD BIT(54)
#define VTD_CAP_DRD BIT(55)

#define VTD_ECAP_C BIT(0)               /* Tables are snooped                */
#define VTD_ECAP_QI BIT(1)
#define VTD_ECAP_IR BIT(3)
#define VTD_ECAP_EIM BIT(4)             /* 32-bit APIC ids                   */
#define VTD_ECAP_SC BIT(7)              /* Leaves may ask for snooping       */

/* GCMD and GSTS.  Of GCMD the one-shot bits are written one at a time. */
#define VTD_G_TE BIT32(31)
#define VTD_G_RTP BIT32(30)
#define VTD_G_WBF BIT32(27)
#define VTD_G_QIE BIT32(26)
#define VTD_G_IRE BIT32(25)
#define VTD_G_IRTP BIT32(24)
#define VTD_G_CFI BIT32(23)
/* Bits of GSTS that have to be written to GCMD to stay. */
#define VTD_G_STATE (VTD_G_TE | VTD_G_QIE | VTD_G_IRE | VTD_G_CFI)

#define VTD_FSTS_PFO BIT32(0)           /* Records overflowed                */
#define VTD_FSTS_PPF BIT32(1)           /* A record is filled                */
#define VTD_FSTS_IQE BIT32(4)           /* Queue: descriptor refused         */
#define VTD_FSTS_ICE BIT32(5)           /* Queue: device's answer is wrong   */
#define VTD_FSTS_ITE BIT32(6)           /* Queue: device does not answer     */
#define VTD_FSTS_FRI GENMASK32(15, 8)   /* First filled record               */
#define VTD_FSTS_CLEAR \
    (VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE)

#define VTD_FECTL_IM BIT32(31)

#define VTD_PMEN_EPM BIT32(31)
#define VTD_PMEN_PRS BIT32(0)

#define VTD_IQA_QS GENMASK64(2, 0)      /* 2^this pages of 256 descriptors   */

#define VTD_IRTA_EIME BIT(11)
#define VTD_IRTA_S GENMASK64(3, 0)      /* 2^(1 + this) entries              */

/* A fault record: 16 bytes. */
#define VTD_FRCD_SIZE 16u
#define VTD_FRCD_LOW_FI GENMASK64(63, 12)     /* Page of DMA                 */
#define VTD_FRCD_LOW_INDEX GENMASK64(63, 48)  /* Interrupt: the entry        */
#define VTD_FRCD_HIGH_SID GENMASK64(15, 0)
#define VTD_FRCD_HIGH_FR GENMASK64(39, 32)
#define VTD_FRCD_HIGH_T2 BIT(28)
#define VTD_FRCD_HIGH_READ BIT(62)            /* T1: read or atomic          */
#define VTD_FRCD_HIGH_F BIT(63)               /* Filled; written 1 to clear  */
/* Its 32-bit word with F, for writing. */
#define VTD_FRCD_WORD3 12u
#define VTD_FRCD_WORD3_F BIT32(31)
/* Reasons from here on are of interrupts. */
#define VTD_FR_INTERRUPT_FIRST 0x20u
#define VTD_FR_INTERRUPT_LAST 0x27u

/* Root entry: two words; the second is reserved. */
#define VTD_ROOT_P BIT(0)
#define VTD_TABLE_ADDR GENMASK64(51, 12)

/* Context entry. */
#define VTD_CTX_LOW_P BIT(0)
#define VTD_CTX_LOW_TT GENMASK64(3, 2)  /* 0: translate, refuse translated   */
#define VTD_CTX_HIGH_AW GENMASK64(2, 0) /* Levels of the tables, less two    */
#define VTD_CTX_HIGH_DID GENMASK64(23, 8)

struct vtd_entry {
    uint64_t low;
    uint64_t high;
};

#define VTD_ENTRIES 256u                /* Of a root or context table        */
static_assert(sizeof(struct vtd_entry) == 16, "vtd entry");

/* Second-level page table entry. */
#define VTD_PT_R BIT(0)
#define VTD_PT_W BIT(1)
#define VTD_PT_PS BIT(7)
#define VTD_PT_SNP BIT(11)

/* Interrupt remapping table entry. */
#define VTD_IRTE_LOW_P BIT(0)
#define VTD_IRTE_LOW_LEVEL BIT(4)
#define VTD_IRTE_LOW_VECTOR GENMASK64(23, 16)
#define VTD_IRTE_LOW_DST GENMASK64(63, 32)    /* With EIM                    */
#define VTD_IRTE_LOW_DST_8 GENMASK64(47, 40)  /* Without                     */
#define VTD_IRTE_HIGH_SID GENMASK64(15, 0)
#define VTD_IRTE_HIGH_SVT GENMASK64(19, 18)

enum vtd_svt {
    VTD_SVT_SID = 1,    /* The requester is SID                              */
    VTD_SVT_BUS = 2,    /* Its bus is SID 15:8 to SID 7:0                    */
};

/* What an interrupt looks like that names an entry. */
#define VTD_MSI_ADDR_BASE 0xfee00000u
#define VTD_MSI_ADDR_INDEX GENMASK64(19, 5)   /* 14:0                        */
#define VTD_MSI_ADDR_REMAP BIT(4)
#define VTD_MSI_ADDR_SHV BIT(3)
#define VTD_MSI_ADDR_INDEX15 BIT(2)
#define VTD_RTE_INDEX GENMASK64(63, 49)       /* 14:0                        */
#define VTD_RTE_REMAP BIT(48)
#define VTD_RTE_INDEX15 BIT(11)
#define VTD_RTE_VECTOR GENMASK64(7, 0)

/* Where the fault event is sent: an interrupt of the old form. */
#define VTD_FEADDR_DEST GENMASK32(19, 12)
#define VTD_FEUADDR_DEST GENMASK32(31, 8)

/* Descriptors of the queue: 16 bytes, type in 3:0 of the low word. */
enum vtd_desc_type {
    VTD_DESC_CONTEXT = 1,
    VTD_DESC_IOTLB = 2,
    VTD_DESC_IEC = 4,
    VTD_DESC_WAIT = 5,
};

#define VTD_DESC_SCOPE GENMASK64(5, 4)        /* Context, IOTLB              */
enum vtd_desc_scope {
    VTD_SCOPE_ALL = 1,
    VTD_SCOPE_DOMAIN = 2,
    VTD_SCOPE_PAGES = 3,
};

#define VTD_DESC_IOTLB_DW BIT(6)              /* Drain writes                */
#define VTD_DESC_IOTLB_DR BIT(7)              /* Drain reads                 */
#define VTD_DESC_DID GENMASK64(31, 16)
#define VTD_DESC_HIGH_AM GENMASK64(5, 0)
#define VTD_DESC_HIGH_ADDR GENMASK64(63, 12)
#define VTD_DESC_IEC_INDEXED BIT(4)
#define VTD_DESC_IEC_INDEX GENMASK64(47, 32)
#define VTD_DESC_WAIT_SW BIT(5)               /* Write the status            */
#define VTD_DESC_WAIT_FN BIT(6)               /* Behind all before           */
#define VTD_DESC_WAIT_DATA GENMASK64(63, 32)

#endif /* DRIVERS_IOMMU_VTD_VTD_REGS_H */
