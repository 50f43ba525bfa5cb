/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCHEDOP_shutdown with reason poweroff: the machine follows dom0.
 * Public header "sched.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/test.h>

TEST(end_poweroff, "Shutdown with reason poweroff", TEST_ALONE)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_poweroff };

    test_finish();
    sched_op(SCHEDOP_shutdown, &arg);
    test_abort("shutdown returned");
}
