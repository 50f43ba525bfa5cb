/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binary heap with the slot number kept in the element. The children of
 * slot i are 2i + 1 and 2i + 2. No locking, no manual chapter.
 */
#include <core/lib/errno.h>
#include <core/lib/heap.h>

void heap_init(struct heap *heap, struct heap_node **slots,
               unsigned int capacity)
{
    heap->slots = slots;
    heap->count = 0;
    heap->capacity = capacity;
}

static void heap_place(struct heap *heap, unsigned int i,
                       struct heap_node *node)
{
    heap->slots[i] = node;
    node->place = i + 1;
}

/* node goes to slot i or above it. Returns the slot. */
static unsigned int heap_sift_up(struct heap *heap, unsigned int i,
                                 struct heap_node *node)
{
    while (i != 0 && heap->slots[(i - 1) / 2]->key > node->key) {
        heap_place(heap, i, heap->slots[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
    heap_place(heap, i, node);
    return i;
}

/* node goes to slot i or below it. */
static void heap_sift_down(struct heap *heap, unsigned int i,
                           struct heap_node *node)
{
    for (unsigned int child; (child = 2 * i + 1) < heap->count; i = child) {
        if (child + 1 < heap->count &&
            heap->slots[child + 1]->key < heap->slots[child]->key) {
            child++;
        }
        if (heap->slots[child]->key >= node->key) {
            break;
        }
        heap_place(heap, i, heap->slots[child]);
    }
    heap_place(heap, i, node);
}

/* Puts node into slot i, which is free or its own, then where it belongs. */
static void heap_settle(struct heap *heap, unsigned int i,
                        struct heap_node *node)
{
    if (heap_sift_up(heap, i, node) == i) {
        heap_sift_down(heap, i, node);
    }
}

int heap_insert(struct heap *heap, struct heap_node *node, uint64_t key)
{
    if (heap->count == heap->capacity) {
        return -ENOSPC;
    }
    node->key = key;
    heap->count++;
    heap_sift_up(heap, heap->count - 1, node);
    return 0;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    if (node->place == 0) {
        return;
    }
    const unsigned int i = node->place - 1;
    struct heap_node *const last = heap->slots[--heap->count];

    node->place = 0;
    if (last != node) {
        heap_settle(heap, i, last);
    }
}

void heap_update(struct heap *heap, struct heap_node *node, uint64_t key)
{
    node->key = key;
    heap_settle(heap, node->place - 1, node);
}
