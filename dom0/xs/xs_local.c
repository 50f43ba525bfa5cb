/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store for the control domain itself, which may do everything.
 */
#include <stdarg.h>

#include <core/lib/errno.h>
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/mem.h>
#include <dom0/xs/xs_priv.h>

struct xs_store xs;

static struct xs_ctx xs_local = { .domid = 0, .view = &xs.view };

int xs_init(void (*post)(void))
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
    xs.post = post;
    xs_log_init();
    return 0;
}

void xs_set_output_hook(void (*fn)(struct xs_conn *conn))
{
    xs.output = fn;
}

int xs_write(const char *path, const char *fmt, ...)
{
    char value[XS_VALUE_MAX];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(value, sizeof(value), fmt, args);
    va_end(args);
    if (n < 0 || n >= (int)sizeof(value)) {
        return -E2BIG;
    }
    return xs_view_set(&xs_local, path, value, (size_t)n);
}

int xs_read(const char *path, char *value, size_t size)
{
    const struct xs_node *const node = xs_tree_find(xs.view.root, path);
    size_t n;

    if (node == NULL) {
        return -ENOENT;
    }
    n = node->value == NULL ? 0 : min_t(size_t, node->value->size, size - 1);
    if (n != 0) {
        memcpy(value, node->value->bytes, n);
    }
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

int xs_set_perms(const char *path, const char *perms)
{
    struct xs_perm perm[XS_PERMS_MAX];
    char text[XS_PERMS_MAX * 8];
    size_t n = 0;
    int count;

    /* "n0r5" to the wire's strings. */
    for (const char *p = perms; *p != '\0' && n + 2 < sizeof(text); p++) {
        if (n != 0 && (*p < '0' || *p > '9')) {
            text[n++] = '\0';
        }
        text[n++] = *p;
    }
    text[n++] = '\0';
    count = xs_perms_parse(text, n, perm);
    return count < 0 ? count
                     : xs_view_set_perms(&xs_local, path, perm,
                                         (unsigned int)count);
}

char *xs_list(const char *path, size_t *size)
{
    const struct xs_node *const node = xs_tree_find(xs.view.root, path);
    size_t n = 0;
    char *names;

    *size = 0;
    for (unsigned int i = 0; node != NULL && i < node->child_count; i++) {
        n += strlen(node->child[i]->name) + 1;
    }
    names = n == 0 ? NULL : mem_alloc(n);
    if (names == NULL) {
        return NULL;
    }
    for (unsigned int i = 0; i < node->child_count; i++) {
        const size_t one = strlen(node->child[i]->name) + 1;

        memcpy(names + *size, node->child[i]->name, one);
        *size += one;
    }
    return names;
}
