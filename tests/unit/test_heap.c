/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The binary heap.
 * Links: core/lib/heap.c
 */
#include <core/lib/errno.h>
#include <core/lib/heap.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

#define NODES 64u

static void check_heap(const struct heap *heap)
{
    for (unsigned int i = 0; i < heap->count; i++) {
        CHECK_EQ(heap->slots[i]->place, i + 1);
        CHECK(i == 0 || heap->slots[(i - 1) / 2]->key <= heap->slots[i]->key);
    }
}

TEST(random_operations)
{
    struct heap_node *slots[NODES];
    struct heap_node nodes[NODES] = { { 0 } };
    struct heap heap;

    heap_init(&heap, slots, NODES);
    for (int round = 0; round < 20000; round++) {
        struct heap_node *n = &nodes[unit_random() % NODES];
        const uint64_t key = unit_random() % 50;
        const unsigned int count = heap.count;

        if (!heap_is_queued(n)) {
            CHECK_EQ(heap_insert(&heap, n, key), 0);
            CHECK_EQ(heap.count, count + 1);
        } else if (unit_random() & 1) {
            heap_update(&heap, n, key);
            CHECK_EQ(heap.count, count);
        } else {
            heap_remove(&heap, n);
            CHECK(!heap_is_queued(n));
            CHECK_EQ(heap.count, count - 1);
        }
        check_heap(&heap);
    }
    uint64_t before = 0;

    while (heap_min(&heap) != NULL) {
        struct heap_node *n = heap_min(&heap);

        CHECK(n->key >= before);
        before = n->key;
        heap_remove(&heap, n);
    }
    heap_remove(&heap, &nodes[0]);
    CHECK_EQ(heap.count, 0);
}

TEST(full)
{
    struct heap_node *small[2];
    struct heap_node nodes[3] = { { 0 } };
    struct heap heap;

    heap_init(&heap, small, 2);
    CHECK_EQ(heap_insert(&heap, &nodes[0], 3), 0);
    CHECK_EQ(heap_insert(&heap, &nodes[1], 1), 0);
    CHECK_EQ(heap_insert(&heap, &nodes[2], 2), -ENOSPC);
    CHECK(!heap_is_queued(&nodes[2]));
    check_heap(&heap);
}
