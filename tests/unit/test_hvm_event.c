/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which event is given to the hardware, and what happens to it if the entry
 * is put off.
 * Links: core arch/x86/hvm/hvm_event.c
 */
#include <stdlib.h>

#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hvm/hvm_event.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/domain/vcpu.h>
#include <tests/unit/unit.h>

static struct arch_domain arch_d;
static struct domain d = { .arch = &arch_d };
static struct arch_vcpu a;
static struct vcpu v = { .domain = &d, .arch = &a };

static struct hvm_event given;  /* To the hardware, until the next entry     */
static int deliverable = -1;
static unsigned int accepted;
static bool window;

static bool inject(struct vcpu *vcpu, const struct hvm_event *ev)
{
    if (given.type != HVM_EVENT_NONE) {
        return false;
    }
    given = *ev;
    return true;
}

static void want_window(struct vcpu *vcpu, enum hvm_event_kind kind, bool on)
{
    window = on;
}

static const struct hvm_ops ops = { .inject = inject,
                                    .want_window = want_window };
const struct hvm_ops *hvm_ops = &ops;

int vlapic_deliverable(const struct vcpu *vcpu)
{
    return deliverable;
}

void vlapic_accept(struct vcpu *vcpu, uint8_t vector)
{
    accepted++;
    deliverable = -1;
}

void vlapic_unaccept(struct vcpu *vcpu, uint8_t vector)
{
}

void vlapic_set_irq(struct vcpu *vcpu, uint8_t vector, bool is_level)
{
}

void vcpu_notify(struct vcpu *vcpu)
{
}

void domain_triple_fault(struct vcpu *vcpu)
{
}

void vcpu_state_change(struct vcpu *vcpu, uint32_t groups)
{
}

static void setup(void)
{
    /* That IRR may hold something; deliverable says what. */
    a = (struct arch_vcpu){ .s.rflags = RFLAGS_IF, .vlapic.irr_words = 1 };
    given.type = HVM_EVENT_NONE;
    deliverable = -1;
    accepted = 0;
    window = false;
}

TEST(one_at_a_time)
{
    setup();
    deliverable = 0x40;
    hvm_event_prepare(&v);
    CHECK_EQ(given.vector, 0x40);
    CHECK_EQ(accepted, 1);

    /* No entry in between: the second waits, and an exit is asked for. */
    deliverable = 0x80;
    hvm_event_prepare(&v);
    CHECK_EQ(given.vector, 0x40);
    CHECK_EQ(accepted, 1);
    CHECK(window);

    given.type = HVM_EVENT_NONE;
    hvm_event_prepare(&v);
    CHECK_EQ(given.vector, 0x80);
    CHECK_EQ(accepted, 2);
    CHECK(!window);
}

TEST(exceptions_and_nmis_are_not_replaced)
{
    setup();
    hvm_inject_fault_error(&v, X86_GP, 0);
    hvm_event_prepare(&v);
    CHECK_EQ(given.vector, X86_GP);
    a.nmi_pending = 1;
    deliverable = 0x40;
    hvm_event_prepare(&v);
    CHECK_EQ(given.vector, X86_GP);
    CHECK_EQ(a.nmi_pending, 1);
    CHECK_EQ(accepted, 0);
    CHECK(window);
    given.type = HVM_EVENT_NONE;
    hvm_event_prepare(&v);
    CHECK_EQ(given.type, HVM_EVENT_NMI);
    CHECK_EQ(a.nmi_pending, 0);
}

TEST(blocked)
{
    setup();
    a.s.rflags = 0;
    deliverable = 0x40;
    hvm_event_prepare(&v);
    CHECK_EQ(given.type, HVM_EVENT_NONE);
    CHECK(window);
}
