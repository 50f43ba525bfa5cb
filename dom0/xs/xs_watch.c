/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watches. A guest's event is queued for its ring at once; one of the
 * control domain is kept for xs_run(), so that what it calls may change the
 * store in peace.
 */
#include <dom0/rt/rt.h>
#include <dom0/xs/xs_priv.h>

static LOOP_WORK(xs_work, xs_run);

struct xs_event {
    struct list_head link;
    xs_watch_fn *fn;
    void *ctx;
    char path[];
};

/* Whether path is prefix or lies below it. */
static bool xs_is_below(const char *path, const char *prefix)
{
    const size_t n = strlen(prefix);

    if (strcmp(prefix, "/") == 0) {
        return *path == '/';
    }
    return strncmp(path, prefix, n) == 0 &&
           (path[n] == '\0' || path[n] == '/');
}

static bool xs_watch_may_see(const struct xs_watch *w, const char *path)
{
    return *path == '@' ? w->conn->domid == 0
                        : xs_may(xs_tree_find_near(xs.view.root, path),
                                 w->conn->domid, XS_PERM_READ);
}

static void xs_watch_deliver_local(const struct xs_watch *w, const char *path)
{
    struct xs_event *e;

    list_for_each_entry(e, &xs.events, link) {
        if (e->fn == w->fn && e->ctx == w->ctx && strcmp(e->path, path) == 0) {
            return;
        }
    }
    e = mem_alloc(sizeof(*e) + strlen(path) + 1);
    if (e != NULL) {
        e->fn = w->fn;
        e->ctx = w->ctx;
        memcpy(e->path, path, strlen(path) + 1);
        list_add_tail(&e->link, &xs.events);
        loop_post(&xs_work);
    }
}

static void xs_watch_send(const struct xs_watch *w, const char *path)
{
    const struct xsd_sockmsg head = { .type = XS_WATCH_EVENT };
    char text[XENSTORE_PAYLOAD_MAX];
    int n;

    if (w->is_relative) {
        path += strlen(TEXT("/local/domain/%u", w->conn->domid));
        path += *path == '/';
    }
    n = snprintf(text, sizeof(text), "%s%c%s", path, '\0', w->token) + 1;
    if (n <= (int)sizeof(text)) {
        xs_conn_send(w->conn, &head, text, (size_t)n);
    }
}

static void xs_watch_deliver(const struct xs_watch *w, const char *path)
{
    if (w->conn == NULL) {
        xs_watch_deliver_local(w, path);
    } else if (xs_watch_may_see(w, path)) {
        xs_watch_send(w, path);
    }
}

void xs_watch_fire(const char *path, bool below)
{
    struct xs_watch *w;

    list_for_each_entry(w, &xs.watches, link) {
        if (xs_is_below(path, w->path)) {
            xs_watch_deliver(w, path);
        } else if (below && xs_is_below(w->path, path)) {
            xs_watch_deliver(w, w->path);
        }
    }
}

void xs_watch_touch(void)
{
    struct xs_watch *w;

    list_for_each_entry(w, &xs.watches, link) {
        if (w->conn != NULL) {
            xs_watch_deliver(w, w->path);
        }
    }
}

static struct xs_watch *xs_watch_new(const char *path, const char *token)
{
    const size_t n = strlen(path) + 1;
    struct xs_watch *const w = mem_alloc(sizeof(*w) + n + strlen(token) + 1);

    if (w != NULL) {
        memcpy(w->path, path, n);
        w->token = memcpy(w->path + n, token, strlen(token) + 1);
        list_add_tail(&w->link, &xs.watches);
    }
    return w;
}

static struct xs_watch *xs_watch_find(const struct xs_conn *conn,
                                      const char *path, const char *token)
{
    struct xs_watch *w;

    list_for_each_entry(w, &xs.watches, link) {
        if (w->conn == conn && strcmp(w->path, path) == 0 &&
            strcmp(w->token, token) == 0) {
            return w;
        }
    }
    return NULL;
}

int xs_watch_add(struct xs_conn *conn, const char *path, const char *token,
                 bool is_relative)
{
    struct xs_watch *w;

    if (xs_watch_find(conn, path, token) != NULL) {
        return -EEXIST;
    }
    if (conn->watch_count == XS_WATCHES_MAX) {
        return -E2BIG;
    }
    w = xs_watch_new(path, token);
    if (w == NULL) {
        return -ENOMEM;
    }
    w->conn = conn;
    w->is_relative = is_relative;
    conn->watch_count++;
    xs_log_watch(w, XS_LOG_WATCH);
    return 0;
}

static void xs_watch_free(struct xs_watch *w)
{
    list_del(&w->link);
    if (w->conn != NULL) {
        w->conn->watch_count--;
        xs_log_watch(w, XS_LOG_UNWATCH);
    }
    mem_free(w);
}

int xs_watch_remove(struct xs_conn *conn, const char *path,
                    const char *token)
{
    struct xs_watch *const w = xs_watch_find(conn, path, token);

    if (w == NULL) {
        return -ENOENT;
    }
    xs_watch_free(w);
    return 0;
}

void xs_watch_remove_all(struct xs_conn *conn)
{
    struct xs_watch *w, *tmp;

    list_for_each_entry_safe(w, tmp, &xs.watches, link) {
        if (w->conn == conn) {
            xs_watch_free(w);
        }
    }
}

/* --- the control domain's --- */

int xs_watch(const char *path, xs_watch_fn *fn, void *ctx)
{
    struct xs_watch *const w = xs_watch_new(path, "");

    if (w == NULL) {
        return -ENOMEM;
    }
    w->fn = fn;
    w->ctx = ctx;
    xs_watch_deliver(w, path);
    return 0;
}

void xs_unwatch(const char *path, xs_watch_fn *fn, void *ctx)
{
    struct xs_watch *w, *next_watch;
    struct xs_event *e, *next_event;

    list_for_each_entry_safe(w, next_watch, &xs.watches, link) {
        if (w->conn == NULL && w->fn == fn && w->ctx == ctx &&
            strcmp(w->path, path) == 0) {
            xs_watch_free(w);
        }
    }
    list_for_each_entry_safe(e, next_event, &xs.events, link) {
        if (e->fn == fn && e->ctx == ctx) {
            list_del(&e->link);
            mem_free(e);
        }
    }
}

void xs_run(struct loop_work *work)
{
    while (!list_empty(&xs.events)) {
        struct xs_event *const e =
            list_first_entry(&xs.events, struct xs_event, link);

        list_del(&e->link);
        e->fn(e->ctx, e->path);
        mem_free(e);
    }
}
