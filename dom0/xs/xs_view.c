/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done to the store, checked: permissions and quotas. Every
 * operation is noted, in the transaction or for the watches. Chapter: Xen,
 * "xenstore", permissions; its defaults of C xenstored.
 */
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/mem.h>
#include <dom0/xs/xs_priv.h>

bool xs_may(const struct xs_node *node, domid_t domid, unsigned int perm)
{
    if (domid == 0 || node->perm[0].domid == domid) {
        return true;
    }
    for (unsigned int i = 1; i < node->perm_count; i++) {
        if (node->perm[i].domid == domid) {
            return (node->perm[i].flags & perm) == perm;
        }
    }
    return (node->perm[0].flags & perm) == perm;
}

/* --- counts of nodes --- */

void xs_view_count(struct xs_view *view, domid_t domid, int change)
{
    unsigned int free = XS_DOMAINS_MAX;

    if (domid == 0) {
        return;
    }
    for (unsigned int i = 0; i < XS_DOMAINS_MAX; i++) {
        if (view->owner[i].domid == domid) {
            view->owner[i].nodes += (unsigned int)change;
            if (view->owner[i].nodes == 0) {
                view->owner[i].domid = 0;
            }
            return;
        }
        if (view->owner[i].domid == 0) {
            free = i;
        }
    }
    /* There are fewer guests than that; what is given to others is free. */
    if (free < XS_DOMAINS_MAX && change > 0) {
        view->owner[free].domid = domid;
        view->owner[free].nodes = (unsigned int)change;
    }
}

static bool xs_has_room(const struct xs_view *view, domid_t domid)
{
    for (unsigned int i = 0; i < XS_DOMAINS_MAX; i++) {
        if (domid != 0 && view->owner[i].domid == domid) {
            return view->owner[i].nodes < XS_NODES_MAX;
        }
    }
    return true;
}

static void xs_count_tree(struct xs_view *view, const struct xs_node *node)
{
    xs_view_count(view, node->perm[0].domid, -1);
    for (unsigned int i = 0; i < node->child_count; i++) {
        xs_count_tree(view, node->child[i]);
    }
}

/* --- operations --- */

int xs_view_get(struct xs_ctx *c, const char *path, enum xs_op_kind kind,
                struct xs_node **node)
{
    xs_note(c, path, kind);
    *node = xs_tree_find(c->view->root, path);
    if (*node == NULL) {
        /* Who may not look there is not told what is not there. */
        return xs_may(xs_tree_find_near(c->view->root, path), c->domid,
                      XS_PERM_READ) ? -ENOENT : -EACCES;
    }
    return xs_may(*node, c->domid, XS_PERM_READ) ? 0 : -EACCES;
}

/* A child with the permissions of its parent, but the maker's own. */
static struct xs_node *xs_make_child(struct xs_ctx *c, struct xs_node *parent,
                                     const char *name, size_t size)
{
    struct xs_node *const n = xs_node_new(name, size);

    if (n == NULL) {
        return NULL;
    }
    memcpy(n->perm, parent->perm, sizeof(n->perm));
    n->perm_count = parent->perm_count;
    if (c->domid != 0) {
        n->perm[0].domid = c->domid;
    }
    if (xs_node_add(parent, n) != 0) {
        xs_node_put(n);
        return NULL;
    }
    xs_view_count(c->view, n->perm[0].domid, 1);
    return n;
}

int xs_view_make(struct xs_ctx *c, const char *path, struct xs_node **out)
{
    struct xs_node *const near = xs_tree_find_near(c->view->root, path);
    char prefix[XENSTORE_ABS_PATH_MAX + 1];
    const char *p = path + 1;
    struct xs_node *node;

    if (!xs_may(near, c->domid, XS_PERM_WRITE)) {
        return -EACCES;
    }
    node = xs_tree_own(&c->view->root, "/");
    while (node != NULL && *p != '\0') {
        const char *const slash = strchr(p, '/');
        const size_t size = slash != NULL ? (size_t)(slash - p) : strlen(p);
        struct xs_node *const below = node;

        memcpy(prefix, path, (size_t)(p - path) + size);
        prefix[(size_t)(p - path) + size] = '\0';
        node = xs_tree_own(&c->view->root, prefix);
        if (node == NULL && xs_node_child(below, p, size) == NULL) {
            if (!xs_has_room(c->view, c->domid)) {
                return -ENOSPC;
            }
            node = xs_make_child(c, below, p, size);
        }
        p += size + (slash != NULL);
    }
    *out = node;
    return node == NULL ? -ENOMEM : 0;
}

int xs_view_set(struct xs_ctx *c, const char *path, const char *bytes,
                size_t size)
{
    struct xs_node *node;
    int rc;

    if (c->domid != 0 && size > XS_VALUE_MAX) {
        return -ENOSPC;
    }
    rc = xs_view_make(c, path, &node);
    if (rc == 0) {
        rc = xs_node_set_value(node, bytes, size);
    }
    if (rc == 0) {
        xs_note(c, path, XS_OP_SET);
    }
    return rc;
}

int xs_view_mkdir(struct xs_ctx *c, const char *path)
{
    struct xs_node *node = xs_tree_find(c->view->root, path);
    int rc;

    if (node != NULL) {
        return xs_may(node, c->domid, XS_PERM_WRITE) ? 0 : -EACCES;
    }
    rc = xs_view_make(c, path, &node);
    if (rc == 0) {
        xs_note(c, path, XS_OP_SET);
    }
    return rc;
}

bool xs_view_drop(struct xs_view *view, const char *parent,
                  struct xs_node *node)
{
    struct xs_node *const above = xs_tree_own(&view->root, parent);

    if (above == NULL) {
        return false;
    }
    xs_count_tree(view, node);
    xs_node_drop(above, node);
    return true;
}

int xs_view_remove(struct xs_ctx *c, const char *path)
{
    struct xs_node *const node = xs_tree_find(c->view->root, path);
    const char *const slash = strrchr(path, '/');
    char parent[XENSTORE_ABS_PATH_MAX + 1];

    if (strcmp(path, "/") == 0) {
        return -EINVAL;
    }
    memcpy(parent, path, (size_t)(slash - path));
    parent[slash - path] = '\0';
    if (node == NULL) {
        /* To remove what is not there is done, if its parent is there. */
        const struct xs_node *const above =
            xs_tree_find(c->view->root, parent);

        xs_note(c, path, XS_OP_READ);
        if (above == NULL) {
            return -ENOENT;
        }
        return xs_may(above, c->domid, XS_PERM_WRITE) ? 0 : -EACCES;
    }
    if (!xs_may(node, c->domid, XS_PERM_WRITE)) {
        return -EACCES;
    }
    if (!xs_view_drop(c->view, parent, node)) {
        return -ENOMEM;
    }
    xs_note(c, path, XS_OP_REMOVE);
    return 0;
}

int xs_view_set_perms(struct xs_ctx *c, const char *path,
                      const struct xs_perm *perm, unsigned int count)
{
    struct xs_node *node;
    int rc = xs_view_get(c, path, XS_OP_READ, &node);

    if (rc != 0) {
        return rc;
    }
    if (c->domid != 0 && node->perm[0].domid != c->domid) {
        return -EACCES;
    }
    if (c->domid != 0 && perm[0].domid != c->domid) {
        return -EPERM;
    }
    node = xs_tree_own(&c->view->root, path);
    if (node == NULL) {
        return -ENOMEM;
    }
    xs_view_count(c->view, node->perm[0].domid, -1);
    xs_view_count(c->view, perm[0].domid, 1);
    memcpy(node->perm, perm, count * sizeof(*perm));
    node->perm_count = count;
    node->gen = ++xs.gen;
    xs_note(c, path, XS_OP_SET);
    return 0;
}

void xs_view_copy(struct xs_view *to, const struct xs_view *from)
{
    memcpy(to, from, sizeof(*to));
    xs_node_get(to->root);
}

void xs_view_free(struct xs_view *view)
{
    xs_node_put(view->root);
    view->root = NULL;
}

static int xs_perm_letter(char letter)
{
    switch (letter) {
    case 'n': return 0;
    case 'r': return XS_PERM_READ;
    case 'w': return XS_PERM_WRITE;
    case 'b': return XS_PERM_READ | XS_PERM_WRITE;
    default: return -EINVAL;
    }
}

int xs_perms_parse(const char *text, size_t size, struct xs_perm *perm)
{
    const char *const end = text + size;
    int count = 0;

    if (size == 0 || end[-1] != '\0') {
        return -EINVAL;
    }
    for (; text < end; text += strlen(text) + 1) {
        const int flags = xs_perm_letter(*text);
        uint64_t domid;

        if (count == (int)XS_PERMS_MAX) {
            return -ENOSPC;
        }
        if (flags < 0 || str_to_u64(text + 1, 10, &domid, NULL) != 0 ||
            domid > UINT16_MAX) {
            return -EINVAL;
        }
        perm[count].domid = (domid_t)domid;
        perm[count].flags = (uint16_t)flags;
        count++;
    }
    return count;
}
