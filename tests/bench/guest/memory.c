/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of memory_op: give pages back and take them again, and move a frame
 * of the grant table about in the physical map.
 */
#include <tests/bench/guest/bench.h>

#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/x86.h>

#define BATCH 64
/* Far above RAM and device memory: nothing is mapped there. */
#define FREE_GFN 0x300000ull

static xen_pfn_t frames[BATCH];
static unsigned int batch;
static uint64_t cost_populate;
static unsigned int shortfall;

static uint64_t reservation(unsigned int op)
{
    struct xen_memory_reservation r = {
        .nr_extents = batch,
        .domid = DOMID_SELF,
    };
    uint64_t begin;
    uint64_t end;

    set_xen_guest_handle(r.extent_start, frames);
    begin = rdtsc();
    if (memory_op(op, &r) != batch) {
        shortfall++;
    }
    end = rdtsc();
    return bench_span(begin, end);
}

static uint64_t sample_decrease(void)
{
    const uint64_t cost = reservation(XENMEM_decrease_reservation);

    reservation(XENMEM_populate_physmap);
    return cost;
}

static uint64_t sample_populate(void)
{
    reservation(XENMEM_decrease_reservation);
    cost_populate = reservation(XENMEM_populate_physmap);
    return cost_populate;
}

static uint64_t sample_physmap(void)
{
    static uint64_t turn;
    struct xen_add_to_physmap xatp = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_grant_table,
        .gpfn = FREE_GFN + (turn++ & 1),
    };
    uint64_t begin;
    uint64_t end;

    begin = rdtsc();
    if (memory_op(XENMEM_add_to_physmap, &xatp)) {
        shortfall++;
    }
    end = rdtsc();
    return bench_span(begin, end);
}

static void row(const char *id, uint64_t (*sample)(void))
{
    shortfall = 0;
    sample();
    if (shortfall) {
        bench_missing(id, "the operation fails");
    } else {
        bench_row(id, sample);
    }
}

void bench_memory(void)
{
    uint8_t *const pages = mm_alloc(BATCH);

    for (unsigned int i = 0; i < BATCH; i++) {
        frames[i] = mm_gfn(pages + i * PAGE_SIZE);
    }
    batch = 1;
    row("decrease_1", sample_decrease);
    row("populate_1", sample_populate);
    batch = BATCH;
    row("decrease_64", sample_decrease);
    row("populate_64", sample_populate);
    row("add_to_physmap", sample_physmap);
}
