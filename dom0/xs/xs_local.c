/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store for the control domain itself, which may do everything.
 */
#include <dom0/rt/rt.h>
#include <dom0/xs/xs_priv.h>

struct xs_store xs;

static struct xs_ctx xs_local = { .domid = 0, .view = &xs.view };

int xs_init(void)
{
    struct xs_node *const root = xs_node_new("", 0);

    if (root == NULL) {
        return -ENOMEM;
    }
    root->perm_count = 1;
    root->perm[0].flags = XS_PERM_READ;
    xs_node_put(xs.view.root);
    memset(&xs, 0, sizeof(xs));
    xs.view.root = root;
    list_init(&xs.conns);
    list_init(&xs.watches);
    list_init(&xs.events);
    xs_log_init();
    return 0;
}

int xs_write(const char *path, const char *value)
{
    return xs_view_set(&xs_local, path, value, strlen(value));
}

int xs_read(const char *path, char *value, size_t size)
{
    const struct xs_node *const node = xs_tree_find(xs.view.root, path);
    size_t n;

    if (node == NULL) {
        return -ENOENT;
    }
    n = min_t(size_t, node->value->size, size - 1);
    memcpy(value, node->value->bytes, n);
    value[n] = '\0';
    return (int)n;
}

int xs_read_u64(const char *path, uint64_t *value)
{
    char text[24];
    const int rc = xs_read(path, text, sizeof(text));

    if (rc < 0) {
        return rc;
    }
    return str_to_u64(text, 10, value, NULL) == 0 ? 0 : -EINVAL;
}

int xs_remove(const char *path)
{
    return xs_view_remove(&xs_local, path);
}

int xs_make(const char *path, domid_t owner, domid_t reader)
{
    const struct xs_perm perm[] = {
        { .domid = owner }, { .domid = reader, .flags = XS_PERM_READ },
    };

    return xs_view_set(&xs_local, path, NULL, 0) ?:
           xs_view_set_perms(&xs_local, path, perm, owner == reader ? 1 : 2);
}

const char *xs_child(const char *path, unsigned int index)
{
    const struct xs_node *const node = xs_tree_find(xs.view.root, path);

    return node != NULL && index < node->child_count
        ? node->child[index]->name : NULL;
}
