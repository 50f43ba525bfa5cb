/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between console.c and printk.c: one character, under the lock.
 */
#ifndef CORE_CONSOLE_CONSOLE_PRIV_H
#define CORE_CONSOLE_CONSOLE_PRIV_H

#include <core/lib/types.h>

/*
 * Take the lock for output.  False: go ahead without, and do not unlock
 * (output from within output, or in a panic).
 */
bool console_lock(void);
void console_unlock(bool is_locked);

/*
 * Put a character into the ring and on all active consoles.  @is_ours tells
 * the hypervisor's text from a guest's: the two never share a line, and
 * every line of ours starts with the prefix.
 */
void console_put(char c, bool is_ours);

/* The part of the softirq that tells of new output. */
void console_ring_softirq(void);

#endif /* CORE_CONSOLE_CONSOLE_PRIV_H */
