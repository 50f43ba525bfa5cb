/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What core asks of the machine to write the state of a domain's vCPUs down
 * and to read it back: the record stream of <xen/hvm/save.h>, described in
 * docs/save-format.md.  Implemented by arch/x86/hvm/hvm_save.c.
 *
 * Context of all: the domain is paused and every vCPU saved (vcpu_is_saved());
 * one caller at a time.
 */
#ifndef CORE_ARCH_ARCH_SAVE_H
#define CORE_ARCH_ARCH_SAVE_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;
struct vcpu;
struct vcpu_guest_context;
struct vcpu_guest_context;
struct xen_domctl_tsc_info;

/* The most bytes that arch_save() writes. */
size_t arch_save_size(const struct domain *d);

/* Write all records to @buf, which has arch_save_size(); returns bytes. */
size_t arch_save(struct domain *d, void *buf);

/*
 * The body of one record, of type @type of vCPU @instance, to @buf, which has
 * arch_save_size(); @bytes: how many.  0, -EINVAL (no such type), -ENOENT (no
 * such vCPU), -ENODATA (nothing to say, as of the registers of a vCPU that is
 * down).
 */
int __must_check arch_save_one(struct domain *d, unsigned int type,
                               unsigned int instance, void *buf,
                               size_t *bytes);

/*
 * Read records until the one that ends them.  All are checked, then all
 * applied: nothing has changed if it fails.  vCPUs without registers in the
 * stream go down, those with are started; nothing runs yet, the domain being
 * paused.  0, -ENODATA (no header, no end), -EINVAL, -EOPNOTSUPP.
 */
int __must_check arch_load(struct domain *d, const void *buf, size_t bytes);

/*
 * Registers in the form of the PV interface, into a cleared @c; and back,
 * with the flag VGCF_online saying whether the vCPU is up.
 */
void arch_vcpu_get_context(struct vcpu *v, struct vcpu_guest_context *c);
void arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *c);

#endif /* CORE_ARCH_ARCH_SAVE_H */
