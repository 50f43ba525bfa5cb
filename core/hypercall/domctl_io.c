/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls about the machine's I/O in the hands of a domain, and the buttons
 * of its virtual machine.
 */
#include <core/hypercall/domctl.h>

#include <core/arch/arch_domain.h>
#include <core/arch/arch_mm.h>
#include <core/arch/arch_p2m.h>
#include <core/domain/io_caps.h>
#include <core/domain/physmap.h>
#include <core/domain/vcpu.h>
#include <core/hypercall/hypercall.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>

#define PORTS 0x10000u
/* More lines than a machine has: what Xen numbers stays below that. */
#define PIRQS 4096u

static const struct domain *caller(void)
{
    return this_cpu()->current->domain;
}

/*
 * Stop @d until domain_unpause().  0, or -ERESTART with nothing done.  Only
 * the hardware domain's own rights would be changed without: they never are.
 */
static int stop(struct domain *d)
{
    int rc;

    if (d == caller()) {
        return -EPERM;
    }
    domain_pause(d);
    rc = domain_wait_saved(d);
    if (rc) {
        domain_unpause(d);
    }
    return rc;
}

int domctl_ioport_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_ioport_permission *p = &op->u.ioport_permission;
    int rc;

    if (p->nr_ports == 0 || p->first_port >= PORTS ||
        p->nr_ports > PORTS - p->first_port) {
        return -EINVAL;
    }
    rc = stop(d);
    if (rc) {
        return rc;
    }
    rc = io_caps_set_ports(d, caller(), (uint16_t)p->first_port,
                           (uint16_t)(p->first_port + p->nr_ports - 1),
                           p->allow_access);
    domain_unpause(d);
    return rc;
}

int domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_iomem_permission *p = &op->u.iomem_permission;
    const uint64_t last = p->first_mfn + p->nr_mfns - 1;
    int rc;

    if (last < p->first_mfn) {
        return -EINVAL;
    }
    rc = stop(d);
    if (rc) {
        return rc;
    }
    rc = io_caps_set_mmio(d, caller(), p->first_mfn, last, p->allow_access);
    domain_unpause(d);
    return rc;
}

/* Interrupts of devices, which all stay the hardware domain's. */
int domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
    return op->u.irq_permission.pirq >= PIRQS ? -EINVAL : -EPERM;
}

/* True if [@gfn, +@nr) shows nothing, or just what is to be taken away. */
static bool can_map(struct domain *d,
                    const struct xen_domctl_memory_mapping *m, uint64_t nr)
{
    for (uint64_t i = 0; i < nr; i++) {
        const struct p2m_entry e = p2m_lookup(d, GFN(m->first_gfn + i));

        if (e.type == P2M_NONE) {
            continue;
        }
        if (!p2m_type_is_mmio(e.type) ||
            mfn_x(e.mfn) != m->first_mfn + i) {
            return false;
        }
    }
    return true;
}

/* A batch: as many frames as it says, 0 if it was the last. */
static int change_mapping(struct domain *d,
                          const struct xen_domctl_memory_mapping *m)
{
    const uint64_t nr = min_t(uint64_t, m->nr_mfns, HCALL_BATCH);
    int rc = -EPERM;

    spin_lock(&d->physmap_lock);
    if (can_map(d, m, nr)) {
        rc = m->add_mapping
                 ? p2m_map_range(d, GFN(m->first_gfn), MFN(m->first_mfn), nr,
                                 P2M_MMIO_DIRECT)
                 : p2m_unmap_range(d, GFN(m->first_gfn), nr);
    }
    spin_unlock(&d->physmap_lock);
    return rc == 0 && nr < m->nr_mfns ? (int)nr : rc;
}

int domctl_memory_mapping(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_memory_mapping *m = &op->u.memory_mapping;
    const uint64_t last = m->first_mfn + m->nr_mfns - 1;

    if (last < m->first_mfn || !mfn_valid(MFN(last)) ||
        m->first_gfn + m->nr_mfns - 1 < m->first_gfn ||
        !gfn_valid(GFN(m->first_gfn + m->nr_mfns - 1))) {
        return -EINVAL;
    }
    if (d->is_hardware || !io_caps_has(caller()->mmio_ok, m->first_mfn, last) ||
        !io_caps_has(d->mmio_ok, m->first_mfn, last)) {
        return -EPERM;
    }
    return change_mapping(d, m);
}

int domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
    struct vcpu *v = domain_vcpu(d, op->u.sendtrigger.vcpu);

    if (!v) {
        return -ESRCH;
    }
    switch (op->u.sendtrigger.trigger) {
    case XEN_DOMCTL_SENDTRIGGER_NMI:
        arch_vcpu_send_nmi(v);
        return 0;
    case XEN_DOMCTL_SENDTRIGGER_POWER:
    case XEN_DOMCTL_SENDTRIGGER_SLEEP:
        /* As on Xen: a PVH domain has no such button, which is no error. */
        return 0;
    default:
        return -ENOSYS;
    }
}
