/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Getting and setting HVM parameters: who may, and what setting one does.
 */
#ifndef CORE_HYPERCALL_HVM_PARAMS_H
#define CORE_HYPERCALL_HVM_PARAMS_H

#include <core/domain/domain.h>

/*
 * Set parameter @index of @d; @caller is @d's vCPU, or one of a domain that
 * may change @d.  0; -EINVAL: no such parameter, or a value that cannot be;
 * -EPERM: not for the guest itself; -EEXIST: may be set once; -ENODEV.
 */
int __must_check hvm_params_set(const struct vcpu *caller, struct domain *d,
                                uint32_t index, uint64_t value);
int __must_check hvm_params_get(const struct vcpu *caller,
                                const struct domain *d, uint32_t index,
                                uint64_t *value);

#endif /* CORE_HYPERCALL_HVM_PARAMS_H */
