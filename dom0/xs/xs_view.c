/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done to the store, checked: permissions and quotas. Every
 * operation is noted, in the transaction or for the watches. Chapter: Xen,
 * "xenstore", permissions; its defaults of C xenstored.
 */
#include <dom0/rt/rt.h>
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

/* The guest's, or else a free one; NULL: none. */
static struct xs_owner *xs_owner_find(struct xs_view *view, domid_t domid)
{
    struct xs_owner *free = NULL;

    for (unsigned int i = 0; i < XS_DOMAINS_MAX; i++) {
        if (view->owner[i].nodes == 0) {
            free = &view->owner[i];
        } else if (view->owner[i].domid == domid) {
            return &view->owner[i];
        }
    }
    return free;
}

static void xs_view_count(struct xs_view *view, domid_t domid, int change)
{
    struct xs_owner *const o = xs_owner_find(view, domid);

    /* There are fewer guests than that; what is given to others is free. */
    if (domid != 0 && o != NULL && (o->nodes != 0 || change > 0)) {
        o->domid = domid;
        o->nodes += (unsigned int)change;
    }
}

static bool xs_has_room(struct xs_view *view, domid_t domid)
{
    const struct xs_owner *const o = xs_owner_find(view, domid);

    return domid == 0 || o == NULL || o->nodes < XS_NODES_MAX;
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
    struct xs_node **slot = &c->view->root;
    struct xs_node *node;
    const char *name;
    size_t size;

    if (!xs_may(xs_tree_find_near(*slot, path), c->domid, XS_PERM_WRITE)) {
        return -EACCES;
    }
    node = xs_slot_own(slot);
    while (node != NULL && (size = xs_path_next(&path, &name)) != 0) {
        slot = xs_child_slot(node, name, size);
        if (slot == NULL && !xs_has_room(c->view, c->domid)) {
            return -ENOSPC;
        }
        node = slot != NULL ? xs_slot_own(slot)
                            : xs_make_child(c, node, name, size);
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
    rc = xs_view_make(c, path, &node) ?:
         xs_node_set_value(node, bytes, size);
    if (rc == 0) {
        xs_note(c, path, XS_OP_SET);
    }
    return rc;
}

int xs_view_mkdir(struct xs_ctx *c, const char *path)
{
    const struct xs_node *const node = xs_tree_find(c->view->root, path);

    if (node != NULL) {
        return xs_may(node, c->domid, XS_PERM_WRITE) ? 0 : -EACCES;
    }
    return xs_view_set(c, path, NULL, 0);
}

static void xs_parent(const char *path, char *parent)
{
    strlcpy(parent, path, (size_t)(strrchr(path, '/') - path) + 1);
}

int xs_view_drop(struct xs_view *view, const char *path)
{
    struct xs_node *const node = xs_tree_find(view->root, path);
    char parent[XENSTORE_ABS_PATH_MAX + 1];
    struct xs_node *above;

    if (node == NULL) {
        return 0;
    }
    xs_parent(path, parent);
    above = xs_tree_own(&view->root, parent);
    if (above == NULL) {
        return -ENOMEM;
    }
    xs_count_tree(view, node);
    xs_node_drop(above, node);
    return 0;
}

int xs_view_remove(struct xs_ctx *c, const char *path)
{
    const struct xs_node *node = xs_tree_find(c->view->root, path);
    const bool is_there = node != NULL;
    char parent[XENSTORE_ABS_PATH_MAX + 1];
    int rc;

    if (strcmp(path, "/") == 0) {
        return -EINVAL;
    }
    if (!is_there) {
        /* To remove what is not there is done, if its parent is there. */
        xs_note(c, path, XS_OP_READ);
        xs_parent(path, parent);
        node = xs_tree_find(c->view->root, parent);
        if (node == NULL) {
            return -ENOENT;
        }
    }
    if (!xs_may(node, c->domid, XS_PERM_WRITE)) {
        return -EACCES;
    }
    rc = xs_view_drop(c->view, path);
    if (rc == 0 && is_there) {
        xs_note(c, path, XS_OP_REMOVE);
    }
    return rc;
}

void xs_view_own(struct xs_view *view, struct xs_node *node,
                 const struct xs_perm *perm, unsigned int count)
{
    xs_view_count(view, node->perm[0].domid, -1);
    xs_view_count(view, perm[0].domid, 1);
    memcpy(node->perm, perm, count * sizeof(*perm));
    node->perm_count = count;
    node->gen = ++xs.gen;
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
    xs_view_own(c->view, node, perm, count);
    xs_note(c, path, XS_OP_SET);
    return 0;
}

void xs_view_copy(struct xs_view *to, const struct xs_view *from)
{
    *to = *from;
    to->root->refs++;
}

int xs_perms_parse(const char *text, size_t size, struct xs_perm *perm)
{
    static const char first[] = XS_PERM_LETTERS;
    const char *const end = text + size;
    int count = 0;

    if (size == 0 || end[-1] != '\0') {
        return -EINVAL;
    }
    for (; text < end; text += strlen(text) + 1) {
        const char *const letter = strchr(first, *text);
        uint64_t domid;

        if (count == (int)XS_PERMS_MAX) {
            return -ENOSPC;
        }
        if (letter == NULL || *letter == '\0' ||
            str_to_u64(text + 1, 10, &domid, NULL) != 0 ||
            domid > UINT16_MAX) {
            return -EINVAL;
        }
        perm[count].domid = (domid_t)domid;
        perm[count].flags = (uint16_t)(letter - first);
        count++;
    }
    return count;
}
