/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall physdev_op: what the hardware domain's kernel tells about PCI.
 * Interrupts are its business through its own interrupt controllers, so the
 * operations on them do not exist here.
 * Locking: in the functions called.  Chapter: xen/physdev.h.
 */
#include <core/hypercall/physdev_op.h>

#include <core/abi/physdev.h>
#include <core/domain/domain.h>
#include <core/hypercall/guest_handle.h>
#include <core/hypercall/hypercall.h>
#include <core/lib/errno.h>

static const struct physdev_pci_ops *physdev_pci; /* [c] after boot */

void physdev_set_pci_ops(const struct physdev_pci_ops *ops)
{
    physdev_pci = ops;
}

static int64_t physdev_pci_add(struct domain *d, gva_t arg)
{
    struct physdev_pci_device_add op;

    if (gva_read(&op, arg) != 0) {
        return -EFAULT;
    }
    return physdev_pci->add(
        d, op.seg, op.bus, op.devfn, op.flags & XEN_PCI_DEV_VIRTFN,
        (uint16_t)(op.physfn.bus << 8 | op.physfn.devfn));
}

static int64_t physdev_pci_remove(struct domain *d, gva_t arg)
{
    struct physdev_pci_device op;

    if (gva_read(&op, arg) != 0) {
        return -EFAULT;
    }
    return physdev_pci->remove(d, op.seg, op.bus, op.devfn);
}

static int64_t physdev_pci_mmcfg(struct domain *d, gva_t arg)
{
    struct physdev_pci_mmcfg_reserved op;

    if (gva_read(&op, arg) != 0) {
        return -EFAULT;
    }
    if (op.start_bus > op.end_bus) {
        return -EINVAL;
    }
    return physdev_pci->mmcfg(d, op.address, op.segment, op.start_bus,
                              op.end_bus, op.flags & XEN_PCI_MMCFG_RESERVED);
}

/* No console of ours is behind a USB debug port: nothing to save for it. */
static int64_t physdev_dbgp(gva_t arg)
{
    struct physdev_dbgp_op op;

    return gva_read(&op, arg);
}

int64_t hcall_physdev_op(struct vcpu *v, struct hcall_regs *r)
{
    struct domain *const d = v->domain;
    const gva_t arg = r->arg[1];

    if (!d->is_hardware) {
        return -ENOSYS;
    }
    switch ((unsigned int)r->arg[0]) {
    case PHYSDEVOP_pci_device_add:
        return physdev_pci ? physdev_pci_add(d, arg) : -ENOSYS;
    case PHYSDEVOP_pci_device_remove:
        return physdev_pci ? physdev_pci_remove(d, arg) : -ENOSYS;
    case PHYSDEVOP_pci_mmcfg_reserved:
        return physdev_pci ? physdev_pci_mmcfg(d, arg) : -ENOSYS;
    case PHYSDEVOP_dbgp_op:
        return physdev_dbgp(arg);
    default:
        return -ENOSYS;
    }
}
