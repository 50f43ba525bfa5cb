/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Red-black tree with parent pointers. Rules: the root is black, a red node
 * has black children, every path down from a node has the same number of
 * black nodes. The two mirror images of each case share their code through
 * a side: 0 is the smaller, 1 the larger. No locking. Chapter: Cormen et
 * al., Red-Black Trees.
 */
#include <core/lib/rbtree.h>

static bool is_red(const struct rbtree_node *node)
{
    return node != NULL && node->red;
}

/* On which side of its parent a node hangs. */
static unsigned int side_of(const struct rbtree_node *node)
{
    return node == node->parent->child[1];
}

/* Hangs new, which may be NULL, into the place of old. */
static void rbtree_replace(struct rbtree *tree, struct rbtree_node *old,
                           struct rbtree_node *new)
{
    if (old->parent == NULL) {
        tree->root = new;
    } else {
        old->parent->child[side_of(old)] = new;
    }
    if (new != NULL) {
        new->parent = old->parent;
    }
}

/* Turns top down to the given side; its child of the other side goes up. */
static void rbtree_rotate(struct rbtree *tree, struct rbtree_node *top,
                          unsigned int side)
{
    struct rbtree_node *const up = top->child[!side];
    struct rbtree_node *const middle = up->child[side];

    rbtree_replace(tree, top, up);
    top->child[!side] = middle;
    if (middle != NULL) {
        middle->parent = top;
    }
    up->child[side] = top;
    top->parent = up;
}

/* node is red and its parent may be, too. */
static void rbtree_fix_insert(struct rbtree *tree, struct rbtree_node *node)
{
    while (is_red(node->parent)) {
        struct rbtree_node *parent = node->parent;
        struct rbtree_node *const grand = parent->parent;
        const unsigned int side = side_of(parent);

        if (is_red(grand->child[!side])) {
            parent->red = false;
            grand->child[!side]->red = false;
            grand->red = true;
            node = grand;
            continue;
        }
        if (side_of(node) != side) {
            rbtree_rotate(tree, parent, side);
            parent = node;
        }
        parent->red = false;
        grand->red = true;
        rbtree_rotate(tree, grand, !side);
        break;
    }
    tree->root->red = false;
}

void rbtree_insert_below(struct rbtree *tree, struct rbtree_node *node,
                         rbtree_less_fn *less)
{
    struct rbtree_node *parent = NULL;
    struct rbtree_node **link = &tree->root;

    while (*link != NULL) {
        parent = *link;
        link = &parent->child[!less(node, parent)];
    }
    *node = (struct rbtree_node){ .parent = parent, .red = true };
    *link = node;
    rbtree_fix_insert(tree, node);
}

/* The paths through the given side of parent lack one black node. */
static void rbtree_fix_remove(struct rbtree *tree, struct rbtree_node *node,
                              struct rbtree_node *parent)
{
    while (parent != NULL && !is_red(node)) {
        const unsigned int side = node == parent->child[1];
        struct rbtree_node *other = parent->child[!side];

        if (other->red) {
            other->red = false;
            parent->red = true;
            rbtree_rotate(tree, parent, side);
            other = parent->child[!side];
        }
        if (!is_red(other->child[0]) && !is_red(other->child[1])) {
            other->red = true;
            node = parent;
            parent = node->parent;
            continue;
        }
        if (!is_red(other->child[!side])) {
            other->child[side]->red = false;
            other->red = true;
            rbtree_rotate(tree, other, !side);
            other = parent->child[!side];
        }
        other->red = parent->red;
        parent->red = false;
        other->child[!side]->red = false;
        rbtree_rotate(tree, parent, side);
        return;
    }
    if (node != NULL) {
        node->red = false;
    }
}

/* Takes the place and colour of node, which has two children. */
static void rbtree_take_place(struct rbtree *tree, struct rbtree_node *node,
                              struct rbtree_node *heir)
{
    rbtree_replace(tree, node, heir);
    heir->red = node->red;
    for (unsigned int side = 0; side < 2; side++) {
        heir->child[side] = node->child[side];
        if (heir->child[side] != NULL) {
            heir->child[side]->parent = heir;
        }
    }
}

void rbtree_remove_one(struct rbtree *tree, struct rbtree_node *node)
{
    /* The node that really leaves its place has at most one child. */
    const bool two = node->child[0] != NULL && node->child[1] != NULL;
    struct rbtree_node *const leaving = two ? rbtree_next(node) : node;
    struct rbtree_node *const below = leaving->child[0] != NULL
                                          ? leaving->child[0]
                                          : leaving->child[1];
    struct rbtree_node *parent = leaving->parent;
    const bool lost_black = !leaving->red;

    rbtree_replace(tree, leaving, below);
    if (leaving != node) {
        rbtree_take_place(tree, node, leaving);
        parent = parent == node ? leaving : parent;
    }
    if (lost_black) {
        rbtree_fix_remove(tree, below, parent);
    }
}

struct rbtree_node *rbtree_find_from(const struct rbtree *tree,
                                     const void *key, rbtree_key_fn *cmp)
{
    struct rbtree_node *found = NULL;
    struct rbtree_node *node = tree->root;

    while (node != NULL) {
        if (cmp(key, node) <= 0) {
            found = node;
            node = node->child[0];
        } else {
            node = node->child[1];
        }
    }
    return found;
}

struct rbtree_node *rbtree_find(const struct rbtree *tree, const void *key,
                                rbtree_key_fn *cmp)
{
    struct rbtree_node *const found = rbtree_find_from(tree, key, cmp);

    return found != NULL && cmp(key, found) == 0 ? found : NULL;
}

/* The last node when one always goes to one side. */
static struct rbtree_node *rbtree_end(struct rbtree_node *node,
                                      unsigned int side)
{
    while (node != NULL && node->child[side] != NULL) {
        node = node->child[side];
    }
    return node;
}

static struct rbtree_node *rbtree_step(const struct rbtree_node *node,
                                       unsigned int side)
{
    if (node->child[side] != NULL) {
        return rbtree_end(node->child[side], !side);
    }
    while (node->parent != NULL && side_of(node) == side) {
        node = node->parent;
    }
    return node->parent;
}

struct rbtree_node *rbtree_first(const struct rbtree *tree)
{
    return rbtree_end(tree->root, 0);
}

struct rbtree_node *rbtree_last(const struct rbtree *tree)
{
    return rbtree_end(tree->root, 1);
}

struct rbtree_node *rbtree_next(const struct rbtree_node *node)
{
    return rbtree_step(node, 1);
}

struct rbtree_node *rbtree_prev(const struct rbtree_node *node)
{
    return rbtree_step(node, 0);
}
