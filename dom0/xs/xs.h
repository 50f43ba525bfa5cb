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
#include <dom0/rt/loop.h>

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

/* Empties the store; once before everything else. */
int __must_check xs_init(void);

/*
 * After xs_init() in a life that is not the first: the nodes of the log that
 * the one before has kept, or, when its guests are introduced again, their
 * watches, each of which fires. false: there is no log.
 */
bool xs_revive(const void *log, bool are_watches);

/* From now on the next life finds this one's log. */
void xs_log_publish(void);

/* --- guests --- */

/* A request that is coming in, in memory that is kept; zero: none. */
struct xs_input {
    uint64_t place;             /* Bytes of it; high half: index on the ring */
    struct xsd_sockmsg head;
    char payload[XENSTORE_PAYLOAD_MAX];
};

/*
 * A connection for a guest, which makes it "introduced". ring is its page,
 * work posted when xs_ring_run() has something to move to it; all of them
 * may be NULL in tests. NULL: no memory, or too many.
 */
struct xs_conn *xs_introduce(domid_t domid,
                             struct xenstore_domain_interface *ring,
                             struct xs_input *in,
                             struct loop_work *work);

/*
 * It was connected in an earlier life as well, of which this is the nth: what
 * it had begun goes on, or is refused so that it begins again.
 */
void xs_conn_revive(struct xs_conn *conn, unsigned int lives);

/* Ends it: its watches, transactions and count. Its nodes stay. */
void xs_release(struct xs_conn *conn);

/*
 * Works on the ring: takes requests, gives answers and events, at most a
 * bounded number; what is to do then, see link.h. A ring that makes no sense
 * is given up for good, with *why.
 */
unsigned int xs_ring_run(struct xs_conn *conn, const char **why);

/* --- the control domain itself --- */

int __must_check xs_write(const char *path, const char *value);

/* Terminated; cut to size. -ENOENT, or the length. */
int __must_check xs_read(const char *path, char *value, size_t size);

/* -ENOENT, -EINVAL: not a number. */
int __must_check xs_read_u64(const char *path, uint64_t *value);

int xs_remove(const char *path);

/* An empty node which one domain owns and another may read as well. */
int __must_check xs_make(const char *path, domid_t owner, domid_t reader);

/*
 * The name of a node below, by its place from 0 on, until the store changes;
 * NULL: there are no more, or no node.
 */
const char *xs_child(const char *path, unsigned int index);

/* Has the loop call fn at once, and for each change at or below path. */
int __must_check xs_watch(const char *path, xs_watch_fn *fn, void *ctx);
void xs_unwatch(const char *path, xs_watch_fn *fn, void *ctx);

#endif
