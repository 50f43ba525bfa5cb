/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of xenstore among themselves.
 *
 * The tree is shared between the main view and transactions: nodes have a
 * count of references, and are copied when one that others see as well is
 * to be changed, from the root down. To start a transaction is to take a
 * reference on the root.
 */
#ifndef DOM0_XS_XS_PRIV_H
#define DOM0_XS_XS_PRIV_H

#include <dom0/xs/xs.h>

#define XS_PERM_READ 1u
#define XS_PERM_WRITE 2u
/* By both. */
#define XS_PERM_LETTERS "nrwb"

struct xs_perm {
    domid_t domid;
    uint16_t flags;
};

struct xs_value {
    unsigned int refs;
    size_t size;
    char bytes[];
};

struct xs_node {
    unsigned int refs;
    uint64_t gen;               /* Of its value and permissions.           */
    uint64_t child_gen;         /* Of the list of its children.            */
    bool is_logged;             /* A next life knows that it is there      */
    struct xs_value *value;
    struct xs_perm perm[XS_PERMS_MAX];  /* The first: owner, and the rest. */
    unsigned int perm_count;
    struct xs_node **child;     /* By name.                                */
    unsigned int child_count;
    unsigned int child_room;
    char name[];
};

/* A state of the store, and how many nodes each guest owns in it. */
struct xs_view {
    struct xs_node *root;
    struct xs_owner {
        domid_t domid;
        unsigned int nodes;     /* 0: nobody's.                            */
    } owner[XS_DOMAINS_MAX];
};

enum xs_op_kind {
    XS_OP_READ,                 /* Depends on value or absence             */
    XS_OP_LIST,                 /* Depends on the list of children         */
    XS_OP_SET,                  /* Changed, or made                        */
    XS_OP_REMOVE,
};

struct xs_op {
    struct list_head link;
    enum xs_op_kind kind;
    char path[];
};

struct xs_txn {
    struct list_head link;
    uint32_t id;
    struct xs_view view;
    struct xs_node *base;       /* The main root when it began             */
    struct list_head ops;
    unsigned int op_count;
    bool is_broken;             /* No memory to note an operation          */
    bool is_orphan;             /* Of an earlier life: to be done again    */
};

struct xs_watch {
    struct list_head link;      /* All watches                             */
    struct xs_conn *conn;       /* NULL: the control domain's              */
    xs_watch_fn *fn;
    void *ctx;
    const char *token;          /* In path, behind its end                 */
    bool is_relative;           /* Its events are below the guest's home   */
    char path[];
};

struct xs_msg {
    struct list_head link;
    size_t sent;                /* Bytes of head and payload on the ring   */
    struct xsd_sockmsg head;
    char payload[];
};

static inline uint32_t xs_input_got(const struct xs_input *in)
{
    return (uint32_t)in->place;
}

struct xs_conn {
    struct list_head link;
    domid_t domid;
    struct xenstore_domain_interface *ring;
    struct list_head output;
    size_t event_bytes;         /* Of events in output                     */
    bool has_lost;              /* An event, for want of room,             */
    bool has_told;              /* which was said once                     */
    bool is_dead;
    struct list_head txns;
    unsigned int txn_count;
    uint32_t txn_last;
    unsigned int watch_count;
    uint32_t txn_first;         /* Numbers below are an earlier life's     */
    bool is_fresh;              /* It may ask again what was done already  */
    bool is_answered;           /* What is in there; the answer is queued  */
    struct xs_input *in;
    struct loop_work *work;
};

/* The state of one operation: who asks, in which view. */
struct xs_ctx {
    domid_t domid;              /* 0: the control domain, may do all       */
    struct xs_view *view;
    struct xs_txn *txn;         /* NULL: the main view                     */
};

struct xs_store {
    struct xs_view view;
    uint64_t gen;               /* Of the last change anywhere             */
    struct list_head conns;
    unsigned int conn_count;
    struct list_head watches;
    struct list_head events;    /* For xs_run()                            */
};

extern struct xs_store xs;

/* --- xs_tree.c --- */

struct xs_node *xs_node_new(const char *name, size_t name_size);
void xs_node_put(struct xs_node *node);

/* The next name of the path: *path moves behind it. Length, 0 at the end. */
size_t xs_path_next(const char **path, const char **name);

/* Where the child of this name is, or NULL. */
struct xs_node **xs_child_slot(const struct xs_node *node, const char *name,
                               size_t name_size);

/* Makes what the slot holds the holder's own. NULL: no memory. */
struct xs_node *xs_slot_own(struct xs_node **slot);

/* path is absolute. NULL: none. */
struct xs_node *xs_tree_find(struct xs_node *root, const char *path);

/* The deepest node at or above path. */
struct xs_node *xs_tree_find_near(struct xs_node *root, const char *path);

/* As find, but what is found is this tree's alone. NULL: none, no memory. */
struct xs_node *xs_tree_own(struct xs_node **root, const char *path);

/* node is owned. -ENOMEM. */
int __must_check xs_node_add(struct xs_node *node, struct xs_node *child);
void xs_node_drop(struct xs_node *node, struct xs_node *child);
int __must_check xs_node_set_value(struct xs_node *node, const char *bytes,
                                   size_t size);

/*
 * The names of the children from a byte of the whole list on, as many as
 * fit; *is_all: to the end. Returns their bytes.
 */
size_t xs_node_names(const struct xs_node *node, uint64_t from, char *text,
                     size_t size, bool *is_all);

/* --- xs_view.c: operations with permissions and quotas --- */

bool xs_may(const struct xs_node *node, domid_t domid, unsigned int perm);

/* 0, -ENOENT, -EACCES. */
int __must_check xs_view_get(struct xs_ctx *c, const char *path,
                             enum xs_op_kind kind, struct xs_node **node);
int __must_check xs_view_set(struct xs_ctx *c, const char *path,
                             const char *bytes, size_t size);
int __must_check xs_view_mkdir(struct xs_ctx *c, const char *path);
int __must_check xs_view_remove(struct xs_ctx *c, const char *path);
/*
 * The node at path, the view's own, made if need be with all above. What was
 * made stays if memory runs out on the way: empty nodes of the maker.
 */
int __must_check xs_view_make(struct xs_ctx *c, const char *path,
                              struct xs_node **out);

/* Takes out what is at path, if anything. -ENOMEM. */
int __must_check xs_view_drop(struct xs_view *view, const char *path);

/* The node, the view's own, gets permissions. */
void xs_view_own(struct xs_view *view, struct xs_node *node,
                 const struct xs_perm *perm, unsigned int count);
int __must_check xs_view_set_perms(struct xs_ctx *c, const char *path,
                                   const struct xs_perm *perm,
                                   unsigned int count);

/* Takes a reference on the root, for xs_node_put(). */
void xs_view_copy(struct xs_view *to, const struct xs_view *from);

/* "r5" and the like; at most XS_PERMS_MAX strings. Count, or -EINVAL. */
int __must_check xs_perms_parse(const char *text, size_t size,
                                struct xs_perm *perm);

/* --- xs_txn.c --- */

int __must_check xs_txn_start(struct xs_conn *conn, uint32_t *id);
/* NULL: none. One of an earlier life is begun anew, and ends in EAGAIN. */
struct xs_txn *xs_txn_find(struct xs_conn *conn, uint32_t id);

/* Ends it. 0; -EAGAIN: others changed what it read. */
int __must_check xs_txn_end(struct xs_conn *conn, struct xs_txn *txn,
                            bool commit);

/* Notes what was read or changed; changes of the main view fire watches. */
void xs_note(struct xs_ctx *c, const char *path, enum xs_op_kind kind);

/* --- xs_watch.c --- */

int __must_check xs_watch_add(struct xs_conn *conn, const char *path,
                              const char *token, bool is_relative);
int __must_check xs_watch_remove(struct xs_conn *conn, const char *path,
                                 const char *token);
void xs_watch_remove_all(struct xs_conn *conn);

/* A node or @name changed; below: it went, and all that was below. */
void xs_watch_fire(const char *path, bool below);

/* Work: delivers events to the watches of xs_watch(). */
void xs_run(struct loop_work *work);

/* One event for each watch of a guest, which may have lost some. */
void xs_watch_touch(void);

/* --- xs_log.c --- */

enum xs_log_kind { XS_LOG_SET = 1, XS_LOG_REMOVE, XS_LOG_WATCH,
                   XS_LOG_UNWATCH };

void xs_log_init(void);

/* The node of the main view changed, or went (and may be there anew). */
void xs_log_node(const char *path, bool is_removed);

/* A guest's watch came or went. */
void xs_log_watch(const struct xs_watch *w, enum xs_log_kind kind);

/* --- xs_ring.c --- */

/* Goes on where the life before stopped. */
void xs_ring_revive(struct xs_conn *conn);

/* --- xs_conn.c --- */

/* Queues a message. Events that are too many are dropped. */
void xs_conn_send(struct xs_conn *conn, const struct xsd_sockmsg *head,
                  const char *payload, size_t size);

/* Takes the oldest one out, for mem_free(); NULL: there is none. */
struct xs_msg *xs_conn_next(struct xs_conn *conn);

/* One request, header and payload, as from a ring. The answer is queued. */
void xs_conn_request(struct xs_conn *conn, const struct xsd_sockmsg *head,
                     const char *payload);

#endif
