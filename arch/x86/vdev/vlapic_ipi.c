/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts between processors and from messages: who is meant, and what
 * reaches them.  SDM volume 3, "Issuing Interprocessor Interrupts",
 * "Determining IPI Destination", "Message Signalled Interrupts".
 *
 * INIT and start-up IPIs are noted at the target and carried out by its own
 * CPU, because only that may touch its registers:
 *
 *   sender                         target (vlapic_handle_init)
 *   init |= SIPI | vector          take init; INIT: reset, stop bit SIPI
 *   stopped? vcpu_up()             SIPI came meanwhile? vcpu_up()
 */
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hvm/hvm_reset.h>
#include <arch/x86/vdev/vlapic_priv.h>
#include <core/arch/arch_irq.h>
#include <core/domain/vcpu.h>

#define ICR_MODE (7u << 8)
#define ICR_SHORTHAND (3u << 18)
#define MSI_ADDR_DEST_SHIFT 12u
#define MSI_ADDR_LOGICAL BIT(2)
#define MSI_DATA_LEVEL BIT32(15)

static bool match_logical(const struct vlapic *l, uint32_t dest)
{
    const uint32_t ldr = *vlapic_reg(l, APIC_LDR);

    if (vlapic_is_x2apic(l)) {
        return (ldr >> 16) == (dest >> 16) && (ldr & dest & 0xffff);
    }
    const uint32_t id = ldr >> 24;

    /* DFR 31:28: all ones flat, zero clusters of four. */
    if (*vlapic_reg(l, APIC_DFR) >> 28 == 0xf) {
        return id & dest & 0xff;
    }
    return (id >> 4) == (dest >> 4 & 0xf) && (id & dest & 0xf);
}

bool vlapic_match_dest(const struct vcpu *v, uint32_t dest, bool logical)
{
    const struct vlapic *const l = &v->arch->vlapic;

    if (dest == VLAPIC_DEST_ALL) {
        return true;
    }
    if (logical) {
        return match_logical(l, dest);
    }
    return dest == vlapic_id(v) || (dest == 0xff && !vlapic_is_x2apic(l));
}

struct vcpu *vlapic_lowest_prio(struct domain *d, uint32_t dest,
                                bool logical)
{
    struct vcpu *best = NULL;

    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct vcpu *const v = d->vcpu[i];

        if (v && vlapic_is_enabled(&v->arch->vlapic) &&
            vlapic_match_dest(v, dest, logical) &&
            (!best || vlapic_ppr(&v->arch->vlapic) <
                          vlapic_ppr(&best->arch->vlapic))) {
            best = v;
        }
    }
    return best;
}

static void send_init(struct vcpu *v)
{
    if (vcpu_is_down(v)) {
        return;
    }
    atomic_set(&v->arch->vlapic.init, VLAPIC_INIT);
    atomic_fetch_or(&v->arch->work, (uint32_t)HVM_WORK_INIT);
    vcpu_notify(v);
}

static bool is_stopped(const struct vcpu *v)
{
    return atomic_read_relaxed(&v->stop) &
           (VCPU_STOP_DOWN | VCPU_STOP_SIPI);
}

static void send_sipi(struct vcpu *v, uint8_t vector)
{
    struct vlapic *const l = &v->arch->vlapic;

    if (!is_stopped(v) && !(atomic_read_relaxed(&l->init) & VLAPIC_INIT)) {
        return;
    }
    atomic_fetch_or(&l->init, VLAPIC_SIPI | vector);
    atomic_fetch_or(&v->arch->work, (uint32_t)HVM_WORK_INIT);
    if (is_stopped(v)) {
        vcpu_up(v);
    }
}

void vlapic_handle_init(struct vcpu *v)
{
    struct vlapic *const l = &v->arch->vlapic;
    uint32_t init;

    atomic_fetch_and(&v->arch->work, ~(uint32_t)HVM_WORK_INIT);
    init = atomic_exchange(&l->init, 0u);
    if (init & (VLAPIC_INIT | VLAPIC_SIPI)) {
        vlapic_reset(v, true);
    }
    if (init & VLAPIC_SIPI) {
        hvm_vcpu_sipi(v, (uint8_t)(init & VLAPIC_SIPI_VECTOR));
        v->initialised = true;
    } else if (init & VLAPIC_INIT) {
        hvm_vcpu_reset(v);
        vcpu_wait_sipi(v);
        if (atomic_read_acquire(&l->init) & VLAPIC_SIPI) {
            vcpu_up(v);
        }
    }
}

static void send_one(struct vcpu *v, uint32_t mode, uint8_t vector,
                     bool is_level)
{
    switch (mode) {
    case APIC_ICR_MODE_FIXED:
    case APIC_ICR_MODE_LOWEST:
        vlapic_set_irq(v, vector, is_level);
        break;
    case APIC_ICR_MODE_NMI:
        hvm_nmi(v);
        break;
    case APIC_ICR_MODE_INIT:
        send_init(v);
        break;
    case APIC_ICR_MODE_STARTUP:
        send_sipi(v, vector);
        break;
    default:
        /* SMI, ExtINT and reserved modes have no meaning here. */
        break;
    }
}

void vlapic_send(struct domain *d, uint32_t dest, bool logical,
                 unsigned int mode, uint8_t vector, bool is_level)
{
    if (mode == APIC_ICR_MODE_LOWEST) {
        struct vcpu *const v = vlapic_lowest_prio(d, dest, logical);

        if (v) {
            vlapic_set_irq(v, vector, is_level);
        }
        return;
    }
    /* The usual case: one processor by its id. */
    if (!logical && dest % 2 == 0 && dest / 2 < d->max_vcpus &&
        d->vcpu[dest / 2] && dest != VLAPIC_DEST_ALL) {
        send_one(d->vcpu[dest / 2], mode, vector, is_level);
        return;
    }
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (d->vcpu[i] && vlapic_match_dest(d->vcpu[i], dest, logical)) {
            send_one(d->vcpu[i], mode, vector, is_level);
        }
    }
}

/* Eight-bit destinations: 0xff means everyone also in x2APIC mode. */
static uint32_t widen_dest(uint8_t dest, bool logical)
{
    return dest == 0xff && !logical ? VLAPIC_DEST_ALL : dest;
}

void vlapic_deliver_msi(struct domain *d, uint64_t addr, uint32_t data)
{
    const bool logical = addr & MSI_ADDR_LOGICAL;
    const uint8_t dest = (uint8_t)(addr >> MSI_ADDR_DEST_SHIFT);

    vlapic_send(d, widen_dest(dest, logical), logical, data & ICR_MODE,
                (uint8_t)data, data & MSI_DATA_LEVEL);
}

void arch_domain_deliver_msi(struct domain *d, uint64_t addr, uint32_t data)
{
    vlapic_deliver_msi(d, addr, data);
}

struct vcpu *arch_domain_msi_target(struct domain *d, uint64_t addr,
                                    uint32_t data)
{
    const bool logical = addr & MSI_ADDR_LOGICAL;
    const uint32_t dest =
        widen_dest((uint8_t)(addr >> MSI_ADDR_DEST_SHIFT), logical);
    struct vcpu *found = NULL;

    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct vcpu *const v = d->vcpu[i];

        if (v && vlapic_match_dest(v, dest, logical)) {
            if (found) {
                return NULL;
            }
            found = v;
        }
    }
    return found;
}

static void send_shorthand(struct vcpu *v, uint32_t icr)
{
    struct domain *const d = v->domain;
    const uint32_t shorthand = icr & ICR_SHORTHAND;

    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct vcpu *const t = d->vcpu[i];

        if (!t || (t == v && shorthand == APIC_ICR_OTHERS) ||
            (t != v && shorthand == APIC_ICR_SELF)) {
            continue;
        }
        send_one(t, icr & ICR_MODE, (uint8_t)icr, false);
    }
}

/* @icr in the form of the x2APIC register: destination in the upper half. */
void vlapic_write_icr(struct vcpu *v, uint64_t icr)
{
    const uint32_t low = (uint32_t)icr;

    /* INIT level de-assert: an old ritual without effect. */
    if ((low & ICR_MODE) == APIC_ICR_MODE_INIT &&
        (low & (APIC_ICR_LEVEL | APIC_ICR_ASSERT)) == APIC_ICR_LEVEL) {
        return;
    }
    if ((low & ICR_MODE) == APIC_ICR_MODE_FIXED && (uint8_t)low < 16) {
        vlapic_error(v, BIT32(5));
        return;
    }
    if (low & ICR_SHORTHAND) {
        send_shorthand(v, low);
    } else {
        vlapic_send(v->domain, (uint32_t)(icr >> APIC_ICR_DEST_SHIFT),
                    low & APIC_ICR_LOGICAL, low & ICR_MODE, (uint8_t)low,
                    false);
    }
}
