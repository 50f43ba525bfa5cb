/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's parameters of its policy, as lab/adjust.py has prepared them, for
 * the simulator and for the machine.
 */
#ifndef LAB_ADJUST_H
#define LAB_ADJUST_H

#include <core/abi/domctl.h>

/*
 * @op, which has what the policy has now, becomes what @word says: the form,
 * 1 for credit2's and 2 for rtds's, and its numbers; 0 in the second form:
 * as it is.
 */
static inline void lab_adjust(struct xen_domctl_scheduler_op *op,
                              const uint32_t word[4])
{
    op->cmd = XEN_DOMCTL_SCHEDOP_putinfo;
    if (word[0] == 1) {
        op->u.credit2.weight = (uint16_t)word[1];
        op->u.credit2.cap = (uint16_t)word[2];
        return;
    }
    op->u.rtds.period = word[1] ? word[1] : op->u.rtds.period;
    op->u.rtds.budget = word[2] ? word[2] : op->u.rtds.budget;
    op->u.rtds.flags = word[3];
}

#endif /* LAB_ADJUST_H */
