/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes and trees of them that share what is equal. Depth is bounded by
 * XS_DEPTH_MAX, which bounds the recursion.
 */
#include <dom0/rt/rt.h>
#include <dom0/xs/xs_priv.h>

#define ROOM_FIRST 4u

/* The value of all that have none. */
static struct xs_value xs_empty = { .refs = 1 };

struct xs_node *xs_node_new(const char *name, size_t name_size)
{
    struct xs_node *const n = mem_alloc(sizeof(*n) + name_size + 1);

    if (n != NULL) {
        memcpy(n->name, name, name_size);
        n->refs = 1;
        n->gen = n->child_gen = ++xs.gen;
        n->value = &xs_empty;
        xs_empty.refs++;
    }
    return n;
}

static void xs_value_put(struct xs_value *value)
{
    if (--value->refs == 0) {
        mem_free(value);
    }
}

void xs_node_put(struct xs_node *node)
{
    if (node == NULL || --node->refs != 0) {
        return;
    }
    for (unsigned int i = 0; i < node->child_count; i++) {
        xs_node_put(node->child[i]);
    }
    xs_value_put(node->value);
    mem_free(node->child);
    mem_free(node);
}

/* As strcmp, of a name of name_size bytes that need not be terminated. */
static int xs_name_cmp(const char *name, size_t name_size, const char *other)
{
    const int order = strncmp(name, other, name_size);

    return order != 0 ? order : -(other[name_size] != '\0');
}

/* Where the child is, or where it belongs. */
static unsigned int xs_child_place(const struct xs_node *node,
                                   const char *name, size_t name_size)
{
    unsigned int low = 0;
    unsigned int high = node->child_count;

    while (low < high) {
        const unsigned int mid = (low + high) / 2;

        if (xs_name_cmp(name, name_size, node->child[mid]->name) > 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

struct xs_node **xs_child_slot(const struct xs_node *node, const char *name,
                               size_t name_size)
{
    const unsigned int at = xs_child_place(node, name, name_size);

    if (at == node->child_count ||
        xs_name_cmp(name, name_size, node->child[at]->name) != 0) {
        return NULL;
    }
    return &node->child[at];
}

size_t xs_path_next(const char **path, const char **name)
{
    const char *p = *path;

    while (*p == '/') {
        p++;
    }
    *name = p;
    while (*p != '\0' && *p != '/') {
        p++;
    }
    *path = p;
    return (size_t)(p - *name);
}

static struct xs_node *xs_tree_walk(struct xs_node *node, const char *path,
                                    bool is_near)
{
    const char *name;
    size_t size;

    while ((size = xs_path_next(&path, &name)) != 0) {
        struct xs_node **const slot = xs_child_slot(node, name, size);

        if (slot == NULL) {
            return is_near ? node : NULL;
        }
        node = *slot;
    }
    return node;
}

struct xs_node *xs_tree_find(struct xs_node *root, const char *path)
{
    return xs_tree_walk(root, path, false);
}

struct xs_node *xs_tree_find_near(struct xs_node *root, const char *path)
{
    return xs_tree_walk(root, path, true);
}

struct xs_node *xs_slot_own(struct xs_node **slot)
{
    struct xs_node *const old = *slot;
    struct xs_node *n;

    if (old->refs == 1) {
        return old;
    }
    n = mem_alloc(sizeof(*n) + strlen(old->name) + 1);
    if (n == NULL) {
        return NULL;
    }
    memcpy(n, old, sizeof(*n) + strlen(old->name) + 1);
    n->refs = 1;
    n->child = NULL;
    n->child_room = old->child_count;
    if (old->child_count != 0) {
        n->child = mem_alloc(old->child_count * sizeof(*n->child));
        if (n->child == NULL) {
            mem_free(n);
            return NULL;
        }
    }
    for (unsigned int i = 0; i < old->child_count; i++) {
        n->child[i] = old->child[i];
        n->child[i]->refs++;
    }
    n->value->refs++;
    xs_node_put(old);
    *slot = n;
    return n;
}

struct xs_node *xs_tree_own(struct xs_node **root, const char *path)
{
    struct xs_node **slot = root;
    struct xs_node *node = xs_slot_own(slot);
    const char *name;
    size_t size;

    while (node != NULL && (size = xs_path_next(&path, &name)) != 0) {
        slot = xs_child_slot(node, name, size);
        node = slot == NULL ? NULL : xs_slot_own(slot);
    }
    return node;
}

int xs_node_add(struct xs_node *node, struct xs_node *child)
{
    const unsigned int at =
        xs_child_place(node, child->name, strlen(child->name));

    if (node->child_count == node->child_room) {
        const unsigned int room = max(node->child_room * 2, ROOM_FIRST);
        struct xs_node **const more = mem_alloc(room * sizeof(*more));

        if (more == NULL) {
            return -ENOMEM;
        }
        if (node->child_count != 0) {
            memcpy(more, node->child, node->child_count * sizeof(*more));
        }
        mem_free(node->child);
        node->child = more;
        node->child_room = room;
    }
    memmove(node->child + at + 1, node->child + at,
            (node->child_count - at) * sizeof(*node->child));
    node->child[at] = child;
    node->child_count++;
    node->child_gen = ++xs.gen;
    return 0;
}

void xs_node_drop(struct xs_node *node, struct xs_node *child)
{
    const unsigned int at =
        xs_child_place(node, child->name, strlen(child->name));

    node->child_count--;
    memmove(node->child + at, node->child + at + 1,
            (node->child_count - at) * sizeof(*node->child));
    node->child_gen = ++xs.gen;
    xs_node_put(child);
}

int xs_node_set_value(struct xs_node *node, const char *bytes, size_t size)
{
    struct xs_value *const v =
        size != 0 ? mem_alloc(sizeof(*v) + size) : &xs_empty;

    if (v == NULL) {
        return -ENOMEM;
    }
    if (size != 0) {
        v->size = size;
        memcpy(v->bytes, bytes, size);
    }
    v->refs++;
    xs_value_put(node->value);
    node->value = v;
    node->gen = ++xs.gen;
    return 0;
}

size_t xs_node_names(const struct xs_node *node, uint64_t from, char *text,
                     size_t size, bool *is_all)
{
    uint64_t at = 0;
    size_t n = 0;

    *is_all = true;
    for (unsigned int i = 0; i < node->child_count && *is_all; i++) {
        const char *const name = node->child[i]->name;
        const size_t one = strlen(name) + 1;

        *is_all = at < from || one <= size - n;
        if (at >= from && *is_all) {
            memcpy(text + n, name, one);
            n += one;
        }
        at += one;
    }
    return n;
}
