/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections of guests and the requests of the wire protocol. A request was
 * copied from the ring before it comes here; every string in it is checked
 * for its end. Chapter: Xen, "xenstore", "Xenstore protocol specification".
 */
#include <dom0/rt/rt.h>
#include <dom0/xs/xs_priv.h>

#define TEXT_MAX 16u
/* Transactions of a life, after which numbers of an earlier one come back. */
#define XS_TXN_LIFE_SHIFT 24u

struct xs_req {
    struct xs_conn *conn;
    struct xsd_sockmsg head;
    const char *arg[2];         /* Terminated strings of the payload       */
    unsigned int args;
    const char *rest;           /* Behind the first one                    */
    size_t rest_size;
    char path[XENSTORE_ABS_PATH_MAX + 1];
    bool is_relative;
    struct xs_node *node;       /* At path, if it is asked for it          */
    uint64_t domid;             /* The first argument, if it is that       */
    struct xs_ctx ctx;
};

typedef int xs_request_fn(struct xs_req *r);

#define ERROR(name) [name] = #name
static const char *const xs_errors[] = {
    ERROR(EINVAL), ERROR(EACCES), ERROR(EEXIST), ERROR(ENOENT),
    ERROR(ENOMEM), ERROR(ENOSPC), ERROR(EIO), ERROR(ENOSYS),
    ERROR(EBUSY), ERROR(EAGAIN), ERROR(E2BIG), ERROR(EPERM),
};

/* --- answers --- */

void xs_conn_send(struct xs_conn *conn, const struct xsd_sockmsg *head,
                  const char *payload, size_t size)
{
    const bool is_event = head->type == XS_WATCH_EVENT;
    const bool is_lost =
        is_event && conn->event_bytes + size > XS_EVENT_BYTES_MAX;
    struct xs_msg *const m = is_lost ? NULL : mem_alloc(sizeof(*m) + size);

    if (m == NULL) {
        conn->has_lost = true;
        return;
    }
    m->head = *head;
    m->head.len = (uint32_t)size;
    if (size != 0) {
        memcpy(m->payload, payload, size);
    }
    conn->event_bytes += is_event ? size : 0;
    list_add_tail(&m->link, &conn->output);
    if (conn->work != NULL) {
        loop_post(conn->work);
    }
}

static void xs_answer(struct xs_req *r, const char *payload, size_t size)
{
    xs_conn_send(r->conn, &r->head, payload, size);
}

static int xs_answer_text(struct xs_req *r, const char *text)
{
    xs_answer(r, text, strlen(text) + 1);
    return 0;
}

static void xs_answer_error(struct xs_req *r, unsigned int error)
{
    const char *const name =
        error < ARRAY_SIZE(xs_errors) ? xs_errors[error] : NULL;

    r->head.type = XS_ERROR;
    xs_answer_text(r, name ?: "EINVAL");
}

/* --- arguments --- */

static bool xs_path_is_valid(const char *path)
{
    unsigned int depth = 0;

    if (strcmp(path, "/") == 0) {
        return true;
    }
    for (const char *p = path; *p != '\0'; p++) {
        const char c = *p;

        depth += c == '/';
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || strchr("-/_@", c) != NULL) ||
            (c == '/' && (p[1] == '/' || p[1] == '\0'))) {
            return false;
        }
    }
    return depth <= XS_DEPTH_MAX;
}

/* The first argument as an absolute path. */
static int xs_req_path(struct xs_req *r)
{
    const char *const path = r->arg[0];

    if (r->args == 0 || *path == '\0') {
        return -EINVAL;
    }
    r->is_relative = *path != '/' && *path != '@';
    if (!r->is_relative) {
        if (strlcpy(r->path, path, sizeof(r->path)) >= sizeof(r->path)) {
            return -EINVAL;
        }
    } else if (strlen(path) > XENSTORE_REL_PATH_MAX ||
               snprintf(r->path, sizeof(r->path), "/local/domain/%u/%s",
                        r->conn->domid, path) >= (int)sizeof(r->path)) {
        return -EINVAL;
    }
    return xs_path_is_valid(r->path) ? 0 : -EINVAL;
}

/* --- requests --- */

static int xs_do_read(struct xs_req *r)
{
    xs_answer(r, r->node->value->bytes, r->node->value->size);
    return 0;
}

static int xs_do_write(struct xs_req *r)
{
    return xs_view_set(&r->ctx, r->path, r->rest, r->rest_size);
}

static int xs_do_mkdir(struct xs_req *r)
{
    return xs_view_mkdir(&r->ctx, r->path);
}

static int xs_do_rm(struct xs_req *r)
{
    return xs_view_remove(&r->ctx, r->path);
}

static int xs_do_directory(struct xs_req *r)
{
    char text[XENSTORE_PAYLOAD_MAX];
    bool is_all;
    const size_t n =
        xs_node_names(r->node, 0, text, sizeof(text), &is_all);

    if (is_all) {
        xs_answer(r, text, n);
    }
    return is_all ? 0 : -E2BIG;
}

/* A piece of the list from an offset on, behind the list's generation. */
static int xs_do_directory_part(struct xs_req *r)
{
    char text[XENSTORE_PAYLOAD_MAX];
    uint64_t from;
    bool is_all;
    size_t n = (size_t)snprintf(text, sizeof(text), "%lu",
                                (unsigned long)r->node->child_gen) + 1;

    if (str_to_u64(r->arg[1], 10, &from, NULL) != 0) {
        return -EINVAL;
    }
    /* One byte stays for the end of the list. */
    n += xs_node_names(r->node, from, text + n, sizeof(text) - n - 1,
                       &is_all);
    if (is_all) {
        text[n++] = '\0';
    }
    xs_answer(r, text, n);
    return 0;
}

static int xs_do_get_perms(struct xs_req *r)
{
    char text[XS_PERMS_MAX * TEXT_MAX];
    size_t n = 0;

    for (unsigned int i = 0; i < r->node->perm_count; i++) {
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%c%u",
                              XS_PERM_LETTERS[r->node->perm[i].flags & 3],
                              r->node->perm[i].domid) + 1;
    }
    xs_answer(r, text, n);
    return 0;
}

static int xs_do_set_perms(struct xs_req *r)
{
    struct xs_perm perm[XS_PERMS_MAX];
    const int count = xs_perms_parse(r->rest, r->rest_size, perm);

    return count < 0 ? count
                     : xs_view_set_perms(&r->ctx, r->path, perm,
                                         (unsigned int)count);
}

/* The first event of a watch says that it is there. */
static int xs_do_watch(struct xs_req *r)
{
    const struct xsd_sockmsg event = { .type = XS_WATCH_EVENT };
    const int rc =
        xs_watch_add(r->conn, r->path, r->arg[1], r->is_relative);

    if (rc == 0) {
        xs_answer_text(r, "OK");
        xs_conn_send(r->conn, &event, r->arg[0],
                     strlen(r->arg[0]) + strlen(r->arg[1]) + 2);
    }
    return rc;
}

static int xs_do_unwatch(struct xs_req *r)
{
    return xs_watch_remove(r->conn, r->path, r->arg[1]);
}

static void xs_conn_reset(struct xs_conn *conn)
{
    struct xs_txn *t, *tmp;

    xs_watch_remove_all(conn);
    list_for_each_entry_safe(t, tmp, &conn->txns, link) {
        (void)!xs_txn_end(conn, t, false);
    }
}

static int xs_do_reset_watches(struct xs_req *r)
{
    xs_conn_reset(r->conn);
    return 0;
}

static int xs_do_transaction_start(struct xs_req *r)
{
    uint32_t id = 0;
    const int rc =
        r->ctx.txn != NULL ? -EBUSY : xs_txn_start(r->conn, &id);

    return rc ?: xs_answer_text(r, TEXT("%u", id));
}

static int xs_do_transaction_end(struct xs_req *r)
{
    if (r->ctx.txn == NULL) {
        return -ENOENT;
    }
    if (strcmp(r->arg[0], "T") != 0 && strcmp(r->arg[0], "F") != 0) {
        return -EINVAL;
    }
    return xs_txn_end(r->conn, r->ctx.txn, r->arg[0][0] == 'T');
}

static int xs_do_get_domain_path(struct xs_req *r)
{
    return xs_answer_text(r, TEXT("/local/domain/%lu", r->domid));
}

static int xs_do_is_domain_introduced(struct xs_req *r)
{
    bool is_there = r->domid == 0;
    struct xs_conn *c;

    list_for_each_entry(c, &xs.conns, link) {
        is_there |= c->domid == r->domid;
    }
    return xs_answer_text(r, is_there ? "T" : "F");
}

/* What only a control domain may, and it does not come by a ring. */
static int xs_do_privileged(struct xs_req *r)
{
    return -EACCES;
}

/* What is done for all alike around a request's function. */
#define NODE 1u                 /* The first string becomes an absolute path */
#define PATH 2u                 /* The same, or the name of an event         */
#define READ 4u                 /* The node there is fetched, for its value  */
#define LIST 8u                 /* or for its children                       */
#define OK 16u                  /* It has no answer but this                 */
#define DOMID 32u               /* The first string is a domain's number     */

struct xs_request {
    xs_request_fn *fn;
    unsigned int flags;
    unsigned int args;          /* How many strings; 0: is not counted       */
};

static const struct xs_request xs_requests[XS_TYPE_COUNT] = {
    [XS_DIRECTORY] = { xs_do_directory, NODE | LIST },
    [XS_READ] = { xs_do_read, NODE | READ },
    [XS_GET_PERMS] = { xs_do_get_perms, NODE | READ },
    [XS_WATCH] = { xs_do_watch, PATH, 2 },
    [XS_UNWATCH] = { xs_do_unwatch, PATH | OK, 2 },
    [XS_TRANSACTION_START] = { xs_do_transaction_start },
    [XS_TRANSACTION_END] = { xs_do_transaction_end, OK, 1 },
    [XS_INTRODUCE] = { xs_do_privileged },
    [XS_RELEASE] = { xs_do_privileged },
    [XS_GET_DOMAIN_PATH] = { xs_do_get_domain_path, DOMID, 1 },
    [XS_WRITE] = { xs_do_write, NODE | OK },
    [XS_MKDIR] = { xs_do_mkdir, NODE | OK },
    [XS_RM] = { xs_do_rm, NODE | OK },
    [XS_SET_PERMS] = { xs_do_set_perms, NODE | OK },
    [XS_IS_DOMAIN_INTRODUCED] = { xs_do_is_domain_introduced, DOMID, 1 },
    [XS_RESUME] = { xs_do_privileged },
    [XS_SET_TARGET] = { xs_do_privileged },
    [XS_CONTROL] = { xs_do_privileged },
    [XS_RESET_WATCHES] = { xs_do_reset_watches, OK },
    [XS_DIRECTORY_PART] = { xs_do_directory_part, NODE | LIST, 2 },
};

/* Finds the strings; what is behind the second is a value's or is ignored. */
static void xs_req_split(struct xs_req *r, const char *p)
{
    const char *const end = p + r->head.len;
    const char *zero;

    while (r->args < ARRAY_SIZE(r->arg) && p < end &&
           (zero = memchr(p, '\0', (size_t)(end - p))) != NULL) {
        r->arg[r->args++] = p;
        p = zero + 1;
        if (r->args == 1) {
            r->rest = p;
            r->rest_size = (size_t)(end - p);
        }
    }
}

/* The transaction, the path and the node, if it has them. */
static int xs_req_prepare(struct xs_req *r, const struct xs_request *q)
{
    int rc = 0;

    if (r->head.tx_id != 0) {
        r->ctx.txn = xs_txn_find(r->conn, r->head.tx_id);
        if (r->ctx.txn == NULL) {
            return -ENOENT;
        }
        r->ctx.view = &r->ctx.txn->view;
    }
    if ((q->args != 0 && r->args != q->args) ||
        ((q->flags & DOMID) &&
         (str_to_u64(r->arg[0], 10, &r->domid, NULL) != 0 ||
          r->domid > UINT16_MAX))) {
        return -EINVAL;
    }
    if (q->flags & (NODE | PATH)) {
        rc = xs_req_path(r);
    }
    if (rc == 0 && (q->flags & NODE) && r->path[0] != '/') {
        rc = -EINVAL;
    }
    return rc != 0 || !(q->flags & (READ | LIST)) ? rc
        : xs_view_get(&r->ctx, r->path, q->flags & READ ? XS_OP_READ
                                                        : XS_OP_LIST,
                      &r->node);
}

static int xs_req_run(struct xs_req *r)
{
    const unsigned int type = r->head.type;
    const struct xs_request *const q =
        type < XS_TYPE_COUNT ? &xs_requests[type] : NULL;
    bool is_ok;
    int rc;

    if (q == NULL || q->fn == NULL) {
        return -ENOSYS;
    }
    is_ok = (q->flags & OK) != 0;
    rc = xs_req_prepare(r, q) ?: q->fn(r);
    /* In a new life it may ask again for what was done. */
    if (r->conn->is_fresh && (rc == -EEXIST || rc == -ENOENT) &&
        (type == XS_WATCH || type == XS_UNWATCH)) {
        rc = 0;
        is_ok = true;
    }
    return rc == 0 && is_ok ? xs_answer_text(r, "OK") : rc;
}

void xs_conn_request(struct xs_conn *conn, const struct xsd_sockmsg *head,
                     const char *payload)
{
    struct xs_req r = {
        .conn = conn,
        .head = *head,
        .ctx = { .domid = conn->domid, .view = &xs.view },
    };
    int rc;

    xs_req_split(&r, payload);
    rc = xs_req_run(&r);
    conn->is_fresh = false;
    if (rc != 0) {
        xs_answer_error(&r, (unsigned int)-rc);
    }
}

/* --- connections --- */

struct xs_conn *xs_introduce(domid_t domid,
                             struct xenstore_domain_interface *ring,
                             struct xs_input *in,
                             struct loop_work *work)
{
    struct xs_conn *c;

    if (xs.conn_count == XS_DOMAINS_MAX) {
        return NULL;
    }
    c = mem_alloc(sizeof(*c));
    if (c != NULL) {
        c->domid = domid;
        c->ring = ring;
        c->in = in;
        c->work = work;
        list_init(&c->output);
        list_init(&c->txns);
        list_add_tail(&c->link, &xs.conns);
        xs.conn_count++;
        xs_watch_fire("@introduceDomain", false);
    }
    return c;
}

void xs_conn_revive(struct xs_conn *conn, unsigned int lives)
{
    conn->is_fresh = true;
    conn->txn_first = lives << XS_TXN_LIFE_SHIFT;
    conn->txn_last = conn->txn_first;
    if (conn->ring != NULL) {
        xs_ring_revive(conn);
    }
}

void xs_release(struct xs_conn *conn)
{
    struct xs_msg *m;

    xs_conn_reset(conn);
    while ((m = xs_conn_next(conn)) != NULL) {
        mem_free(m);
    }
    list_del(&conn->link);
    xs.conn_count--;
    mem_free(conn);
    xs_watch_fire("@releaseDomain", false);
}

struct xs_msg *xs_conn_next(struct xs_conn *conn)
{
    struct xs_msg *const m =
        list_first_or_null(&conn->output, struct xs_msg, link);

    if (m != NULL) {
        list_del(&m->link);
        conn->event_bytes -= m->head.type == XS_WATCH_EVENT ? m->head.len : 0;
    }
    return m;
}
