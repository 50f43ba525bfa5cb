/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The framework of the host tests: TEST(name) { ... } registers itself,
 * CHECK and its relatives count and go on, REQUIRE ends the test. One binary
 * a test_<file>.c; main() is in unit.c. The sources under test are named in
 * the test file's head comment on a line "Links: path path ...".
 */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

struct unit_test {
    const char *name;
    void (*run)(void);
    struct unit_test *next;
};

void unit_register(struct unit_test *test);

/* Counts one check; prints file, line and text if it failed. */
bool unit_check(bool ok, const char *file, int line, const char *text);
bool unit_check_eq(unsigned long long a, unsigned long long b,
                   const char *file, int line, const char *text);
bool unit_check_str(const char *a, const char *b, const char *file, int line,
                    const char *text);

/* The same sequence in every run, from 1 after unit_seed(0). */
uint64_t unit_random(void);
void unit_seed(uint64_t seed);

#define TEST(name)                                                        \
    static void test_##name(void);                                        \
    static struct unit_test unit_##name = { #name, test_##name, NULL };   \
    __attribute__((__constructor__)) static void unit_add_##name(void)    \
    {                                                                     \
        unit_register(&unit_##name);                                      \
    }                                                                     \
    static void test_##name(void)

#define CHECK(cond) unit_check((cond), __FILE__, __LINE__, #cond)

/* Integers of any kind; both values are printed on failure. */
#define CHECK_EQ(a, b)                                                    \
    unit_check_eq((unsigned long long)(a), (unsigned long long)(b),       \
                  __FILE__, __LINE__, #a " == " #b)

#define CHECK_STR(a, b)                                                   \
    unit_check_str((a), (b), __FILE__, __LINE__, #a " == " #b)

#define REQUIRE(cond)                                                     \
    do {                                                                  \
        if (!CHECK(cond)) {                                               \
            return;                                                       \
        }                                                                 \
    } while (0)

#endif
