/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Red-black tree, intrusive, ordered by a function of the caller. Insert,
 * remove, and a step to the next or previous node take log n steps. Equal
 * nodes are allowed and stay in the order of insertion. The lock of whoever
 * owns the tree protects it. No manual chapter.
 */
#ifndef CORE_LIB_RBTREE_H
#define CORE_LIB_RBTREE_H

#include <core/lib/types.h>

struct rbtree_node {
    struct rbtree_node *parent;
    struct rbtree_node *child[2]; /* smaller, larger */
    bool red;
};

struct rbtree {
    struct rbtree_node *root;
};

/* Whether a belongs strictly before b. */
typedef bool rbtree_less_fn(const struct rbtree_node *a,
                            const struct rbtree_node *b);

/* Negative, zero, positive as the key lies before, at, behind node. */
typedef int rbtree_key_fn(const void *key, const struct rbtree_node *node);

static inline void rbtree_init(struct rbtree *tree)
{
    tree->root = NULL;
}

static inline bool rbtree_is_empty(const struct rbtree *tree)
{
    return tree->root == NULL;
}

/* What the two below do in a tree that has, or keeps, other nodes. */
void rbtree_insert_below(struct rbtree *tree, struct rbtree_node *node,
                         rbtree_less_fn *less);
void rbtree_remove_one(struct rbtree *tree, struct rbtree_node *node);

/* Requires that node is on no tree. */
static inline void rbtree_insert(struct rbtree *tree, struct rbtree_node *node,
                                 rbtree_less_fn *less)
{
    /* The only node, in many a queue. */
    if (tree->root == NULL) {
        *node = (struct rbtree_node){ .parent = NULL };
        tree->root = node;
    } else {
        rbtree_insert_below(tree, node, less);
    }
}

/* Requires that node is on this tree. */
static inline void rbtree_remove(struct rbtree *tree, struct rbtree_node *node)
{
    if (tree->root == node && !node->child[0] && !node->child[1]) {
        tree->root = NULL;
    } else {
        rbtree_remove_one(tree, node);
    }
}

/* A node at the key, or NULL. */
struct rbtree_node *rbtree_find(const struct rbtree *tree, const void *key,
                                rbtree_key_fn *cmp);

/* The first node at or behind the key, or NULL. */
struct rbtree_node *rbtree_find_from(const struct rbtree *tree,
                                     const void *key, rbtree_key_fn *cmp);

/* NULL at the end of the tree. */
struct rbtree_node *rbtree_first(const struct rbtree *tree);
struct rbtree_node *rbtree_last(const struct rbtree *tree);
struct rbtree_node *rbtree_next(const struct rbtree_node *node);
struct rbtree_node *rbtree_prev(const struct rbtree_node *node);

#endif
