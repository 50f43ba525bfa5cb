/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring of console output, for console.c.  Pure; the caller locks.
 */
#ifndef CORE_CONSOLE_CON_RING_H
#define CORE_CONSOLE_CON_RING_H

#include <core/lib/types.h>

#define CON_RING_BYTES 32768u

struct con_ring {
    uint32_t prod;  /* Bytes ever written, modulo 2^32                       */
    uint32_t start; /* Oldest byte that is kept                              */
    char data[CON_RING_BYTES];
};

void con_ring_put(struct con_ring *r, char c);

/* See con_ring_read() of console.h. */
size_t con_ring_get(struct con_ring *r, char *buf, size_t size,
                    uint32_t *index, bool clear, bool incremental);

#endif /* CORE_CONSOLE_CON_RING_H */
