/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How much memory dom0 gets: option dom0_mem=.  Pure, no locks.
 */
#include <core/dom0/dom0.h>
#include <core/lib/errno.h>

/* Left for other domains and the hypervisor when nothing is said. */
#define RESERVE_FRACTION 16u
#define RESERVE_MIN MIB(8)
#define RESERVE_MAX MIB(128)
/* Always left: page tables, vCPUs, tables of dom0 itself. */
#define KEEP_FRACTION 256u
#define KEEP_MIN MIB(2)

/* A negative number of bytes counts from all there is. */
static uint64_t resolve(int64_t bytes, uint64_t free)
{
    const uint64_t pages = (uint64_t)(bytes < 0 ? -bytes : bytes) >>
                           PAGE_SHIFT;

    if (bytes >= 0) {
        return pages;
    }
    return pages < free ? free - pages : 0;
}

int dom0_mem_pages(const struct param_mem *mem, uint64_t free,
                   uint64_t *pages)
{
    const uint64_t reserve = clamp(free / RESERVE_FRACTION,
                                   RESERVE_MIN >> PAGE_SHIFT,
                                   RESERVE_MAX >> PAGE_SHIFT);
    const uint64_t keep = max(free / KEEP_FRACTION, KEEP_MIN >> PAGE_SHIFT);
    uint64_t want;

    if (mem->size != 0) {
        want = resolve(mem->size, free);
    } else {
        want = free > reserve ? free - reserve : 0;
    }
    if (mem->min != 0) {
        want = max(want, resolve(mem->min, free));
    }
    if (mem->max != INT64_MAX) {
        want = min(want, resolve(mem->max, free));
    }
    *pages = want;
    return want != 0 && want + keep <= free ? 0 : -ENOMEM;
}
