/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device interrupts and their vectors.
 * Links: core drivers/irq/irq.c drivers/irq/i8259.c
 */
#include <string.h>

#include <core/arch/arch_irq.h>
#include <drivers/irq/irq.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

static unsigned int handled;
static unsigned int acknowledged;
static unsigned int routes;

void arch_irq_set_dispatch(arch_irq_fn *fn)
{
}

void arch_irq_eoi(void)
{
    acknowledged++;
}

uint32_t arch_cpu_apic_id(unsigned int cpu)
{
    return cpu;
}

static void route(struct irq *irq, uint32_t apic_id, uint8_t vector)
{
    routes++;
}

static enum irq_result handle(void *arg)
{
    handled++;
    return IRQ_DONE;
}

static const struct irq_chip chip = {
    .name = "test",
    .route = route,
    .can_change_vector = true,
};

static void start(struct irq *irq, unsigned int cpus)
{
    fake_init(cpus);
    fake_memory(4);
    for (unsigned int i = 0; i < cpus; i++) {
        CHECK_EQ(irq_cpu_init(i), 0);
    }
    irq_setup(irq, &chip, 1);
    CHECK_EQ(irq_request(irq, "test", handle, NULL, 0), 0);
    irq_unmask(irq);
    handled = 0;
    acknowledged = 0;
    routes = 0;
}

static void arrive(unsigned int cpu, uint8_t vector)
{
    fake_set_cpu(cpu);
    irq_dispatch(vector);
}

/* The old CPU takes one late that it got before the move. */
TEST(late_at_the_old_place)
{
    struct irq irq;
    uint8_t old;

    start(&irq, 3);
    old = irq.vector;
    irq_set_cpu(&irq, 1);
    CHECK_EQ(irq.cpu, 1);
    arrive(1, irq.vector);
    arrive(0, old);
    CHECK_EQ(handled, 2);
    CHECK_EQ(acknowledged, 2);
    CHECK(!strstr(fake_printed(), "nobody owns"));
    irq_release(&irq);
    arrive(0, old);
    CHECK_EQ(handled, 2);
    CHECK(strstr(fake_printed(), "nobody owns"));
}

/* It stays until one has come, then goes on, and back where it was. */
TEST(one_move_at_a_time)
{
    struct irq irq;
    uint8_t first;

    start(&irq, 3);
    first = irq.vector;
    irq_set_cpu(&irq, 1);
    irq_set_cpu(&irq, 2);
    CHECK_EQ(irq.cpu, 1);
    CHECK_EQ(routes, 1);
    arrive(1, irq.vector);
    irq_set_cpu(&irq, 0);
    CHECK_EQ(irq.cpu, 0);
    CHECK_EQ(irq.vector, first);
    arrive(0, irq.vector);
    irq_set_cpu(&irq, 2);
    CHECK_EQ(irq.cpu, 2);
    CHECK_EQ(routes, 3);
    CHECK_EQ(handled, 2);
    irq_release(&irq);
}
