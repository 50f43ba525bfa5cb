/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building the control domain: a PVH guest from the boot loader's modules.
 * It owns the machine's devices, and its memory is mapped 1:1 (guest frame =
 * machine frame), so that device DMA works without an IOMMU.
 */
#ifndef CORE_DOM0_DOM0_H
#define CORE_DOM0_DOM0_H

#include <core/domain/e820.h>
#include <core/kernel/param.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;

struct dom0_module {
    paddr_t start;
    uint64_t size;
    const char *cmdline;      /* Never NULL                                  */
};

/* Ports first .. last of the hypervisor's own devices (its serial port). */
struct dom0_ports {
    uint16_t first;
    uint16_t last;
};

struct dom0_boot {
    const struct e820_map *host;        /* Sanitised                         */
    const struct dom0_module *module;   /* 0: kernel, 1: initrd              */
    unsigned int module_count;
    const struct param_mem *mem;        /* Option dom0_mem                   */
    bool may_restart;                   /* If it crashes and is made for it  */
    unsigned int max_vcpus;             /* 1 .. DOMAIN_MAX_VCPUS             */
    unsigned int phys_bits;             /* Width of physical addresses       */
    const struct dom0_ports *ports;     /* Not for dom0                      */
    unsigned int port_count;
    const paddr_t *hidden_frames;       /* Pages of registers not for dom0   */
    unsigned int hidden_count;
};

/*
 * Look at the modules and take dom0's memory, lowest first, before the
 * hypervisor scatters its own: right after boot_alloc_finish().  The frames
 * of the modules are still reserved; they become dom0's.  Panics with one
 * line that says what to do if there is no usable kernel or too little
 * memory.  @boot and all it points to must stay until dom0_build().
 */
void dom0_reserve(const struct dom0_boot *boot);

/*
 * Build the domain and make its first vCPU ready to run.  After ACPI, I/O
 * APICs, PCI and the scheduler are up.  Panics with one line that says what
 * to do if it cannot.  The domain is still paused once: the caller lets it
 * go.
 */
struct domain *dom0_build(void);

/*
 * Pages to give to dom0 of @free pages.  0; -ENOMEM if more are asked for
 * than there are (then *@pages is what was asked for).  Pure.
 */
int __must_check dom0_mem_pages(const struct param_mem *mem, uint64_t free,
                                uint64_t *pages);

#endif /* CORE_DOM0_DOM0_H */
