/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A triple fault ends the domain, not the hypervisor.
 * AMD64 Architecture Programmer's Manual, "Shutdown condition".
 */
#include <tests/guest/lib/test.h>
#include <tests/guest/lib/x86.h>

TEST(end_triple_fault, "Triple fault", TEST_ALONE)
{
    const struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = { 0, 0 };

    test_finish();
    asm volatile("lidt %0; ud2" : : "m"(none));
    test_abort("survived");
}
