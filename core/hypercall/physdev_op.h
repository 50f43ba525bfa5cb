/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the hypercall physdev_op asks of whoever emulates PCI for the hardware
 * domain.
 */
#ifndef CORE_HYPERCALL_PHYSDEV_OP_H
#define CORE_HYPERCALL_PHYSDEV_OP_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;

/* Segment, bus, device and function as the kernel of the domain names it. */
struct physdev_pci_ops {
    /*
     * The domain's kernel found a device; @physfn: bus << 8 | devfn of its
     * physical function, if @is_virtfn.  0, -EEXIST is no error, -errno.
     */
    int (*add)(struct domain *d, uint16_t seg, uint8_t bus, uint8_t devfn,
               bool is_virtfn, uint16_t physfn);
    /* It went away.  0, -ENODEV. */
    int (*remove)(struct domain *d, uint16_t seg, uint8_t bus,
                  uint8_t devfn);
    /*
     * Firmware reserves (or not) the configuration window of buses @start
     * to @end at @base.  0, -ENODEV: none there, -EINVAL, -ENOMEM.
     */
    int (*mmcfg)(struct domain *d, paddr_t base, uint16_t seg, uint8_t start,
                 uint8_t end, bool is_reserved);
};

/* Boot: once.  Without, the operations answer -ENOSYS. */
void physdev_set_pci_ops(const struct physdev_pci_ops *ops);

#endif /* CORE_HYPERCALL_PHYSDEV_OP_H */
