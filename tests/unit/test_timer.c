/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers, and the scale of time.
 * Links: core
 */
#include <string.h>

#include <core/kernel/softirq.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>
#include <core/lib/util.h>
#include <tests/unit/fake_arch.h>
#include <tests/unit/unit.h>

#define TIMERS 200u

static struct timer timers[TIMERS];
static nsec_t wanted[TIMERS];
static unsigned int calls;
static nsec_t last_call;

static void on_time(void *data)
{
    const size_t i = (size_t)data;

    CHECK(wanted[i] <= fake_cycles);
    CHECK(wanted[i] >= last_call);
    last_call = wanted[i];
    wanted[i] = NSEC_NEVER;
    calls++;
}

static void fire(void)
{
    const unsigned int cpu = this_cpu_id();

    if (fake_programmed[cpu] <= fake_cycles) {
        fake_programmed[cpu] = NSEC_NEVER;
        timer_interrupt();
    }
    softirq_run();
}

static nsec_t earliest(void)
{
    nsec_t first = NSEC_NEVER;

    for (unsigned int i = 0; i < TIMERS; i++) {
        first = min(first, wanted[i]);
    }
    return first;
}

TEST(random_operations)
{
    fake_init(1);
    fake_cycles = 1000;
    for (size_t i = 0; i < TIMERS; i++) {
        timer_init(&timers[i], 0, on_time, (void *)i);
        wanted[i] = NSEC_NEVER;
    }
    for (int round = 0; round < 50000; round++) {
        const unsigned int i = (unsigned int)(unit_random() % TIMERS);
        const unsigned int what = (unsigned int)(unit_random() % 8);

        if (what < 5) {
            wanted[i] = fake_cycles + unit_random() % 100000;
            timer_set(&timers[i], wanted[i]);
        } else if (what < 7) {
            wanted[i] = NSEC_NEVER;
            timer_stop(&timers[i]);
        } else {
            fake_cycles += unit_random() % 5000;
            last_call = 0;
            fire();
            CHECK(earliest() > fake_cycles);
        }
        /* The hardware must never fire too late. */
        CHECK(fake_programmed[0] <= earliest());
        CHECK_EQ(timer_is_set(&timers[i]), wanted[i] != NSEC_NEVER);
    }
    CHECK(calls > 1000);
}

TEST(hardware_is_touched_for_earlier_deadlines_only)
{
    struct timer a;
    struct timer b;

    fake_init(1);
    timer_init(&a, 0, on_time, NULL);
    timer_init(&b, 0, on_time, NULL);
    timer_set(&a, 1000);
    CHECK_EQ(fake_programs[0], 1);
    CHECK_EQ(fake_programmed[0], 1000);
    timer_set(&b, 2000);
    timer_set(&a, 1500);
    timer_set(&a, 5000);
    timer_stop(&b);
    CHECK_EQ(fake_programs[0], 1);
    fake_cycles = 1000;
    fire();
    CHECK_EQ(fake_programs[0], 2);
    CHECK_EQ(fake_programmed[0], 5000);
    timer_stop(&a);
}

static struct timer self;
static unsigned int self_calls;

static void set_again(void *data)
{
    self_calls++;
    timer_set(&self, time_now() + 100);
}

TEST(sets_itself_again_and_is_freed)
{
    fake_init(1);
    self_calls = 0;
    timer_init(&self, 0, set_again, NULL);
    timer_set(&self, 0);
    for (int i = 0; i < 10; i++) {
        fire();
        fake_cycles += 100;
    }
    CHECK_EQ(self_calls, 10);
    timer_free(&self);
    timer_set(&self, 0);
    CHECK(!timer_is_set(&self));
    memset(&self, 0, sizeof(self));
    timer_free(&self);
}

TEST(other_cpus)
{
    struct timer t;

    fake_init(2);
    self_calls = 0;
    timer_init(&t, 1, set_again, NULL);
    timer_init(&self, 0, set_again, NULL);
    timer_set(&t, 1000);
    CHECK_EQ(fake_kicks[1], 1);
    CHECK_EQ(fake_programs[0], 0);
    fake_run_softirqs();
    CHECK_EQ(fake_programmed[1], 1000);
    timer_migrate(&t, 0);
    CHECK_EQ(fake_programmed[0], 1000);
    CHECK_EQ(t.cpu, 0);
    timer_set(&t, 3000);
    timer_cpu_drain(0, 1);
    CHECK_EQ(t.cpu, 1);
    CHECK(timer_is_set(&t));
    timer_dump();
    CHECK(strstr(fake_printed(), "CPU 1") != NULL);
    timer_free(&t);
    timer_free(&self);
}

TEST(scale)
{
    static const uint64_t rates[] = {
        1000000, 24000000, 999999999, 1000000000, 1000000001, 1999999999,
        2000000000, 2600000000, 5123456789, 100000000000,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++) {
        struct time_scale s = { 0 };
        uint64_t ns;

        time_scale_set_rate(&s, rates[i]);
        ns = time_scale_delta(&s, rates[i] * 10);
        /* A part in 2^31 at most. */
        CHECK(ns <= 10 * NSEC_PER_SEC);
        CHECK(ns >= 10 * NSEC_PER_SEC - 10);
        CHECK(time_scale_delta(&s, time_scale_cycles(&s, 123456)) >=
              123456 - 1);
        CHECK(time_scale_cycles(&s, NSEC_PER_SEC) <= rates[i] + 1);
    }
}

static uint64_t ticks_div;

static uint64_t read_ticks(void)
{
    fake_cycles += 700;
    return fake_cycles / ticks_div;
}

TEST(calibration)
{
    static const struct time_reference ref = {
        .name = "test",
        .hz = 10000000,
        .mask = UINT32_MAX,
        .read = read_ticks,
    };
    uint64_t hz;

    fake_init(1);
    /* Forget the known rate: a machine of 2.6 GHz. */
    time_calibrate_forget();
    ticks_div = 260;
    fake_cycles = 5000;
    time_calibrate_begin(&ref);
    time_calibrate_end();
    hz = time_cycles_hz();
    CHECK(hz > 2599000000 && hz < 2601000000);
    CHECK(time_now() >= 10 * NSEC_PER_MSEC);
    time_calibrate_forget();
}

TEST(dates)
{
    CHECK_EQ(time_from_date(1970, 1, 1, 0, 0, 0), 0);
    CHECK_EQ(time_from_date(2000, 2, 29, 12, 34, 56), 951827696);
    CHECK_EQ(time_from_date(2026, 11, 23, 8, 0, 0), 1795420800);
    CHECK_EQ(time_from_date(2100, 3, 1, 0, 0, 0), 4107542400);
}
