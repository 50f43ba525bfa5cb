/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that stays when this domain crashes and the hypervisor starts it
 * again: a page of the image, which names ranges of pages. What is in them
 * is taken up by the new life, or given back when it has found its feet.
 */
#ifndef DOM0_RT_KEEP_H
#define DOM0_RT_KEEP_H

#include <core/lib/types.h>

/* mem_init() calls it: before anything is allocated. */
void keep_init(void);

/* How often it was started again with what was kept; 0: the first life. */
unsigned int keep_lives(void);

/* As mem_pages_alloc() and mem_pages_free(). */
void *keep_alloc(size_t pages);
void keep_free(void *p, size_t pages);

/* Whether an earlier life kept just these; they are this one's now. */
bool keep_adopt(void *p, size_t pages);

/* Gives back what nobody adopted. */
void keep_settle(void);

/* One of the ranges is the store's, see xs_log.c. NULL: none. */
void *keep_store(void);
void keep_set_store(void *area);

#endif
