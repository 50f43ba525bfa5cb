/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AMD-Vi: registers, device table entries, page table entries, interrupt
 * remapping table entries, commands and events.
 * Manual: AMD I/O Virtualization Technology specification, "MMIO Registers",
 * "Device Table Entry Format", "I/O Page Tables for Host Translations",
 * "Interrupt Remapping Tables", "Commands", "Event Logging".
 */
#ifndef DRIVERS_IOMMU_AMDVI_AMDVI_REGS_H
#define DRIVERS_IOMMU_AMDVI_AMDVI_REGS_H

#include <core/lib/bits.h>

#define AMDVI_REGS_SIZE 0x4000u

enum amdvi_reg {
    AMDVI_DEVTAB = 0x0000,
    AMDVI_CMD = 0x0008,
    AMDVI_EVENT = 0x0010,
    AMDVI_CONTROL = 0x0018,
    AMDVI_EXCL_BASE = 0x0020,
    AMDVI_EXCL_LIMIT = 0x0028,
    AMDVI_EFR = 0x0030,
    AMDVI_CMD_HEAD = 0x2000,
    AMDVI_CMD_TAIL = 0x2008,
    AMDVI_EVENT_HEAD = 0x2010,
    AMDVI_EVENT_TAIL = 0x2018,
    AMDVI_STATUS = 0x2020,
};

#define DEVTAB_SIZE GENMASK64(8, 0)      /* 4 KiB pages less one             */
#define RING_LENGTH GENMASK64(59, 56)    /* log2 of entries, 8 or more       */

#define CONTROL_ENABLE BIT(0)
#define CONTROL_HT_TUNNEL BIT(1)
#define CONTROL_EVENT_LOG BIT(2)
#define CONTROL_EVENT_INT BIT(3)
#define CONTROL_PASS_PW BIT(8)
#define CONTROL_RES_PASS_PW BIT(9)
#define CONTROL_COHERENT BIT(10)
#define CONTROL_ISOC BIT(11)
#define CONTROL_CMD BIT(12)

#define EFR_INVALIDATE_ALL BIT(6)

#define STATUS_EVENT_OVERFLOW BIT(0)
#define STATUS_EVENT_INT BIT(1)
#define STATUS_EVENT_RUN BIT(3)

/* IVHD flags that firmware wants in the control register. */
#define IVHD_HT_TUNNEL BIT32(0)
#define IVHD_PASS_PW BIT32(1)
#define IVHD_RES_PASS_PW BIT32(2)
#define IVHD_ISOC BIT32(3)

/* The IOMMU's PCI capability, first register. */
#define CAP_NP_CACHE BIT32(26)

/* Device table entry: four quadwords. */
#define DTE_WORDS 4u
#define DTE_SIZE 32u
/* 0 */
#define DTE_V BIT(0)
#define DTE_TV BIT(1)
#define DTE_MODE GENMASK64(11, 9)        /* Levels of page tables            */
#define DTE_ROOT GENMASK64(51, 12)
#define DTE_IR BIT(61)
#define DTE_IW BIT(62)
/* 1 */
#define DTE_DOMAIN GENMASK64(15, 0)
#define DTE_SYS_MGT GENMASK64(41, 40)
/* 2 */
#define DTE_IV BIT(0)
#define DTE_INT_LENGTH GENMASK64(4, 1)   /* log2 of entries                  */
#define DTE_INT_ROOT GENMASK64(51, 6)
#define DTE_INIT_PASS BIT(56)
#define DTE_EINT_PASS BIT(57)
#define DTE_NMI_PASS BIT(58)
#define DTE_INT_CTL GENMASK64(61, 60)
#define DTE_INT_CTL_REMAP 2u             /* 0: abort, 1: as they are         */
#define DTE_LINT0_PASS BIT(62)
#define DTE_LINT1_PASS BIT(63)

/* "Data setting" of IVHD entries: the same bits in other places. */
#define DATA_INIT_PASS BIT32(0)
#define DATA_EINT_PASS BIT32(1)
#define DATA_NMI_PASS BIT32(2)
#define DATA_SYS_MGT GENMASK32(5, 4)
#define DATA_LINT0_PASS BIT32(6)
#define DATA_LINT1_PASS BIT32(7)

/* Page table entry. */
#define PTE_PR BIT(0)
#define PTE_NEXT_LEVEL GENMASK64(11, 9)  /* 0: a leaf                        */
#define PTE_FC BIT(60)                   /* Coherent whatever a device asks  */
#define PTE_IR BIT(61)
#define PTE_IW BIT(62)

/* Interrupt remapping table entry, the 32-bit form. */
#define IRTE_REMAP BIT32(0)
#define IRTE_DEST GENMASK32(15, 8)
#define IRTE_VECTOR GENMASK32(23, 16)

/* Commands: two quadwords. */
#define CMD_SIZE 16u
#define CMD_OPCODE GENMASK64(63, 60)
enum amdvi_opcode {
    CMD_COMPLETION_WAIT = 1,
    CMD_INVALIDATE_DEVTAB = 2,
    CMD_INVALIDATE_PAGES = 3,
    CMD_INVALIDATE_INTERRUPTS = 5,
    CMD_INVALIDATE_ALL = 8,
};
#define CMD_DEVICE GENMASK64(15, 0)
#define CMD_DOMAIN GENMASK64(47, 32)
#define CMD_WAIT_STORE BIT(0)
#define CMD_WAIT_ADDR GENMASK64(51, 3)
#define CMD_PAGES_S BIT(0)               /* More than one page               */
#define CMD_PAGES_PDE BIT(1)             /* Entries for tables as well       */
#define CMD_PAGES_ADDR GENMASK64(63, 12)

/* Events: two quadwords. */
#define EVENT_SIZE 16u
#define EVENT_CODE GENMASK64(63, 60)
enum amdvi_event_code {
    EVENT_ILLEGAL_DTE = 1,
    EVENT_PAGE_FAULT = 2,
    EVENT_DTE_ERROR = 3,
    EVENT_TABLE_ERROR = 4,
    EVENT_ILLEGAL_COMMAND = 5,
    EVENT_COMMAND_ERROR = 6,
    EVENT_IOTLB_TIMEOUT = 7,
    EVENT_INVALID_REQUEST = 8,
};
#define EVENT_DEVICE GENMASK64(15, 0)
#define EVENT_GN BIT(48)
#define EVENT_NX BIT(49)
#define EVENT_I BIT(51)
#define EVENT_PR BIT(52)
#define EVENT_RW BIT(53)

#endif /* DRIVERS_IOMMU_AMDVI_AMDVI_REGS_H */
