/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end's half of a shared ring of one page. The guest writes the
 * page at any time: indices are read once and checked, requests are copied
 * before they are looked at. Chapter: io/ring.h of the public headers.
 */
#ifndef DOM0_BACK_RING_H
#define DOM0_BACK_RING_H

#include <core/lib/string.h>
#include <core/lib/types.h>

#define RING_ENTRIES_AT 64u

struct ring_shared {
    uint32_t req_prod, req_event;
    uint32_t rsp_prod, rsp_event;
};

struct ring {
    struct ring_shared *shared;
    unsigned int entry_size;
    unsigned int count;         /* A power of two. */
    uint32_t req_cons;
    uint32_t rsp_prod;          /* Not yet published. */
};

/* page as the guest made it, entries of this size. */
static inline void ring_init(struct ring *r, void *page,
                             unsigned int entry_size)
{
    r->shared = page;
    r->entry_size = entry_size;
    r->count = 1;
    while (r->count * 2 * entry_size <= PAGE_SIZE - RING_ENTRIES_AT) {
        r->count *= 2;
    }
    r->rsp_prod = READ_ONCE(r->shared->rsp_prod);
    r->req_cons = r->rsp_prod;
}

static inline char *ring_entry(const struct ring *r, uint32_t index)
{
    return (char *)r->shared + RING_ENTRIES_AT +
           (index & (r->count - 1)) * r->entry_size;
}

/*
 * Requests that wait, or -1: the guest's index makes no sense. Never more
 * than there is room to answer.
 */
static inline int ring_waiting(const struct ring *r)
{
    const uint32_t n =
        __atomic_load_n(&r->shared->req_prod, __ATOMIC_ACQUIRE) -
        r->req_cons;
    const uint32_t room = r->count - (r->req_cons - r->rsp_prod);

    return n > r->count ? -1 : (int)(n < room ? n : room);
}

/*
 * Copies the request that is skip behind the next one, without taking it;
 * size is at most entry_size.
 */
static inline void ring_peek(const struct ring *r, unsigned int skip,
                             void *to, size_t size)
{
    memcpy(to, ring_entry(r, r->req_cons + skip), size);
    barrier();
}

/* Adds an answer, of at most entry_size bytes. */
static inline void ring_put(struct ring *r, const void *answer, size_t size)
{
    memcpy(ring_entry(r, r->rsp_prod++), answer, size);
}

/* Shows the answers to the guest; whether it wants to be notified. */
static inline bool ring_push(struct ring *r)
{
    const uint32_t old = READ_ONCE(r->shared->rsp_prod);

    __atomic_store_n(&r->shared->rsp_prod, r->rsp_prod, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return r->rsp_prod - READ_ONCE(r->shared->rsp_event) < r->rsp_prod - old;
}

/* Asks to be notified when n requests wait; whether they do already. */
static inline bool ring_arm(struct ring *r, unsigned int n)
{
    WRITE_ONCE(r->shared->req_event, r->req_cons + n);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return ring_waiting(r) >= (int)n;
}

#endif
