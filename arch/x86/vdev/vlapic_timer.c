/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timer of the virtual local APIC: one-shot, periodic, TSC deadline.  SDM
 * volume 3, "APIC Timer".  It counts nanoseconds of system time at divider 1.
 *
 * The timer function may run on another CPU than the owner's for a moment
 * after a migration; it only posts the interrupt and re-arms.
 */
#include <arch/x86/vdev/vlapic_priv.h>
#include <core/arch/arch_time.h>
#include <core/kernel/time.h>

#define LVT_MODE (3u << 17)

static uint32_t mode_of(const struct vlapic *l)
{
    return *vlapic_reg(l, APIC_LVT_TIMER) & LVT_MODE;
}

static void timer_fired(void *data)
{
    struct vcpu *const v = data;
    struct vlapic *const l = &v->arch->vlapic;
    /* Read once: the owner may be setting it, or the mode, on its CPU. */
    const nsec_t period = READ_ONCE(l->timer_period);

    if (mode_of(l) == APIC_LVT_TIMER_PERIODIC && period) {
        const nsec_t now = time_now();
        /* Ticks that nobody could take are not made up for. */
        const nsec_t missed = (now - l->timer_start) / period;

        l->timer_start += max(missed, UINT64_C(1)) * period;
        timer_set(&l->timer, l->timer_start + period);
    } else {
        l->timer_period = 0;
        l->tsc_deadline = 0;
    }
    vlapic_local_irq(v, APIC_LVT_TIMER);
}

void vlapic_timer_init(struct vcpu *v)
{
    timer_init(&v->arch->vlapic.timer, this_cpu_id(), timer_fired, v);
}

void vlapic_timer_stop(struct vcpu *v)
{
    struct vlapic *const l = &v->arch->vlapic;

    timer_stop(&l->timer);
    l->timer_period = 0;
    l->tsc_deadline = 0;
}

/*
 * A period shorter than this, unasked, would let a guest keep the CPU in its
 * timer interrupt.
 */
#define PERIOD_MIN_NS (20 * NSEC_PER_USEC)

void vlapic_timer_set_count(struct vcpu *v, uint32_t count)
{
    struct vlapic *const l = &v->arch->vlapic;

    if (mode_of(l) == APIC_LVT_TIMER_DEADLINE) {
        return;
    }
    *vlapic_reg(l, APIC_TIMER_INIT) = count;
    if (count == 0) {
        vlapic_timer_stop(v);
        return;
    }
    l->timer_period = ((nsec_t)count * VLAPIC_BUS_NS) << l->divide_shift;
    if (mode_of(l) == APIC_LVT_TIMER_PERIODIC) {
        l->timer_period = max(l->timer_period, PERIOD_MIN_NS);
    }
    l->timer_start = time_now();
    timer_set(&l->timer, l->timer_start + l->timer_period);
}

uint32_t vlapic_timer_count(const struct vcpu *v)
{
    const struct vlapic *const l = &v->arch->vlapic;
    const nsec_t period = READ_ONCE(l->timer_period);
    nsec_t passed;

    if (!period || mode_of(l) == APIC_LVT_TIMER_DEADLINE) {
        return 0;
    }
    passed = time_now() - l->timer_start;
    if (passed >= period) {
        if (mode_of(l) != APIC_LVT_TIMER_PERIODIC) {
            return 0;
        }
        passed %= period;
    }
    return (uint32_t)((period - passed) >> l->divide_shift);
}

/* SDM volume 3, "Divide Configuration Register": bits 3, 1, 0; 7 means 1. */
void vlapic_timer_set_divide(struct vcpu *v, uint32_t val)
{
    const uint32_t code = (val & 3) | (val >> 1 & 4);

    *vlapic_reg(&v->arch->vlapic, APIC_TIMER_DIVIDE) = val & 0xb;
    v->arch->vlapic.divide_shift = (code + 1) & 7;
}

/*
 * A change to or from deadline mode disarms.  A count that was loaded for one
 * shot may be too short a period.
 */
void vlapic_timer_mode_changed(struct vcpu *v, uint32_t old_lvt)
{
    struct vlapic *const l = &v->arch->vlapic;
    const uint32_t now = mode_of(l);
    const uint32_t before = old_lvt & LVT_MODE;

    if (now != before && (now == APIC_LVT_TIMER_DEADLINE ||
                          before == APIC_LVT_TIMER_DEADLINE)) {
        vlapic_timer_stop(v);
    } else if (now == APIC_LVT_TIMER_PERIODIC && l->timer_period) {
        l->timer_period = max(l->timer_period, PERIOD_MIN_NS);
    }
}

void vlapic_timer_free(struct vcpu *v)
{
    timer_free(&v->arch->vlapic.timer);
}

/* Cycles; decades away, and no nanoseconds that overflow. */
#define DEADLINE_FAR (INT64_C(1) << 58)

int vlapic_set_tsc_deadline(struct vcpu *v, uint64_t tsc)
{
    struct vlapic *const l = &v->arch->vlapic;

    if (mode_of(l) != APIC_LVT_TIMER_DEADLINE) {
        return 0;
    }
    if (tsc == 0) {
        vlapic_timer_stop(v);
        return 0;
    }
    const uint64_t at = tsc - v->arch->tsc_offset;
    const int64_t left = (int64_t)(at - arch_cycles());

    l->tsc_deadline = tsc;
    if (left <= 0) {
        timer_set(&l->timer, time_now());
    } else if (left < DEADLINE_FAR) {
        timer_set(&l->timer, time_scale_at(&this_cpu()->time, at));
    } else {
        timer_stop(&l->timer);
    }
    return 0;
}

uint64_t vlapic_get_tsc_deadline(const struct vcpu *v)
{
    return v->arch->vlapic.tsc_deadline;
}
