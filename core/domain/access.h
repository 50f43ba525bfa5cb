/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what: the one place where a domain's privilege is decided.
 * Classes are for the caller alone (rows of hypercalls.def) and for a caller
 * and its target (rows of domctl.def, handlers with a domid argument).
 * No locking: all inputs are constant after creation.
 */
#ifndef CORE_DOMAIN_ACCESS_H
#define CORE_DOMAIN_ACCESS_H

#include <core/domain/domain.h>

enum access_class {
    ACCESS_NONE,     /* Nobody: there is no such call                        */
    ACCESS_ANY,      /* Every domain                                         */
    ACCESS_HARDWARE, /* The domain that owns the machine's devices           */
    ACCESS_CONTROL,  /* A control domain                                     */
    ACCESS_CLASSES
};

/* May @d make calls of that class at all? */
static inline bool access_is_allowed(const struct domain *d,
                                     enum access_class class)
{
    if (likely(class == ACCESS_ANY)) {
        return true;
    }
    return class == ACCESS_CONTROL ? d->is_control : d->is_hardware;
}

/* On whom an operation works. */
enum access_target {
    TARGET_NONE,  /* Names no domain                                         */
    TARGET_SELF,  /* The caller only                                         */
    TARGET_OTHER, /* A control domain, on another domain                     */
    TARGET_ANY,   /* The caller itself, or a control domain on any           */
    TARGETS
};

/* 0 or -EPERM. */
int __must_check access_check(const struct domain *caller,
                              const struct domain *target,
                              enum access_target rule);

/*
 * The domain that argument @domid of a call by @caller names: DOMID_SELF or a
 * number.  Valid until the loop head, as domain_by_id().
 * 0, -ESRCH if there is none, -EPERM if @rule forbids.
 */
int __must_check access_find(struct domain *caller, domid_t domid,
                             enum access_target rule, struct domain **target);

#endif /* CORE_DOMAIN_ACCESS_H */
