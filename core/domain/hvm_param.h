/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVM parameters: numbers that the tools and the guest leave for each other
 * and for us.  Policy and effects are in core/hypercall/hvm_params.c.
 */
#ifndef CORE_DOMAIN_HVM_PARAM_H
#define CORE_DOMAIN_HVM_PARAM_H

#include <core/abi/hvm.h>
#include <core/lib/types.h>
#include <core/lib/util.h>

/* Fields are read freely; written under the domain's lock. */
struct hvm_param_set {
    uint64_t value[HVM_NR_PARAMS];
    uint64_t is_set;  /* Bit by index: was ever written                      */
};

static_assert(HVM_NR_PARAMS <= 64, "bits of is_set");

/* Why a triple fault ends the domain: SHUTDOWN_*. */
static inline unsigned int
hvm_param_triple_fault_reason(const struct hvm_param_set *p)
{
    return p->is_set >> HVM_PARAM_TRIPLE_FAULT_REASON & 1
               ? (unsigned int)p->value[HVM_PARAM_TRIPLE_FAULT_REASON]
               : 1u; /* SHUTDOWN_reboot */
}

#endif /* CORE_DOMAIN_HVM_PARAM_H */
