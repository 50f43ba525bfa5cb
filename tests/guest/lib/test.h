/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The test framework. A test is a function registered by TEST(); it makes
 * checks, each of which prints one line. At the end of a run the guest
 * prints "RESULT n passed m failed" and powers itself off.
 *
 * The command line selects: tests=a:b:c (default: all but ALONE and HOSTILE),
 * hv=xen marks the oracle, list prints the names.
 */
#ifndef TESTS_GUEST_LIB_TEST_H
#define TESTS_GUEST_LIB_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include <tests/guest/lib/console.h>

enum test_flags {
    TEST_ALONE = 1,     /* ends its domain: only runs when named */
    TEST_SMP = 2,       /* needs a second vCPU: skipped without */
    TEST_DOM0 = 4,      /* needs privilege: skipped in other domains */
    TEST_HOSTILE = 8,   /* may spoil the domain: runs only when named */
    TEST_BROKEN = 32,   /* for a hypervisor with broken schedulers */
    TEST_DOMU = 16,     /* for a guest of the in-tree dom0: see tests/dom0 */
};

struct test {
    const char *name;
    const char *title;
    void (*run)(void);
    unsigned int flags;
};

/* The name is that of the test's folder. */
#define TEST(name_, title_, flags_)                                         \
    static void run_##name_(void);                                          \
    static const struct test test_##name_                                   \
        __attribute__((used, section(".tests." #name_))) = {                \
        .name = #name_, .title = title_, .run = run_##name_,                \
        .flags = flags_ };                                                  \
    static void run_##name_(void)

/* True when the hypervisor below is the oracle, real Xen. Only for
 * differences that are Xen's choice or bug, each with a comment. */
bool on_xen(void);

/* Is this domain privileged (start_info flag)? */
bool test_is_dom0(void);

/* Value of key=value on the command line into buf, or false. */
bool test_option(const char *key, char *buf, unsigned int size);

/* One check; prints PASS or FAIL, returns `ok`. The name may be formatted
 * beforehand; `what` explains a failure. */
bool check(const char *name, bool ok, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* got == want, both printed on failure in hexadecimal (and as errno). */
bool check_eq(const char *name, int64_t got, int64_t want);

/* As check_eq for faults of trap.h. */
bool check_fault(const char *name, uint32_t got, uint32_t want);

/* Quiet form for loops: prints only failures, counts both. */
bool check_quiet(const char *name, bool ok, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define CHECK(name, cond) check(name, cond, "%s", #cond)

/* A line of information, no check. */
#define test_note(...) kprintf("note: " __VA_ARGS__)

/* Something is so wrong that nothing can go on: FAIL, RESULT, power off. */
void test_abort(const char *why) __attribute__((noreturn));

/* Print RESULT as if the run ended here; for tests that end their domain. */
void test_finish(void);

/* Leave the machine: emulator exit ports when dom0, then SCHEDOP_shutdown. */
void test_power_off(void) __attribute__((noreturn));

/* The benchmark guest has one: runs before anything else. */
void guest_early(void) __attribute__((weak));

#endif
