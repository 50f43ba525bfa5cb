/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall hvm_op: parameters, the upcall vector, and small questions.
 * Locking: in the functions called.  Chapter: xen/hvm/hvm_op.h.
 */
#include <core/hypercall/hvm_params.h>
#include <core/hypercall/hypercall.h>

#include <core/abi/hvm.h>
#include <core/arch/arch_domain.h>
#include <core/arch/arch_p2m.h>
#include <core/domain/access.h>
#include <core/evtchn/evtchn.h>
#include <core/hypercall/guest_handle.h>
#include <core/kernel/time.h>
#include <core/lib/errno.h>

/* Vectors below belong to exceptions. */
#define FIRST_VECTOR 0x10u

static int64_t hvm_op_param(const struct vcpu *v, gva_t arg, bool is_set)
{
    struct xen_hvm_param op;
    struct domain *target;
    int rc;

    if (gva_read(&op, arg) != 0) {
        return -EFAULT;
    }
    if (op.index >= HVM_NR_PARAMS) {
        return -EINVAL;
    }
    rc = access_find(v->domain, op.domid, TARGET_ANY, &target);
    if (rc != 0) {
        return rc;
    }
    if (is_set) {
        return hvm_params_set(v, target, op.index, op.value);
    }
    rc = hvm_params_get(v, target, op.index, &op.value);
    return rc != 0 ? rc : gva_write(arg, &op);
}

static int64_t hvm_op_upcall_vector(struct domain *d, gva_t arg)
{
    struct xen_hvm_evtchn_upcall_vector op;
    struct vcpu *v;

    if (gva_read(&op, arg) != 0) {
        return -EFAULT;
    }
    if (op.vector < FIRST_VECTOR) {
        return -EINVAL;
    }
    v = domain_vcpu(d, op.vcpu);
    if (v == NULL) {
        return -ENOENT;
    }

    /* Commit: nothing below may fail. */
    arch_vcpu_set_upcall_vector(v, op.vector);
    if (evtchn_upcall_pending(v)) {
        arch_vcpu_upcall(v);
    }
    return 0;
}

/* A probe: there are no shadow page tables that a dying one could concern. */
static int64_t hvm_op_pagetable_dying(struct domain *d, gva_t arg)
{
    struct xen_hvm_pagetable_dying op;
    struct domain *target;

    if (gva_read(&op, arg) != 0) {
        return -EFAULT;
    }
    target = op.domid == DOMID_SELF ? d : domain_by_id(op.domid);
    return target == NULL ? -ESRCH : -EINVAL;
}

static int64_t hvm_op_get_time(gva_t arg)
{
    const struct xen_hvm_get_time op = { .now = time_now() };

    return gva_write(arg, &op);
}

static hvmmem_type_t hvm_op_type_of(enum p2m_type type)
{
    if (type == P2M_NONE || p2m_type_is_mmio(type)) {
        return HVMMEM_mmio_dm;
    }
    /* What was not touched yet is RAM as well. */
    return type == P2M_RAM_RO || type == P2M_GRANT_RO ||
                   type == P2M_FOREIGN_RO
               ? HVMMEM_ram_ro
               : HVMMEM_ram_rw;
}

static int64_t hvm_op_get_mem_type(struct domain *d, gva_t arg)
{
    struct xen_hvm_get_mem_type op;
    struct domain *target;
    int rc;

    if (gva_read(&op, arg) != 0) {
        return -EFAULT;
    }
    rc = access_find(d, op.domid, TARGET_ANY, &target);
    if (rc != 0) {
        return rc;
    }
    op.mem_type =
        (uint16_t)hvm_op_type_of(p2m_lookup(target, GFN(op.pfn)).type);
    return gva_write(arg, &op);
}

int64_t hcall_hvm_op(struct vcpu *v, struct hcall_regs *r)
{
    const gva_t arg = r->arg[1];

    switch ((unsigned int)r->arg[0]) {
    case HVMOP_set_param:
        return hvm_op_param(v, arg, true);
    case HVMOP_get_param:
        return hvm_op_param(v, arg, false);
    case HVMOP_set_evtchn_upcall_vector:
        return hvm_op_upcall_vector(v->domain, arg);
    case HVMOP_pagetable_dying:
        return hvm_op_pagetable_dying(v->domain, arg);
    case HVMOP_get_time:
        return hvm_op_get_time(arg);
    case HVMOP_get_mem_type:
        return hvm_op_get_mem_type(v->domain, arg);
    default:
        return -ENOSYS;
    }
}
