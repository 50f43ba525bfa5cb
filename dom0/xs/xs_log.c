/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the store a new life of the control domain needs: a log of changes
 * to the main view and to the guests' watches, in memory that is kept. Each
 * record has a sum, so that a log that a crash has spoiled ends before the
 * damage. A full log is written anew from what there is; what is read by
 * xs_revive() comes from the life before.
 */
#include <core/lib/crc32.h>
#include <dom0/rt/rt.h>
#include <dom0/xs/xs_priv.h>

#define AREA_PAGES 16u
#define AREA_MAGIC UINT64_C(0x676f6c7378)       /* "xslog" */

struct xs_area {
    uint64_t magic;
    uint64_t pages;
    char bytes[];
};

struct xs_record {
    uint32_t size;              /* Of all of it; 0: the end of the log.    */
    uint32_t crc;               /* Of what follows.                        */
    uint8_t kind;               /* enum xs_log_kind                        */
    uint8_t count;              /* Of permissions; of a watch: relative    */
    domid_t domid;              /* Of a watch                              */
    uint32_t value_size;
    char bytes[];               /* Permissions, path, value or token       */
};

#define RECORD_ALIGN 8u
#define CRC_FROM offsetof(struct xs_record, kind)

/* The log that is written. */
static struct {
    struct xs_area *area;       /* NULL: none, or no memory for it         */
    size_t used;                /* Of area->bytes                          */
    bool is_known;              /* To the next life                        */
} xs_log;

static size_t xs_log_room(const struct xs_area *a)
{
    return (a->pages << PAGE_SHIFT) - sizeof(*a);
}

/* false: it is full. */
static bool xs_log_put(const struct xs_record *head,
                       const struct xs_perm *perm, const char *path,
                       const char *value)
{
    const size_t perm_size = perm != NULL ? head->count * sizeof(*perm) : 0;
    const size_t path_size = strlen(path) + 1;
    const size_t size = round_up(sizeof(*head) + perm_size + path_size +
                                 head->value_size, RECORD_ALIGN);
    struct xs_record *const r = (void *)(xs_log.area->bytes + xs_log.used);

    if (size + RECORD_ALIGN > xs_log_room(xs_log.area) - xs_log.used) {
        return false;
    }
    *r = *head;
    if (perm_size != 0) {
        memcpy(r->bytes, perm, perm_size);
    }
    memcpy(r->bytes + perm_size, path, path_size);
    memcpy(r->bytes + perm_size + path_size, value, head->value_size);
    r->crc = crc32(0, (const char *)r + CRC_FROM, size - CRC_FROM);
    barrier();
    r->size = (uint32_t)size;
    xs_log.used += size;
    return true;
}

static bool xs_log_put_node(const char *path, struct xs_node *node)
{
    const struct xs_record head = {
        .kind = XS_LOG_SET,
        .count = (uint8_t)node->perm_count,
        .value_size = (uint32_t)node->value->size,
    };

    node->is_logged = true;
    return xs_log_put(&head, node->perm, path, node->value->bytes);
}

/* A node and all below it. path has room for more. */
static bool xs_log_put_tree(char *path, struct xs_node *node)
{
    const size_t n = strlen(path);
    bool is_good = xs_log_put_node(path, node);

    for (unsigned int i = 0; i < node->child_count && is_good; i++) {
        path[n] = '/';
        strlcpy(path + n + (n > 1), node->child[i]->name,
                XENSTORE_ABS_PATH_MAX + 1 - n - (n > 1));
        is_good = xs_log_put_tree(path, node->child[i]);
        path[n] = '\0';
    }
    return is_good;
}

static bool xs_log_put_watch(const struct xs_watch *w, enum xs_log_kind kind)
{
    const struct xs_record head = {
        .kind = (uint8_t)kind,
        .count = w->is_relative,
        .domid = w->conn->domid,
        .value_size = (uint32_t)strlen(w->token) + 1,
    };

    return xs_log_put(&head, NULL, w->path, w->token);
}

static bool xs_log_put_all(void)
{
    static char path[XENSTORE_ABS_PATH_MAX + 1];
    const struct xs_watch *w;
    bool is_good;

    strlcpy(path, "/", sizeof(path));
    is_good = xs_log_put_tree(path, xs.view.root);
    list_for_each_entry(w, &xs.watches, link) {
        is_good = is_good && (w->conn == NULL ||
                              xs_log_put_watch(w, XS_LOG_WATCH));
    }
    return is_good;
}

/* A new area, at least half of which is free. */
static void xs_log_renew(size_t pages)
{
    struct xs_area *const old = xs_log.area;
    bool is_done = false;

    while (!is_done) {
        xs_log.area = keep_alloc(pages);
        xs_log.used = 0;
        if (xs_log.area == NULL) {
            break;
        }
        xs_log.area->magic = AREA_MAGIC;
        xs_log.area->pages = pages;
        is_done = xs_log_put_all() &&
                  xs_log.used < xs_log_room(xs_log.area) / 2;
        if (!is_done) {
            keep_free(xs_log.area, pages);
            pages *= 2;
        }
    }
    if (xs_log.is_known) {
        keep_set_store(xs_log.area);
    }
    if (old != NULL) {
        keep_free(old, old->pages);
    }
}

void xs_log_init(void)
{
    xs_log.is_known = false;
    xs_log_renew(AREA_PAGES);
}

void xs_log_publish(void)
{
    xs_log.is_known = true;
    keep_set_store(xs_log.area);
}

void xs_log_node(const char *path, bool is_removed)
{
    const struct xs_record gone = { .kind = XS_LOG_REMOVE };
    static char prefix[XENSTORE_ABS_PATH_MAX + 1];
    struct xs_node *node = NULL;
    bool is_good = xs_log.area != NULL &&
                   (!is_removed || xs_log_put(&gone, NULL, path, ""));

    /* Nodes above that were made for this one as well. */
    for (const char *p = path; is_good && *p != '\0';) {
        const char *const slash = strchr(p + 1, '/');

        p = slash != NULL ? slash : p + strlen(p);
        memcpy(prefix, path, (size_t)(p - path));
        prefix[p - path] = '\0';
        node = xs_tree_find(xs.view.root, prefix);
        if (node != NULL && *p != '\0' && !node->is_logged) {
            is_good = xs_log_put_node(prefix, node);
        }
    }
    if (node != NULL && is_good) {
        is_good = is_removed ? xs_log_put_tree(prefix, node)
                             : xs_log_put_node(path, node);
    }
    if (!is_good && xs_log.area != NULL) {
        xs_log_renew(xs_log.area->pages);
    }
}

void xs_log_watch(const struct xs_watch *w, enum xs_log_kind kind)
{
    if (xs_log.area != NULL && !xs_log_put_watch(w, kind)) {
        xs_log_renew(xs_log.area->pages);
    }
}

/* --- the next life --- */

static const struct xs_record *xs_log_next(const struct xs_area *a, size_t at)
{
    const struct xs_record *const r = (const void *)(a->bytes + at);
    const size_t left = xs_log_room(a) - at;

    if (left < sizeof(*r) || r->size < sizeof(*r) || r->size > left ||
        r->size % RECORD_ALIGN != 0 ||
        r->crc != crc32(0, (const char *)r + CRC_FROM, r->size - CRC_FROM)) {
        return NULL;
    }
    return r;
}

static void xs_revive_node(const struct xs_record *r)
{
    struct xs_ctx c = { .domid = 0, .view = &xs.view };
    struct xs_perm perm[XS_PERMS_MAX];
    const size_t perm_size = r->count * sizeof(perm[0]);
    const char *const path = r->bytes + perm_size;

    if (r->kind == XS_LOG_REMOVE) {
        (void)!xs_view_remove(&c, r->bytes);
    } else if (perm_size <= sizeof(perm)) {
        memcpy(perm, r->bytes, perm_size);
        (void)!xs_view_set(&c, path, path + strlen(path) + 1, r->value_size);
        (void)!xs_view_set_perms(&c, path, perm, r->count);
    }
}

static void xs_revive_watch(const struct xs_record *r)
{
    struct xs_conn *c;

    list_for_each_entry(c, &xs.conns, link) {
        const char *const token = r->bytes + strlen(r->bytes) + 1;

        if (c->domid == r->domid && r->kind == XS_LOG_WATCH) {
            (void)!xs_watch_add(c, r->bytes, token, r->count != 0);
        } else if (c->domid == r->domid) {
            (void)!xs_watch_remove(c, r->bytes, token);
        }
    }
}

bool xs_revive(const void *area, bool are_watches)
{
    const struct xs_area *const a = area;
    const struct xs_record *r;

    if (a == NULL || a->magic != AREA_MAGIC) {
        return false;
    }
    for (size_t at = 0; (r = xs_log_next(a, at)) != NULL; at += r->size) {
        const bool is_watch = r->kind == XS_LOG_WATCH ||
                              r->kind == XS_LOG_UNWATCH;

        if (is_watch && are_watches) {
            xs_revive_watch(r);
        } else if (!is_watch && !are_watches) {
            xs_revive_node(r);
        }
    }
    if (are_watches) {
        xs_watch_touch();
    }
    return true;
}
