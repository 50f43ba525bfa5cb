/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error numbers with the values of Xen's public ABI (xen/errno.h). Functions
 * return them negated. Not to be mixed with the C library's <errno.h>.
 */
#ifndef CORE_LIB_ERRNO_H
#define CORE_LIB_ERRNO_H

#define XEN_ERRNO(name, value) name = (value),
enum hospes_errno {
#include <xen/errno.h>
    /* Never seen by a guest: call again, see core/hypercall/hypercall.h. */
    ERESTART = 85,
};

#endif
