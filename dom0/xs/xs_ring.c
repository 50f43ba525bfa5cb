/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ring between a guest and the store. The guest writes anything at any
 * time into the page: an index is read once and checked, a request is copied
 * before it is looked at. As long as the guest does not take its answers, it
 * is asked for nothing more. Chapter: io/xs_wire.h of the public headers.
 */
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/mem.h>
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
static size_t xs_ring_take(struct xs_conn *conn, void *to, size_t max_size,
                           const char **why)
{
    struct xenstore_domain_interface *const ring = conn->ring;
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
    memcpy(to, ring->req + at, n);
    __atomic_store_n(&ring->req_cons, cons + (uint32_t)n, __ATOMIC_RELEASE);
    return n;
}

/* Takes what there is of one request; whether it is whole. */
static bool xs_ring_input(struct xs_conn *conn, bool *moved, const char **why)
{
    for (;;) {
        size_t want = sizeof(conn->in.head);
        size_t n;

        if (conn->got >= want) {
            if (conn->in.head.len > XENSTORE_PAYLOAD_MAX) {
                xs_ring_give_up(conn, XENSTORE_ERROR_PROTO, why,
                                "its xenstore request is too long");
                return false;
            }
            want += conn->in.head.len;
        }
        if (conn->got == want) {
            return true;
        }
        n = xs_ring_take(conn, (char *)&conn->in + conn->got,
                         want - conn->got, why);
        if (n == 0) {
            return false;
        }
        conn->got += n;
        *moved = true;
    }
}

/* Moves answers and events to the ring; false when it is full. */
static bool xs_ring_output(struct xs_conn *conn, bool *moved,
                           const char **why)
{
    struct xenstore_domain_interface *const ring = conn->ring;
    struct xs_msg *m, *tmp;

    list_for_each_entry_safe(m, tmp, &conn->output, link) {
        const size_t size = sizeof(m->head) + m->head.len;

        while (m->sent < size) {
            const uint32_t prod = READ_ONCE(ring->rsp_prod);
            const uint32_t cons =
                __atomic_load_n(&ring->rsp_cons, __ATOMIC_ACQUIRE);
            const size_t at = MASK_XENSTORE_IDX(prod);
            size_t n = min_t(size_t, XENSTORE_RING_SIZE - (prod - cons),
                             XENSTORE_RING_SIZE - at);

            if (prod - cons > XENSTORE_RING_SIZE) {
                xs_ring_give_up(conn, XENSTORE_ERROR_RINGIDX, why,
                                "its xenstore ring's answer indices make "
                                "no sense");
                return false;
            }
            n = min_t(size_t, n, size - m->sent);
            if (n == 0) {
                return false;
            }
            memcpy(ring->rsp + at, (const char *)&m->head + m->sent, n);
            __atomic_store_n(&ring->rsp_prod, prod + (uint32_t)n,
                             __ATOMIC_RELEASE);
            m->sent += n;
            *moved = true;
        }
        list_del(&m->link);
        conn->event_bytes -= m->head.type == XS_WATCH_EVENT ? m->head.len : 0;
        mem_free(m);
    }
    return true;
}

unsigned int xs_ring_run(struct xs_conn *conn, const char **why)
{
    unsigned int left = BATCH;
    bool moved = false;

    *why = NULL;
    while (!conn->is_dead && xs_ring_output(conn, &moved, why) &&
           left != 0 && xs_ring_input(conn, &moved, why)) {
        conn->got = 0;
        left--;
        xs_conn_request(conn, &conn->in.head, conn->in.payload);
    }
    if (conn->has_lost && !conn->has_told && *why == NULL) {
        conn->has_told = true;
        *why = "it does not take its xenstore events: some are lost";
    }
    return (moved ? XS_NOTIFY : 0) | (left == 0 ? XS_MORE : 0);
}
