/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the virtual local APIC share.
 */
#ifndef ARCH_X86_VDEV_VLAPIC_PRIV_H
#define ARCH_X86_VDEV_VLAPIC_PRIV_H

#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hw/apic_regs.h>
#include <arch/x86/hw/msr_index.h>
#include <core/sync/atomic.h>

#define VLAPIC_INIT BIT32(31)
#define VLAPIC_SIPI BIT32(30)
#define VLAPIC_SIPI_VECTOR 0xffu

/* Version 0x14, six LVT entries; as Xen. */
#define VLAPIC_VERSION 0x00050014u
#define VLAPIC_DEST_ALL 0xffffffffu

static inline uint32_t *vlapic_reg(const struct vlapic *l, uint32_t offset)
{
    return (uint32_t *)(l->regs + offset);
}

static inline bool vlapic_is_x2apic(const struct vlapic *l)
{
    return l->base_msr & APIC_BASE_EXTD;
}

/* Hardware-enabled; software-enabled too. */
static inline bool vlapic_is_on(const struct vlapic *l)
{
    return l->base_msr & APIC_BASE_ENABLE;
}

static inline bool vlapic_is_enabled(const struct vlapic *l)
{
    return vlapic_is_on(l) && (*vlapic_reg(l, APIC_SVR) & APIC_SVR_ENABLE);
}

/* vlapic.c */
void vlapic_eoi(struct vcpu *v);
void vlapic_error(struct vcpu *v, uint32_t esr_bit);
uint8_t vlapic_ppr(const struct vlapic *l);
/* The interrupt of a local source, unless masked. */
void vlapic_local_irq(struct vcpu *v, uint32_t lvt_offset);

/* vlapic_ipi.c */
void vlapic_write_icr(struct vcpu *v, uint64_t icr);

/* vlapic_timer.c */
void vlapic_timer_init(struct vcpu *v);
void vlapic_timer_set_count(struct vcpu *v, uint32_t count);
uint32_t vlapic_timer_count(const struct vcpu *v);
void vlapic_timer_set_divide(struct vcpu *v, uint32_t val);
void vlapic_timer_mode_changed(struct vcpu *v, uint32_t old_lvt);
void vlapic_timer_stop(struct vcpu *v);

/* vlapic_regs.c: initial content of the page. */
void vlapic_regs_reset(struct vcpu *v);
/* The page came from outside: only what the registers can hold stays. */
void vlapic_regs_sanitise(struct vcpu *v);

#endif /* ARCH_X86_VDEV_VLAPIC_PRIV_H */
