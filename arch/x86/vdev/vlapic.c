/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual local APIC: interrupts from arrival to end.  SDM volume 3,
 * "Handling Interrupts", "Interrupt Acceptance for Fixed Interrupts".
 *
 * IRR and TMR are set by any CPU with atomic bit operations.  irr_words tells
 * which words of IRR to look at: its bit is set after one in the word; the
 * owner clears it when it finds the word empty, and looks again.
 */
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/vdev/vioapic.h>
#include <arch/x86/vdev/vlapic_priv.h>
#include <core/console/printk.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page_alloc.h>

#define VECTOR_FIRST_LEGAL 16u
#define ALL_WORDS 0xffu

static uint32_t *vector_word(const struct vlapic *l, uint32_t base,
                             uint8_t vector)
{
    return vlapic_reg(l, base + (vector / 32u) * 0x10u);
}

static inline uint32_t *word_of(const struct vlapic *l, uint32_t base,
                                unsigned int i)
{
    return vlapic_reg(l, base + i * 0x10u);
}

/* Word @i of IRR was seen empty: say so, unless a bit has come since. */
static inline void irr_word_empty(struct vlapic *l, unsigned int i)
{
    atomic_fetch_and(&l->irr_words, ~BIT32(i));
    if (atomic_read_relaxed(word_of(l, APIC_IRR, i))) {
        atomic_fetch_or(&l->irr_words, BIT32(i));
    }
}

/* Highest vector of the words named in @words, or -1. */
static inline int highest_vector(const struct vlapic *l, uint32_t base,
                                 uint32_t words)
{
    while (words) {
        const unsigned int i = bit_highest(words);
        const uint32_t word = atomic_read_relaxed(word_of(l, base, i));

        if (likely(word)) {
            return (int)(i * 32 + bit_highest(word));
        }
        words &= ~BIT32(i);
    }
    return -1;
}

static inline void isr_set(struct vlapic *l, uint8_t vector)
{
    *vector_word(l, APIC_ISR, vector) |= BIT32(vector % 32);
    l->isr_words |= BIT32(vector / 32);
    l->isrv = vector;
}

static void isr_clear(struct vlapic *l, uint8_t vector)
{
    uint32_t *const word = vector_word(l, APIC_ISR, vector);

    *word &= ~BIT32(vector % 32);
    if (*word == 0) {
        l->isr_words &= ~BIT32(vector / 32);
    }
    l->isrv = (int16_t)highest_vector(l, APIC_ISR, l->isr_words);
}

uint32_t vlapic_id(const struct vcpu *v)
{
    return v->id * 2;
}

uint8_t vlapic_ppr(const struct vlapic *l)
{
    const uint8_t tpr = (uint8_t)*vlapic_reg(l, APIC_TPR);
    const uint8_t isr_class =
        l->isrv < 0 ? 0 : (uint8_t)((unsigned int)l->isrv & 0xf0);

    return (tpr & 0xf0) >= isr_class ? tpr : isr_class;
}

/* The flag behind the bit: who sees it clear sees the bit the next time. */
static void set_trigger(struct vlapic *l, uint32_t *tmr, uint32_t bit,
                        bool is_level)
{
    if (is_level) {
        atomic_fetch_or(tmr, bit);
    } else {
        atomic_fetch_and(tmr, ~bit);
    }
    atomic_set(&l->tmr_changed, true);
}

void vlapic_set_irq(struct vcpu *v, uint8_t vector, bool is_level)
{
    struct vlapic *const l = &v->arch->vlapic;
    const uint32_t bit = BIT32(vector % 32);

    if (unlikely(!vlapic_is_enabled(l))) {
        return;
    }
    if (unlikely(vector < VECTOR_FIRST_LEGAL)) {
        vlapic_error(v, BIT32(6));
        return;
    }
    uint32_t *const tmr = vector_word(l, APIC_TMR, vector);

    if (unlikely(is_level != !!(atomic_read_relaxed(tmr) & bit))) {
        set_trigger(l, tmr, bit, is_level);
    }
    if (atomic_fetch_or(vector_word(l, APIC_IRR, vector), bit) & bit) {
        return;
    }
    atomic_fetch_or(&l->irr_words, BIT32(vector / 32));
    /* The processor delivers it: the entry looks at irr_words itself. */
    if (!atomic_read_relaxed(&l->hw_delivery)) {
        hvm_event_recheck(v);
    }
    vcpu_notify(v);
}

int vlapic_deliverable(const struct vcpu *v)
{
    const struct vlapic *const l = &v->arch->vlapic;
    const uint32_t words = atomic_read_relaxed(&l->irr_words);
    int vector;

    if (likely(!words) || !vlapic_is_enabled(l)) {
        return -1;
    }
    vector = highest_vector(l, APIC_IRR, words);
    if (unlikely(vector < 0) ||
        (vector & 0xf0) <= (int)(*vlapic_reg(l, APIC_TPR) & 0xf0) ||
        (l->isrv >= 0 && (vector & 0xf0) <= (l->isrv & 0xf0))) {
        return -1;
    }
    return vector;
}

int vlapic_requested(const struct vcpu *v)
{
    const struct vlapic *const l = &v->arch->vlapic;
    const uint32_t words = atomic_read_relaxed(&l->irr_words);

    if (likely(!words) || !vlapic_is_enabled(l)) {
        return -1;
    }
    return highest_vector(l, APIC_IRR, words);
}

/* A self IPI may have set bits in any word; else words only become empty. */
void vlapic_hw_moved(struct vcpu *v, uint8_t rvi, uint8_t svi)
{
    struct vlapic *const l = &v->arch->vlapic;
    uint32_t words = atomic_read_relaxed(&l->irr_words);

    l->isrv = svi ? svi : -1;
    l->isr_words = svi ? ALL_WORDS : 0;
    if (rvi) {
        words = ALL_WORDS;
        atomic_fetch_or(&l->irr_words, words);
    }
    while (words) {
        const unsigned int i = bit_highest(words);

        words &= ~BIT32(i);
        if (!atomic_read_relaxed(word_of(l, APIC_IRR, i))) {
            irr_word_empty(l, i);
        }
    }
}

void vlapic_accept(struct vcpu *v, uint8_t vector)
{
    struct vlapic *const l = &v->arch->vlapic;
    const uint32_t bit = BIT32(vector % 32);
    const uint32_t old =
        atomic_fetch_and(vector_word(l, APIC_IRR, vector), ~bit);

    if ((old & ~bit) == 0) {
        irr_word_empty(l, vector / 32u);
    }
    isr_set(l, vector);
}

void vlapic_unaccept(struct vcpu *v, uint8_t vector)
{
    struct vlapic *const l = &v->arch->vlapic;

    isr_clear(l, vector);
    atomic_fetch_or(vector_word(l, APIC_IRR, vector), BIT32(vector % 32));
    atomic_fetch_or(&l->irr_words, BIT32(vector / 32));
}

void vlapic_eoi_broadcast(struct vcpu *v, uint32_t vector)
{
    if (v->domain->arch->vioapic) {
        vioapic_eoi(v->domain, (uint8_t)vector);
    }
}

void vlapic_eoi(struct vcpu *v)
{
    struct vlapic *const l = &v->arch->vlapic;
    const int vector = l->isrv;

    if (unlikely(vector < 0)) {
        return;
    }
    isr_clear(l, (uint8_t)vector);
    if (unlikely(*vector_word(l, APIC_TMR, (uint8_t)vector) &
                 BIT32(vector % 32))) {
        vlapic_eoi_broadcast(v, (uint32_t)vector);
    }
    if (atomic_read_relaxed(&l->irr_words)) {
        hvm_event_recheck(v);
    }
}

/* SDM volume 3, "Local Vector Table", delivery modes. */
void vlapic_local_irq(struct vcpu *v, uint32_t lvt_offset)
{
    const uint32_t lvt = *vlapic_reg(&v->arch->vlapic, lvt_offset);

    if (lvt & APIC_LVT_MASKED) {
        return;
    }
    if (lvt_offset != APIC_LVT_TIMER && lvt_offset != APIC_LVT_ERROR &&
        (lvt & (7u << 8)) == APIC_LVT_MODE_NMI) {
        hvm_nmi(v);
    } else {
        vlapic_set_irq(v, (uint8_t)lvt, false);
    }
}

void vlapic_error(struct vcpu *v, uint32_t esr_bit)
{
    struct vlapic *const l = &v->arch->vlapic;
    const uint32_t lvt = *vlapic_reg(l, APIC_LVT_ERROR);

    /* An error vector that is itself illegal must not come back here. */
    if (!(atomic_fetch_or(&l->esr_pending, esr_bit) & esr_bit) &&
        (uint8_t)lvt >= VECTOR_FIRST_LEGAL) {
        vlapic_local_irq(v, APIC_LVT_ERROR);
    }
}

static void dump_vectors(const struct vlapic *l, uint32_t base,
                         const char *name)
{
    for (unsigned int vector = 0; vector < 256; vector++) {
        if (*vector_word(l, base, (uint8_t)vector) & BIT32(vector % 32)) {
            printk(LOG_INFO, "    %s %#x\n", name, vector);
        }
    }
}

void vlapic_dump(const struct vcpu *v)
{
    const struct arch_vcpu *const a = v->arch;
    const struct vlapic *const l = &a->vlapic;

    printk(LOG_INFO, "    APIC base %#lx SVR %#x TPR %#x irr_words %#x isrv %d "
           "work %#x window %u upcall %#x nmi %u\n", l->base_msr,
           *vlapic_reg(l, APIC_SVR), *vlapic_reg(l, APIC_TPR), l->irr_words,
           l->isrv, a->work, a->window, a->upcall_vector, a->nmi_pending);
    dump_vectors(l, APIC_IRR, "IRR");
    dump_vectors(l, APIC_ISR, "ISR");
}

uint8_t vlapic_get_cr8(const struct vcpu *v)
{
    return (uint8_t)(*vlapic_reg(&v->arch->vlapic, APIC_TPR) >> 4 & 0xf);
}

void vlapic_set_cr8(struct vcpu *v, uint8_t cr8)
{
    *vlapic_reg(&v->arch->vlapic, APIC_TPR) = (uint32_t)cr8 << 4;
    hvm_event_recheck(v);
}

void vlapic_reset(struct vcpu *v, bool is_init)
{
    struct vlapic *const l = &v->arch->vlapic;

    vlapic_timer_stop(v);
    vlapic_regs_reset(v);
    l->isrv = -1;
    l->esr_pending = 0;
    l->divide_shift = 1;
    atomic_set_relaxed(&l->irr_words, 0u);
    l->isr_words = 0;
    if (!is_init) {
        l->base_msr = VLAPIC_BASE | APIC_BASE_ENABLE |
                      (v->id == 0 ? APIC_BASE_BSP : 0);
        v->arch->s.dirty |= HVM_APIC_BASE;
    }
}

int vlapic_init(struct vcpu *v)
{
    struct vlapic *const l = &v->arch->vlapic;

    l->regs = xpage_alloc(0);
    if (!l->regs) {
        return -ENOMEM;
    }
    memset(l->regs, 0, PAGE_SIZE);
    vlapic_timer_init(v);
    vlapic_reset(v, false);
    return 0;
}

void vlapic_free(struct vcpu *v)
{
    struct vlapic *const l = &v->arch->vlapic;

    vlapic_timer_free(v);
    if (l->regs) {
        xpage_free(l->regs, 0);
        l->regs = NULL;
    }
}
