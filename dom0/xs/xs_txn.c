/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions: a view of one's own, and a note of what was read and changed
 * in it. At the end what was read must still be so in the main view, and what
 * was changed is done again there.
 */
#include <dom0/rt/rt.h>
#include <dom0/xs/xs_priv.h>

/* NULL: no memory. */
static struct xs_txn *xs_txn_new(struct xs_conn *conn, uint32_t id)
{
    struct xs_txn *const t = mem_alloc(sizeof(*t));

    if (t == NULL) {
        return NULL;
    }
    t->id = id;
    xs_view_copy(&t->view, &xs.view);
    t->base = xs.view.root;
    t->base->refs++;
    list_init(&t->ops);
    list_add_tail(&t->link, &conn->txns);
    conn->txn_count++;
    return t;
}

struct xs_txn *xs_txn_find(struct xs_conn *conn, uint32_t id)
{
    struct xs_txn *t;

    list_for_each_entry(t, &conn->txns, link) {
        if (t->id == id) {
            return t;
        }
    }
    t = id < conn->txn_first && conn->txn_count < XS_TXNS_MAX
        ? xs_txn_new(conn, id) : NULL;
    if (t != NULL) {
        t->is_orphan = true;
    }
    return t;
}

int xs_txn_start(struct xs_conn *conn, uint32_t *id)
{
    if (conn->txn_count == XS_TXNS_MAX) {
        return -ENOSPC;
    }
    do {
        conn->txn_last++;
    } while (conn->txn_last <= conn->txn_first ||
             xs_txn_find(conn, conn->txn_last));
    *id = conn->txn_last;
    return xs_txn_new(conn, *id) == NULL ? -ENOMEM : 0;
}

/* A change of the main view is for the next life and for who watches. */
static void xs_changed(const char *path, enum xs_op_kind kind)
{
    if (kind == XS_OP_SET || kind == XS_OP_REMOVE) {
        xs_log_node(path, kind == XS_OP_REMOVE);
        xs_watch_fire(path, kind == XS_OP_REMOVE);
    }
}

void xs_note(struct xs_ctx *c, const char *path, enum xs_op_kind kind)
{
    struct xs_txn *const t = c->txn;
    bool is_noted = false;
    struct xs_op *op;

    if (t == NULL) {
        xs_changed(path, kind);
        return;
    }
    list_for_each_entry(op, &t->ops, link) {
        /* What is set again behind a removal is done again behind it. */
        is_noted = op->kind != XS_OP_REMOVE &&
                   (is_noted || (op->kind == kind &&
                                 strcmp(op->path, path) == 0));
    }
    if (is_noted) {
        return;
    }
    op = t->op_count < XS_TXN_OPS_MAX
        ? mem_alloc(sizeof(*op) + strlen(path) + 1) : NULL;
    if (op == NULL) {
        t->is_broken = true;
        return;
    }
    op->kind = kind;
    memcpy(op->path, path, strlen(path) + 1);
    list_add_tail(&op->link, &t->ops);
    t->op_count++;
}

/* Whether the main view is, for this operation, as it was at the start. */
static bool xs_op_holds(const struct xs_txn *t, const struct xs_op *op)
{
    const struct xs_node *const was = xs_tree_find(t->base, op->path);
    const struct xs_node *const is = xs_tree_find(xs.view.root, op->path);

    if (was == NULL || is == NULL) {
        return was == is;
    }
    return op->kind == XS_OP_LIST ? was->child_gen == is->child_gen
                                  : was->gen == is->gen;
}

/* The node as the transaction left it, if it is still there. */
static int xs_op_redo_set(struct xs_ctx *c, struct xs_txn *t,
                          const char *path)
{
    const struct xs_node *const from = xs_tree_find(t->view.root, path);
    struct xs_node *node;
    int rc;

    if (from == NULL) {
        return 0;
    }
    rc = xs_view_make(c, path, &node) ?:
         xs_node_set_value(node, from->value->bytes, from->value->size);
    if (rc == 0) {
        xs_view_own(c->view, node, from->perm, from->perm_count);
    }
    return rc;
}

static int xs_txn_redo(struct xs_conn *conn, struct xs_txn *t)
{
    struct xs_view work;
    struct xs_ctx c = { .domid = conn->domid, .view = &work, .txn = t };
    struct xs_op *op;
    int rc = 0;

    list_for_each_entry(op, &t->ops, link) {
        if (!xs_op_holds(t, op)) {
            return -EAGAIN;
        }
    }
    xs_view_copy(&work, &xs.view);
    list_for_each_entry(op, &t->ops, link) {
        if (rc == 0 && op->kind == XS_OP_SET) {
            rc = xs_op_redo_set(&c, t, op->path);
        } else if (rc == 0 && op->kind == XS_OP_REMOVE) {
            rc = xs_view_drop(&work, op->path);
        }
    }
    xs_node_put(rc == 0 ? xs.view.root : work.root);
    if (rc == 0) {
        xs.view = work;
    }
    return rc;
}

static void xs_txn_free(struct xs_conn *conn, struct xs_txn *t)
{
    struct xs_op *op, *tmp;

    list_for_each_entry_safe(op, tmp, &t->ops, link) {
        list_del(&op->link);
        mem_free(op);
    }
    xs_node_put(t->view.root);
    xs_node_put(t->base);
    list_del(&t->link);
    conn->txn_count--;
    mem_free(t);
}

int xs_txn_end(struct xs_conn *conn, struct xs_txn *txn, bool commit)
{
    struct xs_op *op;
    int rc = 0;

    if (commit) {
        rc = txn->is_broken ? -ENOSPC :
             txn->is_orphan ? -EAGAIN : xs_txn_redo(conn, txn);
    }
    list_for_each_entry(op, &txn->ops, link) {
        if (commit && rc == 0) {
            xs_changed(op->path, op->kind);
        }
    }
    xs_txn_free(conn, txn);
    return rc;
}
