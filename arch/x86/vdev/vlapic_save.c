/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records LAPIC and LAPIC_REGS: the base and what the page does not show,
 * and the page.
 */
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_save.h>
#include <arch/x86/vdev/vlapic_priv.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

/* hvm_hw_lapic.disabled, as Xen has it. */
#define DISABLED_BY_SVR BIT32(0)
#define DISABLED_BY_BASE BIT32(1)

uint32_t vlapic_base_save(struct vcpu *v, void *body)
{
    const struct vlapic *const l = &v->arch->vlapic;

    *(struct hvm_hw_lapic *)body = (struct hvm_hw_lapic){
        .apic_base_msr = l->base_msr,
        .disabled = (*vlapic_reg(l, APIC_SVR) & APIC_SVR_ENABLE
                         ? 0 : DISABLED_BY_SVR) |
                    (vlapic_is_on(l) ? 0 : DISABLED_BY_BASE),
        .timer_divisor = 1u << l->divide_shift,
        .tdt_msr = l->tsc_deadline,
    };
    return sizeof(struct hvm_hw_lapic);
}

int vlapic_base_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_hw_lapic *const r = body;
    const uint64_t mode = APIC_BASE_ENABLE | APIC_BASE_EXTD;
    const uint64_t wanted = r->apic_base_msr & mode;

    if ((r->apic_base_msr & ~(mode | APIC_BASE_BSP)) != VLAPIC_BASE ||
        wanted == APIC_BASE_EXTD ||
        (wanted == mode && !v->domain->arch->cpuid->has_x2apic)) {
        return -EINVAL;
    }
    return 0;
}

/* The divider comes with the page. */
void vlapic_base_load(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_hw_lapic *const r = body;
    struct vlapic *const l = &v->arch->vlapic;

    l->base_msr = r->apic_base_msr;
    v->arch->s.dirty |= HVM_APIC_BASE;
    l->tsc_deadline = r->tdt_msr;
    hvm_event_recheck(v);
}

uint32_t vlapic_page_save(struct vcpu *v, void *body)
{
    const struct vlapic *const l = &v->arch->vlapic;
    struct hvm_hw_lapic_regs *const r = body;
    const uint32_t count = vlapic_timer_count(v);

    memcpy(r->data, l->regs, sizeof(r->data));
    memcpy(r->data + APIC_TIMER_COUNT, &count, sizeof(count));
    return sizeof(*r);
}

/* Whatever is in it, what a page cannot have is cut. */
int vlapic_page_check(struct vcpu *v, const void *body, uint32_t bytes)
{
    return 0;
}

/* Which words of a bank of 256 bits are not empty. */
static uint32_t words_of(const struct vlapic *l, uint32_t bank)
{
    uint32_t words = 0;

    for (unsigned int i = 0; i < 8; i++) {
        if (*vlapic_reg(l, bank + i * 0x10u)) {
            words |= BIT32(i);
        }
    }
    return words;
}

/* A count that had not run out goes on from where it was. */
static void restart_timer(struct vcpu *v, uint32_t count)
{
    struct vlapic *const l = &v->arch->vlapic;
    const uint32_t initial = *vlapic_reg(l, APIC_TIMER_INIT);
    const uint32_t mode = *vlapic_reg(l, APIC_LVT_TIMER) &
                          (APIC_LVT_TIMER_PERIODIC | APIC_LVT_TIMER_DEADLINE);
    const uint64_t deadline = l->tsc_deadline;

    vlapic_timer_stop(v);
    if (mode == APIC_LVT_TIMER_DEADLINE) {
        const int rc = vlapic_set_tsc_deadline(v, deadline);

        BUG_ON(rc); /* It is the mode that it asks for. */
    } else if (mode == APIC_LVT_TIMER_PERIODIC) {
        vlapic_timer_set_count(v, initial);
    } else if (initial && count) {
        vlapic_timer_set_count(v, min(count, initial));
        *vlapic_reg(l, APIC_TIMER_INIT) = initial;
    }
}

void vlapic_page_load(struct vcpu *v, const void *body, uint32_t bytes)
{
    const struct hvm_hw_lapic_regs *const r = body;
    struct vlapic *const l = &v->arch->vlapic;
    uint32_t isr;
    uint32_t count;

    memcpy(l->regs, r->data, sizeof(r->data));
    memcpy(&count, r->data + APIC_TIMER_COUNT, sizeof(count));
    vlapic_regs_sanitise(v);
    isr = words_of(l, APIC_ISR);
    l->isr_words = isr;
    l->isrv = -1;
    if (isr) {
        const unsigned int i = bit_highest(isr);

        l->isrv = (int16_t)(i * 32 +
                            bit_highest(*vlapic_reg(l, APIC_ISR + i * 0x10u)));
    }
    atomic_set_relaxed(&l->irr_words, words_of(l, APIC_IRR));
    atomic_set(&l->tmr_changed, true);
    l->esr_pending = 0;
    vlapic_timer_set_divide(v, *vlapic_reg(l, APIC_TIMER_DIVIDE));
    restart_timer(v, count);
    hvm_event_recheck(v);
}
