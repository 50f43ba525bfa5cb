/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that is there and does nothing, for tests of the toolstack:
 * stay=SECONDS, asleep all the while. Without it a moment, as a test.
 * Public header "sched.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/test.h>

#define SECOND 1000000000ull
#define MOMENT 1000000ull

TEST(stay, "Sleep by SCHEDOP_poll without ports", 0)
{
    struct sched_poll p = { .nr_ports = 0 };
    char text[8];
    uint64_t span = MOMENT;

    if (test_option("stay", text, sizeof(text))) {
        span = 0;
        for (const char *c = text; *c >= '0' && *c <= '9'; c++) {
            span = span * 10 + (uint64_t)(*c - '0');
        }
        span *= SECOND;
    }
    p.timeout = shared_now_ns() + span;
    while (shared_now_ns() < p.timeout) {
        if (sched_op(SCHEDOP_poll, &p)) {
            test_abort("poll refused");
        }
    }
    CHECK("slept as long as asked", shared_now_ns() >= p.timeout);
}
