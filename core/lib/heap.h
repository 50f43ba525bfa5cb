/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary heap of pointers to elements with a 64-bit key, smallest on top.
 * Each element knows its place, so any can be removed or get another key in
 * log n steps. The slots belong to the caller and can be replaced by more.
 * The lock of whoever owns the heap protects it. No manual chapter.
 */
#ifndef CORE_LIB_HEAP_H
#define CORE_LIB_HEAP_H

#include <core/lib/types.h>

struct heap_node {
    uint64_t key;
    unsigned int place; /* slot number + 1; 0: on no heap */
};

struct heap {
    struct heap_node **slots;
    unsigned int count;
    unsigned int capacity;
};

void heap_init(struct heap *heap, struct heap_node **slots,
               unsigned int capacity);

/*
 * Requires that node is on no heap (place 0). Returns 0, or -ENOSPC when
 * all slots are taken. Of equal keys any may come first.
 */
int __must_check heap_insert(struct heap *heap, struct heap_node *node,
                             uint64_t key);

/* Does nothing when node is on no heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* A new key for a node that is on this heap. */
void heap_update(struct heap *heap, struct heap_node *node, uint64_t key);

/* The node with the smallest key; NULL when the heap is empty. */
static inline struct heap_node *heap_min(const struct heap *heap)
{
    return heap->count != 0 ? heap->slots[0] : NULL;
}

static inline bool heap_is_queued(const struct heap_node *node)
{
    return node->place != 0;
}

#endif
