/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the registered tests in the order of their registration and counts.
 * The last line is "N passed, N failed", in tests; the exit code is 0 when
 * none failed. An argument runs only the tests whose names contain it.
 */
#include <stdio.h>
#include <string.h>

#include <tests/unit/unit.h>

static struct unit_test *unit_first;
static struct unit_test **unit_end = &unit_first;
static unsigned int unit_failures;
static uint64_t unit_state = 1;

void unit_register(struct unit_test *test)
{
    *unit_end = test;
    unit_end = &test->next;
}

bool unit_check(bool ok, const char *file, int line, const char *text)
{
    if (!ok) {
        unit_failures++;
        printf("%s:%d: failed: %s\n", file, line, text);
    }
    return ok;
}

bool unit_check_eq(unsigned long long a, unsigned long long b,
                   const char *file, int line, const char *text)
{
    if (a != b) {
        unit_failures++;
        printf("%s:%d: failed: %s: %lld (0x%llx), %lld (0x%llx)\n", file,
               line, text, (long long)a, a, (long long)b, b);
    }
    return a == b;
}

bool unit_check_str(const char *a, const char *b, const char *file, int line,
                    const char *text)
{
    if (strcmp(a, b) != 0) {
        unit_failures++;
        printf("%s:%d: failed: %s: \"%s\", \"%s\"\n", file, line, text, a, b);
        return false;
    }
    return true;
}

void unit_seed(uint64_t seed)
{
    unit_state = seed + 1;
}

/* SplitMix64. */
uint64_t unit_random(void)
{
    uint64_t z = unit_state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

int main(int argc, char **argv)
{
    const char *const only = argc > 1 ? argv[1] : "";
    unsigned int passed = 0, failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct unit_test *t = unit_first; t != NULL; t = t->next) {
        if (strstr(t->name, only) == NULL) {
            continue;
        }
        unit_failures = 0;
        unit_seed(0);
        t->run();
        if (unit_failures != 0) {
            printf("FAIL %s\n", t->name);
            failed++;
        } else {
            passed++;
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
