/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring between a guest and the store. The guest writes anything at any
 * time into the page: an index is read once and checked, a request is copied
 * before it is looked at. As long as the guest does not take its answers, it
 * is asked for nothing more. Chapter: io/xs_wire.h of the public headers.
 *
 * What was taken of a request is kept until its answer is on the ring, and a
 * message that fits is put there as a whole: should this domain crash, the
 * next life does the request again, and the guest sees no half of an answer.
 */
#include <dom0/rt/link.h>
#include <dom0/rt/rt.h>
#include <dom0/xs/xs_priv.h>

/* Requests in one call; then others have their turn. */
#define BATCH 32u

static void xs_ring_give_up(struct xs_conn *conn, uint32_t error,
                            const char **why, const char *what)
{
    conn->is_dead = true;
    WRITE_ONCE(conn->ring->error, error);
    *why = what;
}

/* Moves bytes out of the request ring; how many. */
static size_t xs_ring_take(struct xs_conn *conn, size_t max_size,
                           const char **why)
{
    struct xenstore_domain_interface *const ring = conn->ring;
    struct xs_input *const in = conn->in;
    const uint32_t got = xs_input_got(in);
    const uint32_t cons = READ_ONCE(ring->req_cons);
    const uint32_t prod = __atomic_load_n(&ring->req_prod, __ATOMIC_ACQUIRE);
    size_t n = min_t(size_t, prod - cons, max_size);
    const size_t at = MASK_XENSTORE_IDX(cons);

    if (prod - cons > XENSTORE_RING_SIZE) {
        xs_ring_give_up(conn, XENSTORE_ERROR_RINGIDX, why,
                        "its xenstore ring's request indices make no sense");
        return 0;
    }
    n = min_t(size_t, n, XENSTORE_RING_SIZE - at);
    memcpy((char *)&in->head + got, ring->req + at, n);
    barrier();
    in->place = make64(cons + (uint32_t)n, got + (uint32_t)n);
    __atomic_store_n(&ring->req_cons, cons + (uint32_t)n, __ATOMIC_RELEASE);
    return n;
}

/* Takes what there is of one request; whether it is whole. */
static bool xs_ring_input(struct xs_conn *conn, bool *moved, const char **why)
{
    for (;;) {
        const size_t got = xs_input_got(conn->in);
        size_t want = sizeof(conn->in->head);

        if (got >= want) {
            if (conn->in->head.len > XENSTORE_PAYLOAD_MAX) {
                xs_ring_give_up(conn, XENSTORE_ERROR_PROTO, why,
                                "its xenstore request is too long");
                return false;
            }
            want += conn->in->head.len;
        }
        if (got == want) {
            return true;
        }
        if (xs_ring_take(conn, want - got, why) == 0) {
            return false;
        }
        *moved = true;
    }
}

void xs_ring_revive(struct xs_conn *conn)
{
    struct xenstore_domain_interface *const ring = conn->ring;
    const uint32_t cons = (uint32_t)(conn->in->place >> 32);

    /* It may have been noted, and not told. */
    if (cons - READ_ONCE(ring->req_cons) <= XENSTORE_RING_SIZE) {
        WRITE_ONCE(ring->req_cons, cons);
    }
}

static void xs_ring_fill(struct xenstore_domain_interface *ring,
                         uint32_t prod, const char *from, size_t n)
{
    const size_t at = MASK_XENSTORE_IDX(prod);
    const size_t part = min(n, XENSTORE_RING_SIZE - at);

    memcpy(ring->rsp + at, from, part);
    memcpy(ring->rsp, from + part, n - part);
}

/* Moves answers and events to the ring; false when it is full. */
static bool xs_ring_output(struct xs_conn *conn, bool *moved,
                           const char **why)
{
    struct xenstore_domain_interface *const ring = conn->ring;
    struct xs_msg *m;

    while ((m = list_first_or_null(&conn->output, struct xs_msg, link)) !=
           NULL) {
        const size_t size = sizeof(m->head) + m->head.len;

        while (m->sent < size) {
            const uint32_t prod = READ_ONCE(ring->rsp_prod);
            const uint32_t used = prod -
                __atomic_load_n(&ring->rsp_cons, __ATOMIC_ACQUIRE);
            const size_t room = XENSTORE_RING_SIZE - used;
            const size_t n = min(room, size - m->sent);

            if (used > XENSTORE_RING_SIZE) {
                xs_ring_give_up(conn, XENSTORE_ERROR_RINGIDX, why,
                                "its xenstore ring's answer indices make "
                                "no sense");
                return false;
            }
            if (room == 0 || (size <= XENSTORE_RING_SIZE && room < size)) {
                return false;
            }
            xs_ring_fill(ring, prod, (const char *)&m->head + m->sent, n);
            __atomic_store_n(&ring->rsp_prod, prod + (uint32_t)n,
                             __ATOMIC_RELEASE);
            m->sent += n;
            *moved = true;
        }
        mem_free(xs_conn_next(conn));
    }
    return true;
}

unsigned int xs_ring_run(struct xs_conn *conn, const char **why)
{
    unsigned int left = BATCH;
    bool moved = false;

    *why = NULL;
    while (!conn->is_dead && xs_ring_output(conn, &moved, why)) {
        if (conn->is_answered) {
            conn->is_answered = false;
            conn->in->place &= ~UINT64_C(0xffffffff);
        }
        if (left == 0 || !xs_ring_input(conn, &moved, why)) {
            break;
        }
        left--;
        conn->is_answered = true;
        xs_conn_request(conn, &conn->in->head, conn->in->payload);
    }
    if (conn->has_lost && !conn->has_told && *why == NULL) {
        conn->has_told = true;
        *why = "it does not take its xenstore events: some are lost";
    }
    return (moved ? LINK_NOTIFY : 0) | (left == 0 ? LINK_MORE : 0);
}
