/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option dom0_mem=.  Pure, no locks.
 */
#include <core/dom0/dom0.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

/* Left for other domains and the hypervisor when nothing is said. */
#define RESERVE_FRACTION 16u
#define RESERVE_MIN MIB(8)
#define RESERVE_MAX MIB(128)
/* Always left: page tables, vCPUs, tables of dom0 itself. */
#define KEEP_FRACTION 256u
#define KEEP_MIN MIB(2)

/* One comma-separated part, of which *@text is moved to the end. */
static int parse_part(const char **text, struct dom0_mem *mem)
{
    const char *s = *text;
    uint64_t *field = &mem->size;
    bool *negative = &mem->size_is_negative;
    int rc;

    if (str_starts_with(s, "min:")) {
        field = &mem->min;
        negative = &mem->min_is_negative;
        s += 4;
    } else if (str_starts_with(s, "max:")) {
        field = &mem->max;
        negative = &mem->max_is_negative;
        s += 4;
    }
    *negative = *s == '-';
    if (*negative) {
        s++;
    }
    rc = str_to_size(s, field, &s);
    if (rc != 0 || *field == 0) {
        return -EINVAL;
    }
    *text = s;
    return 0;
}

int dom0_mem_parse(const char *text, struct dom0_mem *mem)
{
    memset(mem, 0, sizeof(*mem));
    for (;;) {
        const int rc = parse_part(&text, mem);

        if (rc != 0) {
            return rc;
        }
        if (*text == '\0') {
            return 0;
        }
        if (*text != ',') {
            return -EINVAL;
        }
        text++;
    }
}

static uint64_t resolve(uint64_t bytes, bool is_negative, uint64_t free)
{
    const uint64_t pages = bytes >> PAGE_SHIFT;

    if (!is_negative) {
        return pages;
    }
    return pages < free ? free - pages : 0;
}

int dom0_mem_pages(const struct dom0_mem *mem, uint64_t free,
                   uint64_t *pages)
{
    const uint64_t reserve = clamp(free / RESERVE_FRACTION,
                                   RESERVE_MIN >> PAGE_SHIFT,
                                   RESERVE_MAX >> PAGE_SHIFT);
    const uint64_t keep = max(free / KEEP_FRACTION, KEEP_MIN >> PAGE_SHIFT);
    uint64_t want;

    if (mem->size != 0) {
        want = resolve(mem->size, mem->size_is_negative, free);
    } else {
        want = free > reserve ? free - reserve : 0;
    }
    if (mem->min != 0) {
        want = max(want, resolve(mem->min, mem->min_is_negative, free));
    }
    if (mem->max != 0) {
        want = min(want, resolve(mem->max, mem->max_is_negative, free));
    }
    *pages = want;
    return want != 0 && want + keep <= free ? 0 : -ENOMEM;
}
