/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore: the tree that the control domain and the guests share, with
 * permissions, watches and transactions. Guests speak its wire protocol over
 * a ring; the control domain calls it. Pure but for the allocator: it is
 * told nothing of time and of hypercalls. State is in memory only.
 */
#ifndef DOM0_XS_XS_H
#define DOM0_XS_XS_H

#include <core/abi/io_xs.h>
#include <core/lib/list.h>
#include <core/lib/types.h>

/* What one guest may have. */
#define XS_NODES_MAX 1000u
#define XS_VALUE_MAX 2048u
#define XS_WATCHES_MAX 128u
#define XS_TXNS_MAX 10u
#define XS_TXN_OPS_MAX 1024u
#define XS_PERMS_MAX 8u
#define XS_EVENT_BYTES_MAX 65536u
/* What anybody may have. */
#define XS_DEPTH_MAX 32u
#define XS_DOMAINS_MAX 64u

struct xs_conn;

/* Called once for each event: path is the node's, or @introduceDomain... */
typedef void xs_watch_fn(void *ctx, const char *path);

/* Empties the store; once before everything else. post: run xs_run() soon. */
int __must_check xs_init(void (*post)(void));

/*
 * After xs_init() in a life that is not the first: the nodes of the log that
 * the one before has kept, or, when its guests are introduced again, their
 * watches, each of which fires. false: there is no log.
 */
bool xs_revive(const void *log, bool are_watches);

/* From now on the next life finds this one's log. */
void xs_log_publish(void);

/* Delivers events to the watches of xs_watch(). */
void xs_run(void);

/* --- guests --- */

/* A request that is coming in, in memory that is kept; zero: none. */
struct xs_input {
    uint64_t place;             /* Bytes of it; high half: index on the ring */
    struct xsd_sockmsg head;
    char payload[XENSTORE_PAYLOAD_MAX];
};

/*
 * A connection for a guest, which makes it "introduced". ring is its page,
 * or NULL in tests, as in. NULL: no memory, or too many.
 */
struct xs_conn *xs_introduce(domid_t domid,
                             struct xenstore_domain_interface *ring,
                             struct xs_input *in);

/*
 * It was connected in an earlier life as well, of which this is the nth: what
 * it had begun goes on, or is refused so that it begins again.
 */
void xs_conn_revive(struct xs_conn *conn, unsigned int lives);

/* Ends it: its watches, transactions and count. Its nodes stay. */
void xs_release(struct xs_conn *conn);

domid_t xs_conn_domid(const struct xs_conn *conn);

/*
 * Works on the ring: takes requests, gives answers and events, at most a
 * bounded number. XS_NOTIFY: the guest is to be notified; XS_MORE: call
 * again. A ring that makes no sense is given up for good, with *why.
 */
#define XS_NOTIFY 1u
#define XS_MORE 2u
unsigned int xs_ring_run(struct xs_conn *conn, const char **why);

/*
 * One request, header and payload, as from a ring: used by it and by tests.
 * The answer is queued; xs_conn_next() takes what is queued, oldest first,
 * as header and payload, for mem_free(); NULL: nothing.
 */
void xs_conn_request(struct xs_conn *conn, const struct xsd_sockmsg *head,
                     const char *payload);
struct xsd_sockmsg *xs_conn_next(struct xs_conn *conn);

/* Whether answers or events wait to be put on the ring. */
bool xs_conn_has_output(const struct xs_conn *conn);

/* Tells who has output: set once. */
void xs_set_output_hook(void (*fn)(struct xs_conn *conn));

/* --- the control domain itself --- */

int __must_check xs_write(const char *path, const char *fmt, ...)
    __printf_like(2, 3);

/* Terminated; cut to size. -ENOENT, or the length. */
int __must_check xs_read(const char *path, char *value, size_t size);

/* -ENOENT, -EINVAL: not a number. */
int __must_check xs_read_u64(const char *path, uint64_t *value);

int xs_remove(const char *path);

/* perms: "n0r5" and the like, the wire's strings one behind the other. */
int __must_check xs_set_perms(const char *path, const char *perms);

/* The names below, each terminated, mem_free() it; NULL: none, or no node. */
char *xs_list(const char *path, size_t *size);

/* Calls fn for each change at or below path, and once for now. */
int __must_check xs_watch(const char *path, xs_watch_fn *fn, void *ctx);
void xs_unwatch(const char *path, xs_watch_fn *fn, void *ctx);

/* @introduceDomain, @releaseDomain. */
void xs_fire_special(const char *name);

#endif
