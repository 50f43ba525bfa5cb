/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registers of the virtual local APIC: one set behind two doors, the
 * MMIO page (xAPIC) and MSRs 0x800 on (x2APIC).  SDM volume 3, "Local APIC
 * Register Address Map", "x2APIC Register Address Space".
 */
#include <arch/x86/hvm/cpuid_policy.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/vdev/vlapic_priv.h>
#include <core/evtchn/evtchn.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

#define REGS 64u
#define REG(offset) ((offset) >> 4)
#define REG_BIT(offset) (UINT64_C(1) << REG(offset))
#define REG_BITS8(offset) (UINT64_C(0xff) << REG(offset))

/* Registers that exist, and those that can be written; bit n: offset n*16. */
#define READABLE                                                             \
    (REG_BIT(APIC_ID) | REG_BIT(APIC_VERSION) | REG_BIT(APIC_TPR) |          \
     REG_BIT(APIC_PPR) | REG_BIT(APIC_LDR) | REG_BIT(APIC_SVR) |             \
     REG_BITS8(APIC_ISR) | REG_BITS8(APIC_TMR) | REG_BITS8(APIC_IRR) |       \
     REG_BIT(APIC_ESR) | REG_BIT(APIC_ICR) | REG_BIT(APIC_LVT_TIMER) |       \
     REG_BIT(APIC_LVT_THERMAL) | REG_BIT(APIC_LVT_PERF) |                    \
     REG_BIT(APIC_LVT_LINT0) | REG_BIT(APIC_LVT_LINT1) |                     \
     REG_BIT(APIC_LVT_ERROR) | REG_BIT(APIC_TIMER_INIT) |                    \
     REG_BIT(APIC_TIMER_COUNT) | REG_BIT(APIC_TIMER_DIVIDE))
#define READABLE_XAPIC                                                       \
    (READABLE | REG_BIT(APIC_APR) | REG_BIT(APIC_RRD) | REG_BIT(APIC_DFR) |  \
     REG_BIT(APIC_ICR_HIGH))
#define WRITABLE                                                             \
    (REG_BIT(APIC_TPR) | REG_BIT(APIC_EOI) | REG_BIT(APIC_SVR) |             \
     REG_BIT(APIC_ESR) | REG_BIT(APIC_ICR) | REG_BIT(APIC_LVT_TIMER) |       \
     REG_BIT(APIC_LVT_THERMAL) | REG_BIT(APIC_LVT_PERF) |                    \
     REG_BIT(APIC_LVT_LINT0) | REG_BIT(APIC_LVT_LINT1) |                     \
     REG_BIT(APIC_LVT_ERROR) | REG_BIT(APIC_TIMER_INIT) |                    \
     REG_BIT(APIC_TIMER_DIVIDE))
#define WRITABLE_X2APIC (WRITABLE | REG_BIT(APIC_SELF_IPI))
#define WRITABLE_XAPIC                                                       \
    (WRITABLE | REG_BIT(APIC_LDR) | REG_BIT(APIC_DFR) |                      \
     REG_BIT(APIC_ICR_HIGH))

#define SVR_VALID 0x1ffu
#define LVT_VALID 0x000117ffu /* Vector, mode, status, mask                  */
#define LVT_VALID_LINT 0x0001f7ffu
#define LVT_VALID_TIMER 0x000710ffu

static uint32_t lvt_valid(uint32_t offset)
{
    switch (offset) {
    case APIC_LVT_TIMER: return LVT_VALID_TIMER;
    case APIC_LVT_LINT0:
    case APIC_LVT_LINT1: return LVT_VALID_LINT;
    case APIC_LVT_ERROR: return 0x000110ffu;
    default: return LVT_VALID;
    }
}

/* The writable bits, for x2APIC's #GP on any other. */
static uint32_t valid_bits(const struct vcpu *v, uint32_t offset)
{
    switch (offset) {
    case APIC_TPR: return 0xff;
    case APIC_EOI:
    case APIC_ESR: return 0;
    case APIC_SVR: return SVR_VALID;
    case APIC_ICR: return 0x000ccfffu;
    case APIC_TIMER_INIT: return UINT32_MAX;
    case APIC_TIMER_DIVIDE: return 0xb;
    case APIC_SELF_IPI: return 0xff;
    case APIC_LVT_TIMER:
        return v->domain->arch->cpuid->has_tsc_deadline
                   ? LVT_VALID_TIMER
                   : LVT_VALID_TIMER & ~APIC_LVT_TIMER_DEADLINE;
    default: return lvt_valid(offset);
    }
}

void vlapic_regs_reset(struct vcpu *v)
{
    static const uint16_t lvts[] = {
        APIC_LVT_TIMER, APIC_LVT_THERMAL, APIC_LVT_PERF, APIC_LVT_LINT0,
        APIC_LVT_LINT1, APIC_LVT_ERROR,
    };
    const struct vlapic *const l = &v->arch->vlapic;
    const uint32_t id = vlapic_id(v);

    memset(l->regs, 0, APIC_SIZE);
    *vlapic_reg(l, APIC_VERSION) = VLAPIC_VERSION;
    *vlapic_reg(l, APIC_SVR) = 0xff;
    *vlapic_reg(l, APIC_DFR) = UINT32_MAX;
    *vlapic_reg(l, APIC_ID) = id << APIC_ID_SHIFT;
    for (unsigned int i = 0; i < ARRAY_SIZE(lvts); i++) {
        *vlapic_reg(l, lvts[i]) = APIC_LVT_MASKED;
    }
    if (vlapic_is_x2apic(l)) {
        *vlapic_reg(l, APIC_ID) = id;
        *vlapic_reg(l, APIC_LDR) = (id >> 4) << 16 | BIT32(id & 0xf);
    }
}

/* Read-only ones, reserved bits, vectors that are illegal. */
void vlapic_regs_sanitise(struct vcpu *v)
{
    static const uint16_t plain[] = {
        APIC_TPR, APIC_SVR, APIC_TIMER_DIVIDE, APIC_LVT_TIMER,
        APIC_LVT_THERMAL, APIC_LVT_PERF, APIC_LVT_LINT0, APIC_LVT_LINT1,
        APIC_LVT_ERROR,
    };
    static const uint16_t banks[] = { APIC_ISR, APIC_TMR, APIC_IRR };
    const struct vlapic *const l = &v->arch->vlapic;
    const uint32_t id = vlapic_id(v);

    for (uint32_t offset = 0; offset < APIC_SIZE; offset += 4) {
        if (offset % 16 || !(READABLE_XAPIC >> REG(offset) & 1)) {
            *vlapic_reg(l, offset) = 0;
        }
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(plain); i++) {
        *vlapic_reg(l, plain[i]) &= valid_bits(v, plain[i]);
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(banks); i++) {
        *vlapic_reg(l, banks[i]) &= ~UINT32_C(0xffff);
    }
    *vlapic_reg(l, APIC_VERSION) = VLAPIC_VERSION;
    *vlapic_reg(l, APIC_ID) = vlapic_is_x2apic(l) ? id : id << APIC_ID_SHIFT;
    if (vlapic_is_x2apic(l)) {
        *vlapic_reg(l, APIC_LDR) = (id >> 4) << 16 | BIT32(id & 0xf);
    }
}

static uint32_t reg_read(const struct vcpu *v, uint32_t offset)
{
    const struct vlapic *const l = &v->arch->vlapic;

    switch (offset) {
    case APIC_PPR: return vlapic_ppr(l);
    case APIC_TIMER_COUNT: return vlapic_timer_count(v);
    default: return *vlapic_reg(l, offset);
    }
}

/*
 * Disabling by software masks all local sources.  An upcall that came while
 * the APIC was disabled was lost, and as long as it stays pending no other is
 * raised: enabling makes up for it.
 */
static void write_svr(struct vcpu *v, uint32_t val)
{
    const struct vlapic *const l = &v->arch->vlapic;

    *vlapic_reg(l, APIC_SVR) = val & SVR_VALID;
    if (val & APIC_SVR_ENABLE) {
        if (v->arch->upcall_vector && evtchn_upcall_pending(v)) {
            vlapic_set_irq(v, v->arch->upcall_vector, false);
        }
        hvm_event_recheck(v);
        return;
    }
    for (uint32_t offset = APIC_LVT_TIMER; offset <= APIC_LVT_ERROR;
         offset += 0x10) {
        *vlapic_reg(l, offset) |= APIC_LVT_MASKED;
    }
}

static void write_lvt(struct vcpu *v, uint32_t offset, uint32_t val)
{
    const struct vlapic *const l = &v->arch->vlapic;
    const uint32_t old = *vlapic_reg(l, offset);

    val &= lvt_valid(offset) & ~APIC_LVT_PENDING;
    if (!vlapic_is_enabled(l)) {
        val |= APIC_LVT_MASKED;
    }
    *vlapic_reg(l, offset) = val;
    if (offset == APIC_LVT_TIMER) {
        vlapic_timer_mode_changed(v, old);
    }
}

static void reg_write(struct vcpu *v, uint32_t offset, uint32_t val)
{
    struct vlapic *const l = &v->arch->vlapic;

    switch (offset) {
    case APIC_EOI:
        vlapic_eoi(v);
        break;
    case APIC_TPR:
        *vlapic_reg(l, APIC_TPR) = val & 0xff;
        if (atomic_read_relaxed(&l->irr_words)) {
            hvm_event_recheck(v);
        }
        break;
    case APIC_LDR:
        *vlapic_reg(l, offset) = val & 0xff000000u;
        break;
    case APIC_DFR:
        *vlapic_reg(l, offset) = val | 0x0fffffffu;
        break;
    case APIC_SVR:
        write_svr(v, val);
        break;
    case APIC_ESR:
        *vlapic_reg(l, offset) = atomic_exchange(&l->esr_pending, 0u);
        break;
    case APIC_ICR_HIGH:
        *vlapic_reg(l, offset) = val & 0xff000000u;
        break;
    case APIC_ICR:
        *vlapic_reg(l, offset) = val & ~APIC_ICR_BUSY;
        vlapic_write_icr(v, (uint64_t)(*vlapic_reg(l, APIC_ICR_HIGH) >>
                                       APIC_ID_SHIFT) << 32 | val);
        break;
    case APIC_TIMER_INIT:
        vlapic_timer_set_count(v, val);
        break;
    case APIC_TIMER_DIVIDE:
        vlapic_timer_set_divide(v, val);
        break;
    case APIC_SELF_IPI:
        vlapic_set_irq(v, (uint8_t)val, false);
        break;
    default:
        write_lvt(v, offset, val);
        break;
    }
}

int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const struct vlapic *const l = &v->arch->vlapic;
    const uint32_t reg = msr - MSR_X2APIC_BASE;

    if (!vlapic_is_x2apic(l) || reg >= REGS || !(READABLE >> reg & 1)) {
        return -EFAULT;
    }
    *val = reg_read(v, reg << 4);
    if (reg == REG(APIC_ICR)) {
        *val |= (uint64_t)*vlapic_reg(l, APIC_ICR_HIGH) << 32;
    }
    return 0;
}

int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    struct vlapic *const l = &v->arch->vlapic;
    const uint32_t reg = msr - MSR_X2APIC_BASE;
    const uint32_t offset = reg << 4;

    /* The end of each interrupt, where the processor does not see to it. */
    if (likely(reg == REG(APIC_EOI) && val == 0 && vlapic_is_x2apic(l))) {
        vlapic_eoi(v);
        return 0;
    }
    if (!vlapic_is_x2apic(l) || reg >= REGS ||
        !(WRITABLE_X2APIC >> reg & 1) ||
        ((uint32_t)val & ~valid_bits(v, offset))) {
        return -EFAULT;
    }
    if (offset == APIC_ICR) {
        *vlapic_reg(l, APIC_ICR) = (uint32_t)val;
        *vlapic_reg(l, APIC_ICR_HIGH) = (uint32_t)(val >> 32);
        vlapic_write_icr(v, val);
        return 0;
    }
    if (val >> 32) {
        return -EFAULT;
    }
    reg_write(v, offset, (uint32_t)val);
    return 0;
}

int vlapic_set_base(struct vcpu *v, uint64_t val)
{
    struct vlapic *const l = &v->arch->vlapic;
    const uint64_t mode = APIC_BASE_ENABLE | APIC_BASE_EXTD;
    const uint64_t old = l->base_msr & mode;
    const uint64_t new = val & mode;

    /* The page does not move: the hypervisor keeps its address. */
    if ((val & ~(mode | APIC_BASE_BSP)) != VLAPIC_BASE ||
        new == APIC_BASE_EXTD) {
        return -EFAULT;
    }
    if ((new == mode && !v->domain->arch->cpuid->has_x2apic) ||
        (new == mode && old == 0) ||
        (new == APIC_BASE_ENABLE && old == mode)) {
        return -EFAULT;
    }
    l->base_msr = VLAPIC_BASE | new | (l->base_msr & APIC_BASE_BSP);
    v->arch->s.dirty |= HVM_APIC_BASE;
    if (new == 0) {
        vlapic_reset(v, true);
    } else if (new == mode && old != mode) {
        const uint32_t id = vlapic_id(v);

        *vlapic_reg(l, APIC_ID) = id;
        *vlapic_reg(l, APIC_LDR) = (id >> 4) << 16 | BIT32(id & 0xf);
        *vlapic_reg(l, APIC_ICR_HIGH) = 0;
    } else if (new == APIC_BASE_ENABLE) {
        *vlapic_reg(l, APIC_ID) = vlapic_id(v) << APIC_ID_SHIFT;
    }
    return 0;
}

static bool mmio_accept(struct vcpu *v, gpa_t gpa)
{
    const struct vlapic *const l = &v->arch->vlapic;

    return (gpa & PAGE_MASK) == VLAPIC_BASE && vlapic_is_on(l) &&
           !vlapic_is_x2apic(l);
}

/* Accesses other than aligned 32 bits are undefined: read the bytes. */
static uint64_t mmio_read(struct vcpu *v, gpa_t gpa, unsigned int size)
{
    const uint32_t offset = (uint32_t)gpa & 0xff0;

    if (page_offset(gpa) >= APIC_SIZE ||
        !(READABLE_XAPIC >> REG(offset) & 1)) {
        vlapic_error(v, APIC_ESR_ILLEGAL_REG);
        return 0;
    }
    return (uint64_t)reg_read(v, offset) >> (gpa & 3) * 8;
}

static void mmio_write(struct vcpu *v, gpa_t gpa, unsigned int size,
                       uint64_t val)
{
    const uint32_t offset = (uint32_t)gpa & 0xff0;

    if (page_offset(gpa) >= APIC_SIZE ||
        !(WRITABLE_XAPIC >> REG(offset) & 1)) {
        vlapic_error(v, APIC_ESR_ILLEGAL_REG);
        return;
    }
    if (size == 4 && gpa % 16 == 0) {
        reg_write(v, offset, (uint32_t)val);
    }
}

const struct mmio_ops vlapic_mmio_ops = {
    .accept = mmio_accept,
    .read = mmio_read,
    .write = mmio_write,
};

void vlapic_written(struct vcpu *v, uint32_t offset)
{
    reg_write(v, offset, *vlapic_reg(&v->arch->vlapic, offset));
}
