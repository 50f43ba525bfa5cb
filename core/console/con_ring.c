/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring of console output.  Pure.
 */
#include <core/console/con_ring.h>
#include <core/lib/util.h>

static_assert((CON_RING_BYTES & (CON_RING_BYTES - 1)) == 0,
              "the index wraps at 2^32");

void con_ring_put(struct con_ring *r, char c)
{
    r->data[r->prod % CON_RING_BYTES] = c;
    r->prod++;
    if (r->prod - r->start > CON_RING_BYTES) {
        r->start = r->prod - CON_RING_BYTES;
    }
}

size_t con_ring_get(struct con_ring *r, char *buf, size_t size,
                    uint32_t *index, bool clear, bool incremental)
{
    uint32_t at = r->start;
    size_t n = 0;

    /* An index that was overtaken, or is none, starts at the oldest. */
    if (incremental && *index - r->start <= r->prod - r->start) {
        at = *index;
    }
    for (; n < size && at != r->prod; n++) {
        buf[n] = r->data[at % CON_RING_BYTES];
        at++;
    }
    *index = at;
    if (clear) {
        r->start = at;
    }
    return n;
}
