/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domctls that read and write the state of a domain's vCPUs: hvmcontext, as
 * save, restore and the builder use it, vcpucontext, which calls off a
 * suspension, and tsc_info.
 *
 * The domain is paused for the time of the call.
 */
#include <core/hypercall/domctl.h>

#include <core/arch/arch_domain.h>
#include <core/arch/arch_save.h>
#include <core/domain/vcpu.h>
#include <core/hypercall/guest_handle.h>
#include <core/lib/errno.h>
#include <core/mm/slab.h>

/* A stream is no longer than this; those of 128 vCPUs are about 1 MiB. */
#define CONTEXT_BYTES_MAX (UINT64_C(4) << 20)

/* 0, or -ERESTART with nothing changed; -EINVAL if there is nobody. */
static int stop(struct domain *d)
{
    int rc;

    if (d->dying != DOMAIN_ALIVE || !domain_vcpu(d, 0)) {
        return -EINVAL;
    }
    domain_pause(d);
    rc = domain_wait_saved(d);
    if (rc) {
        domain_unpause(d);
    }
    return rc;
}

int domctl_gethvmcontext(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_hvmcontext *const c = &op->u.hvmcontext;
    const size_t most = arch_save_size(d);
    void *buf;
    int rc;

    if (handle_is_null(c->buffer)) {
        c->size = (uint32_t)most;
        return 0;
    }
    if (c->size < most) {
        return -ENOSPC;
    }
    buf = xzalloc(most);
    if (!buf) {
        return -ENOMEM;
    }
    rc = stop(d);
    if (!rc) {
        c->size = (uint32_t)arch_save(d, buf);
        domain_unpause(d);
        if (handle_write_bytes(c->buffer, 0, buf, c->size)) {
            rc = -EFAULT;
        }
    }
    xfree(buf);
    return rc;
}

int domctl_gethvmcontext_partial(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_hvmcontext_partial *const c = &op->u.hvmcontext_partial;
    const size_t most = arch_save_size(d);
    void *const buf = xzalloc(most);
    size_t bytes = 0;
    int rc;

    if (!buf) {
        return -ENOMEM;
    }
    rc = stop(d);
    if (!rc) {
        rc = arch_save_one(d, c->type, c->instance, buf, &bytes);
        domain_unpause(d);
    }
    if (!rc && !handle_is_null(c->buffer)) {
        if (c->bufsz < bytes) {
            rc = -ENOBUFS;
        } else if (handle_write_bytes(c->buffer, 0, buf, bytes)) {
            rc = -EFAULT;
        }
    }
    c->bufsz = bytes;
    xfree(buf);
    return rc;
}

int domctl_sethvmcontext(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_hvmcontext *const c = &op->u.hvmcontext;
    void *buf;
    int rc;

    if (c->size == 0) {
        return -ENODATA;
    }
    buf = c->size <= CONTEXT_BYTES_MAX ? xzalloc(c->size) : NULL;
    if (!buf) {
        return -ENOMEM;
    }
    rc = handle_read_bytes(buf, c->buffer, 0, c->size) ? -EFAULT : 0;
    if (!rc) {
        rc = stop(d);
    }
    if (!rc) {
        rc = arch_load(d, buf, c->size);
        domain_unpause(d);
    }
    xfree(buf);
    return rc;
}

int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpucontext *const a = &op->u.vcpucontext;
    struct vcpu *const v = domain_vcpu(d, a->vcpu);
    struct vcpu_guest_context *c;
    int rc;

    if (!v) {
        return -EINVAL;
    }
    if (!v->initialised) {
        return -ENODATA;
    }
    c = xzalloc_type(struct vcpu_guest_context);
    if (!c) {
        return -ENOMEM;
    }
    rc = stop(d);
    if (!rc) {
        arch_vcpu_get_context(v, c);
        domain_unpause(d);
        rc = handle_write(a->ctxt, 0, c);
    }
    xfree(c);
    return rc;
}

/* Without a context the vCPU is as it was before it was first started. */
int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_vcpucontext *const a = &op->u.vcpucontext;
    struct vcpu *const v = domain_vcpu(d, a->vcpu);
    struct vcpu_guest_context *c;
    int rc;

    if (!v) {
        return -EINVAL;
    }
    if (handle_is_null(a->ctxt)) {
        vcpu_park(v);
        v->initialised = false;
        return 0;
    }
    c = xzalloc_type(struct vcpu_guest_context);
    if (!c) {
        return -ENOMEM;
    }
    rc = handle_read(c, a->ctxt, 0);
    if (!rc) {
        rc = stop(d);
    }
    if (!rc) {
        arch_vcpu_set_context(v, c);
        domain_unpause(d);
    }
    xfree(c);
    return rc;
}

int domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
    arch_domain_get_tsc(d, &op->u.tsc_info);
    return 0;
}

int domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
    return arch_domain_set_tsc(d, &op->u.tsc_info);
}
