/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache of register groups; see vcpu_state.h.
 */
#include <arch/x86/hvm/hvm.h>

/* HVM_SEG brings HVM_MODE along: back ends pull both in one go. */
static uint32_t with_mode(uint32_t groups)
{
    return groups & HVM_SEG ? groups | (uint32_t)HVM_MODE : groups;
}

void vcpu_state_fetch(struct vcpu *v, uint32_t groups)
{
    struct vcpu_state *const s = &v->arch->s;
    const uint32_t absent = groups & ~s->valid;

    hvm_ops->pull(v, absent);
    s->valid |= with_mode(absent);
}

void vcpu_state_change(struct vcpu *v, uint32_t groups)
{
    vcpu_state_pull(v, groups);
    v->arch->s.dirty |= groups;
}
