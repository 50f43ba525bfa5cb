/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVM parameters: numbers that the tools and the guest leave for each other
 * and for us.  Policy and effects are in core/hypercall/hvm_params.c.
 */
#ifndef CORE_DOMAIN_HVM_PARAM_H
#define CORE_DOMAIN_HVM_PARAM_H

#include <core/abi/hvm.h>
#include <core/lib/types.h>

/* Fields are read freely; written under the domain's lock. */
struct hvm_param_set {
    uint64_t value[HVM_NR_PARAMS];
};

#endif /* CORE_DOMAIN_HVM_PARAM_H */
