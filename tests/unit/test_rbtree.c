/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The red-black tree: its rules after every step, order, lookup.
 * Links: core/lib/rbtree.c
 */
#include <core/lib/rbtree.h>
#include <core/lib/util.h>
#include <tests/unit/unit.h>

#define NODES 100u

struct item {
    struct rbtree_node node;
    int key;
    bool in;
};

static struct item *item_of(const struct rbtree_node *node)
{
    return container_of((struct rbtree_node *)node, struct item, node);
}

static bool item_less(const struct rbtree_node *a,
                      const struct rbtree_node *b)
{
    return item_of(a)->key < item_of(b)->key;
}

static int item_cmp(const void *key, const struct rbtree_node *node)
{
    return *(const int *)key - item_of(node)->key;
}

/* Black height of a subtree; checks its rules. */
static int check_subtree(const struct rbtree_node *node)
{
    int height[2];

    if (node == NULL) {
        return 1;
    }
    for (int side = 0; side < 2; side++) {
        const struct rbtree_node *const child = node->child[side];

        if (child != NULL) {
            CHECK(child->parent == node);
            CHECK(!node->red || !child->red);
        }
        height[side] = check_subtree(child);
    }
    CHECK_EQ(height[0], height[1]);
    return height[0] + !node->red;
}

static void check_tree(const struct rbtree *tree, unsigned int count)
{
    const struct rbtree_node *before = NULL;
    unsigned int seen = 0;

    CHECK(tree->root == NULL || !tree->root->red);
    check_subtree(tree->root);
    for (const struct rbtree_node *n = rbtree_first(tree); n != NULL;
         n = rbtree_next(n)) {
        CHECK(before == NULL || item_of(before)->key <= item_of(n)->key);
        CHECK(rbtree_prev(n) == before);
        before = n;
        seen++;
    }
    CHECK(rbtree_last(tree) == before);
    CHECK_EQ(seen, count);
    CHECK_EQ(rbtree_is_empty(tree), count == 0);
}

static void check_find(const struct rbtree *tree, const struct item *items,
                       int key)
{
    const struct rbtree_node *const at = rbtree_find(tree, &key, item_cmp);
    const struct rbtree_node *const from =
        rbtree_find_from(tree, &key, item_cmp);
    int best = 1000;

    for (unsigned int i = 0; i < NODES; i++) {
        if (items[i].in && items[i].key >= key && items[i].key < best) {
            best = items[i].key;
        }
    }
    CHECK_EQ(from != NULL ? item_of(from)->key : 1000, best);
    CHECK_EQ(at != NULL, best == key);
    if (from != NULL && rbtree_prev(from) != NULL) {
        CHECK(item_of(rbtree_prev(from))->key < key);
    }
}

TEST(random_operations)
{
    struct item items[NODES] = { 0 };
    struct rbtree tree;
    unsigned int count = 0;

    rbtree_init(&tree);
    for (int round = 0; round < 6000; round++) {
        struct item *const item = &items[unit_random() % NODES];

        if (item->in) {
            rbtree_remove(&tree, &item->node);
            count--;
        } else {
            item->key = (int)(unit_random() % 80);
            rbtree_insert(&tree, &item->node, item_less);
            count++;
        }
        item->in = !item->in;
        check_tree(&tree, count);
        check_find(&tree, items, (int)(unit_random() % 90));
    }
}

TEST(equal_keys_keep_order)
{
    struct item items[8] = { 0 };
    struct rbtree tree;
    unsigned int i = 0;

    rbtree_init(&tree);
    for (i = 0; i < 8; i++) {
        rbtree_insert(&tree, &items[i].node, item_less);
    }
    i = 0;
    for (struct rbtree_node *n = rbtree_first(&tree); n != NULL;
         n = rbtree_next(n)) {
        CHECK(item_of(n) == &items[i++]);
    }
    CHECK_EQ(i, 8);
}
