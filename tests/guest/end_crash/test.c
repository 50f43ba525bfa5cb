/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCHEDOP_shutdown with reason crash: the machine follows dom0. A page of its
 * image is gone by then, for which one with the note of
 * docs/decisions/0007-dom0-restart.md is not started again.
 * Public header "sched.h".
 */
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/test.h>

static uint8_t given[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

TEST(end_crash, "Shutdown with reason crash", TEST_ALONE)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_crash };
    xen_pfn_t gfn = mm_gfn(given);
    struct xen_memory_reservation r = {
        .nr_extents = 1, .domid = DOMID_SELF,
    };

    set_xen_guest_handle(r.extent_start, &gfn);
    check_eq("a page given away",
             memory_op(XENMEM_decrease_reservation, &r), 1);
    test_finish();
    sched_op(SCHEDOP_shutdown, &arg);
    test_abort("shutdown returned");
}
