/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may do what to whom.  No locking.
 */
#include <core/domain/access.h>

#include <core/lib/errno.h>

int access_check(const struct domain *caller, const struct domain *target,
                 enum access_target rule)
{
    switch (rule) {
    case TARGET_NONE:
        return 0;
    case TARGET_SELF:
        return caller == target ? 0 : -EPERM;
    case TARGET_OTHER:
        return caller != target && caller->is_control ? 0 : -EPERM;
    case TARGET_ANY:
        return caller == target || caller->is_control ? 0 : -EPERM;
    default:
        return -EPERM;
    }
}

int access_find(struct domain *caller, domid_t domid,
                enum access_target rule, struct domain **target)
{
    struct domain *d = domid == DOMID_SELF ? caller : domain_by_id(domid);

    if (!d) {
        return -ESRCH;
    }

    const int rc = access_check(caller, d, rule);

    if (rc == 0) {
        *target = d;
    }
    return rc;
}
