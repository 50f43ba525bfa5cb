/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels: the FIFO ABI.  Each port has a word in an array of pages
 * that the guest gives; pending words are linked, through their own LINK
 * fields, into sixteen queues a vCPU, whose heads are in a control block,
 * also the guest's.
 *
 * We append at the tail, which only we know, and the guest takes from the
 * head, without a lock between us.  It clears LINKED of a word when it takes
 * it.  So appending is: put our number in the LINK of the tail's word while
 * that still is LINKED; if it is not any more, the queue has run empty and
 * our port becomes its head:
 *
 *     us                                  guest
 *     set PENDING, set LINKED of P
 *     cmpxchg tail: LINKED, LINK=P        w = clear LINKED, LINK of tail
 *       or, if not LINKED: head = P       if w's LINK was 0: queue is empty
 *     set ready bit, raise the upcall     clears ready bit first, then looks
 *
 * Nothing in these pages is believed: link values are only written, and a
 * guest that changes words against the rules loses its own events.
 *
 * Locking: evtchn_vcpu.lock for the tails of that vCPU's queues; for a port
 * that changed its queue, those of both vCPUs.
 * Chapter: "FIFO-based event channel ABI" design, xen/event_channel.h.
 */
#include <core/evtchn/evtchn_priv.h>

#include <core/arch/arch_p2m.h>
#include <core/domain/vcpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page.h>
#include <core/mm/slab.h>

#define FIFO_LINKED (UINT32_C(1) << EVTCHN_FIFO_LINKED)
#define FIFO_BUSY (UINT32_C(1) << EVTCHN_FIFO_BUSY)

/*
 * What a guest may do to a LINKED word without breaking the rules: set
 * MASKED, clear MASKED, clear PENDING, clear LINKED.
 */
#define FIFO_LINK_TRIES 5u

static unsigned int evtchn_fifo_max_ports(const struct domain *d)
{
    (void)d;
    return EVTCHN_FIFO_NR_CHANNELS;
}

/* The port's word, or NULL if the guest has not given that page yet. */
static event_word_t *evtchn_fifo_word(const struct domain *d, uint32_t port)
{
    const struct evtchn_fifo *const fifo = d->evtchn->fifo;
    /* Acquire: pairs with evtchn_fifo_expand_array(). */
    const uint32_t nr = __atomic_load_n(&fifo->nr_words, __ATOMIC_ACQUIRE);

    if (unlikely(port >= nr)) {
        return NULL;
    }
    return &fifo->array[port / EVTCHN_WORDS_PER_PAGE]
                       [port % EVTCHN_WORDS_PER_PAGE];
}

static void evtchn_fifo_init(struct domain *d, struct evtchn *chn)
{
    (void)d;
    WRITE_ONCE(chn->priority, EVTCHN_FIFO_PRIORITY_DEFAULT);
}

/* Put @port behind the port whose word this is; false if that was taken. */
static bool evtchn_fifo_link(event_word_t *word, uint32_t port)
{
    uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

    for (unsigned int i = 0; i < FIFO_LINK_TRIES; i++) {
        if (!(old & FIFO_LINKED)) {
            if (i != 0) {
                evtchn_bit_clear(word, EVTCHN_FIFO_BUSY);
            }
            return false;
        }
        if (__atomic_compare_exchange_n(
                word, &old,
                (old & ~(FIFO_BUSY | EVTCHN_FIFO_LINK_MASK)) | port, false,
                __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            return true;
        }
        if (i == 0) {
            /* Keeps an honest guest from unmasking, hence from relinking. */
            old = __atomic_or_fetch(word, FIFO_BUSY, __ATOMIC_SEQ_CST);
        }
    }
    /* The guest plays against the rules: the event is lost to it. */
    evtchn_bit_clear(word, EVTCHN_FIFO_BUSY);
    return true;
}

/*
 * Append @chn to queue @prio of @v; @last is the queue it was on before.
 * True if the queue was empty.  REQUIRES the locks of both vCPUs.
 */
static bool evtchn_fifo_append(struct domain *d, struct evtchn *chn,
                               struct vcpu *v, unsigned int prio,
                               uint32_t last)
{
    struct evtchn_vcpu *const ev = v->evtchn;
    uint32_t *const old_tail = &d->vcpu[last >> 8]->evtchn->tail[last & 0xff];
    const uint32_t tail_port = ev->tail[prio];
    bool is_linked = false;

    /*
     * It was the tail, and was taken, so that queue is empty; its word must
     * not be found through the old tail now that it gets LINKED elsewhere.
     */
    if (*old_tail == chn->port) {
        *old_tail = 0;
    }
    WRITE_ONCE(chn->last_queue, evtchn_queue(v->id, prio));
    if (tail_port != 0 && tail_port != chn->port) {
        is_linked = evtchn_fifo_link(evtchn_fifo_word(d, tail_port),
                                     chn->port);
    }
    if (!is_linked) {
        __atomic_store_n(&ev->control->head[prio], chn->port,
                         __ATOMIC_SEQ_CST);
    }
    ev->tail[prio] = chn->port;
    return !is_linked;
}

/*
 * Take the locks of @v and of the vCPU of the queue that @chn was last on.
 * Moving a port needs both, so what we return cannot change.
 */
static uint32_t evtchn_fifo_lock(struct domain *d, struct evtchn *chn,
                                 struct vcpu *v) NO_LOCK_ANALYSIS
{
    for (;;) {
        const uint32_t last = READ_ONCE(chn->last_queue);
        struct vcpu *const old = d->vcpu[last >> 8];

        if (likely(old == v)) {
            spin_lock(&v->evtchn->lock);
        } else {
            spin_lock_both(&v->evtchn->lock, &old->evtchn->lock);
        }
        if (likely(last >> 8 == READ_ONCE(chn->last_queue) >> 8)) {
            return READ_ONCE(chn->last_queue);
        }
        /* Another CPU has moved the port: that is its progress. */
        spin_unlock(&v->evtchn->lock);
        if (old != v) {
            spin_unlock(&old->evtchn->lock);
        }
    }
}

/* Remember the event until there is a word; true if there is one by now. */
static __noinline bool evtchn_fifo_save_pending(struct domain *d,
                                                struct evtchn *chn)
{
    __atomic_store_n(&chn->is_pending_saved, true, __ATOMIC_SEQ_CST);
    /*
     * evtchn_fifo_expand_array() adds the page first and looks for saved
     * events then; one of us sees the other's write.
     */
    return evtchn_fifo_word(d, chn->port) != NULL &&
           __atomic_exchange_n(&chn->is_pending_saved, false,
                               __ATOMIC_SEQ_CST);
}

static void evtchn_fifo_set_pending(struct domain *d, struct evtchn *chn)
    NO_LOCK_ANALYSIS
{
    event_word_t *word = evtchn_fifo_word(d, chn->port);
    struct vcpu *const v = d->vcpu[READ_ONCE(chn->vcpu)];
    const unsigned int prio = READ_ONCE(chn->priority);
    bool was_pending = true;
    bool was_empty = false;

    if (unlikely(word == NULL)) {
        if (!evtchn_fifo_save_pending(d, chn)) {
            return;
        }
        word = evtchn_fifo_word(d, chn->port);
    }
    const uint32_t last = evtchn_fifo_lock(d, chn, v);

    /* No control block: the guest may not unmask yet, so nothing is due. */
    if (likely(v->evtchn->control != NULL)) {
        was_pending = evtchn_bit_set(word, EVTCHN_FIFO_PENDING);
        if (!evtchn_bit_test(word, EVTCHN_FIFO_MASKED) &&
            !evtchn_bit_set(word, EVTCHN_FIFO_LINKED)) {
            was_empty = evtchn_fifo_append(d, chn, v, prio, last);
        }
    }
    spin_unlock(&v->evtchn->lock);
    if (unlikely(last >> 8 != v->id)) {
        spin_unlock(&d->vcpu[last >> 8]->evtchn->lock);
    }
    if (was_empty && !evtchn_bit_set(&v->evtchn->control->ready, prio)) {
        evtchn_raise_upcall(v);
    }
    if (!was_pending) {
        evtchn_wake_pollers(d, chn->port);
    }
}

static void evtchn_fifo_clear_pending(struct domain *d, struct evtchn *chn)
{
    event_word_t *const word = evtchn_fifo_word(d, chn->port);

    __atomic_store_n(&chn->is_pending_saved, false, __ATOMIC_SEQ_CST);
    /* It may stay LINKED: the guest skips what is not pending. */
    if (word != NULL) {
        evtchn_bit_clear(word, EVTCHN_FIFO_PENDING);
    }
}

static bool evtchn_fifo_test(const struct domain *d, const struct evtchn *chn,
                             unsigned int bit, bool otherwise)
{
    const event_word_t *const word = evtchn_fifo_word(d, chn->port);

    return word != NULL ? evtchn_bit_test(word, bit) : otherwise;
}

static bool evtchn_fifo_is_pending(const struct domain *d,
                                   const struct evtchn *chn)
{
    return evtchn_fifo_test(d, chn, EVTCHN_FIFO_PENDING, false);
}

static bool evtchn_fifo_is_masked(const struct domain *d,
                                  const struct evtchn *chn)
{
    return evtchn_fifo_test(d, chn, EVTCHN_FIFO_MASKED, true);
}

static bool evtchn_fifo_is_busy(const struct domain *d,
                                const struct evtchn *chn)
{
    return evtchn_fifo_test(d, chn, EVTCHN_FIFO_LINKED, false);
}

static void evtchn_fifo_unmask(struct domain *d, struct evtchn *chn)
{
    event_word_t *const word = evtchn_fifo_word(d, chn->port);

    if (word == NULL) {
        return;
    }
    evtchn_bit_clear(word, EVTCHN_FIFO_MASKED);
    if (evtchn_bit_test(word, EVTCHN_FIFO_PENDING)) {
        evtchn_fifo_set_pending(d, chn);
    }
}

const struct evtchn_abi evtchn_abi_fifo = {
    .name = "FIFO",
    .max_ports = evtchn_fifo_max_ports,
    .init = evtchn_fifo_init,
    .set_pending = evtchn_fifo_set_pending,
    .clear_pending = evtchn_fifo_clear_pending,
    .unmask = evtchn_fifo_unmask,
    .is_pending = evtchn_fifo_is_pending,
    .is_masked = evtchn_fifo_is_masked,
    .is_busy = evtchn_fifo_is_busy,
};

/* The guest's RAM at @gfn, pinned; NULL if it is not writable RAM of its. */
static void *evtchn_fifo_pin(struct domain *d, uint64_t gfn)
{
    enum p2m_type type;
    struct page *const pg = p2m_get_page(d, GFN(gfn), true, &type);

    if (pg == NULL) {
        return NULL;
    }
    if (type != P2M_RAM_RW && type != P2M_RAM_LOGDIRTY) {
        page_put(pg);
        return NULL;
    }
    return page_va(pg);
}

/* Events of the 2-level ABI are raised again as soon as they have words. */
static void evtchn_fifo_take_over(struct domain *d)
{
    const struct evtchn_domain *const ed = d->evtchn;

    for (uint32_t port = 1; port < ed->nr_ports; port++) {
        struct evtchn *const chn = evtchn_find(ed, port);

        WRITE_ONCE(chn->priority, EVTCHN_FIFO_PRIORITY_DEFAULT);
        WRITE_ONCE(chn->last_queue, 0);
        if (evtchn_abi_2l.is_pending(d, chn)) {
            chn->is_pending_saved = true;
        }
    }
}

/* Switch over, with @v's control block, if the domain is not FIFO yet. */
static int evtchn_fifo_register(struct domain *d, struct vcpu *v,
                                struct evtchn_fifo_control_block *control)
{
    struct evtchn_domain *const ed = d->evtchn;

    if (v->evtchn->control != NULL) {
        return -EINVAL;
    }
    if (ed->fifo == NULL) {
        ed->fifo = xzalloc(sizeof(*ed->fifo));
        if (ed->fifo == NULL) {
            return -ENOMEM;
        }
    }

    /* Commit: nothing below may fail. */
    WRITE_ONCE(v->evtchn->control, control);
    if (ed->abi != &evtchn_abi_fifo) {
        evtchn_fifo_take_over(d);
        /* Release: pairs with evtchn_abi(). */
        __atomic_store_n(&ed->abi, &evtchn_abi_fifo, __ATOMIC_RELEASE);
    }
    return 0;
}

int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *op)
{
    struct vcpu *const v = domain_vcpu(d, op->vcpu);
    char *va;
    int rc;

    if (v == NULL) {
        return -ENOENT;
    }
    if (op->offset > PAGE_SIZE - sizeof(struct evtchn_fifo_control_block) ||
        op->offset % 8 != 0) {
        return -EINVAL;
    }
    va = evtchn_fifo_pin(d, op->control_gfn);
    if (va == NULL) {
        return -EINVAL;
    }
    op->link_bits = EVTCHN_FIFO_LINK_BITS;

    spin_lock(&d->evtchn->lock);
    rc = evtchn_fifo_register(
        d, v, (struct evtchn_fifo_control_block *)(void *)(va + op->offset));
    spin_unlock(&d->evtchn->lock);
    if (rc != 0) {
        page_put(va_page(va));
    }
    return rc;
}

/* Raise what waited for words @first to the end of its page. */
static void evtchn_fifo_replay(struct domain *d, uint32_t first)
{
    const struct evtchn_domain *const ed = d->evtchn;
    const uint32_t end =
        min_t(uint32_t, first + EVTCHN_WORDS_PER_PAGE, ed->nr_ports);

    for (uint32_t port = first; port < end; port++) {
        struct evtchn *const chn = evtchn_find(ed, port);

        if (__atomic_exchange_n(&chn->is_pending_saved, false,
                                __ATOMIC_SEQ_CST)) {
            evtchn_fifo_set_pending(d, chn);
        }
    }
}

int evtchn_fifo_expand_array(struct domain *d,
                             const struct evtchn_expand_array *op)
{
    struct evtchn_domain *const ed = d->evtchn;
    event_word_t *va;
    int rc = 0;

    if (READ_ONCE(ed->fifo) == NULL) {
        return -EOPNOTSUPP;
    }
    va = evtchn_fifo_pin(d, op->array_gfn);

    spin_lock(&ed->lock);
    struct evtchn_fifo *const fifo = ed->fifo;

    if (fifo == NULL) {
        rc = -EOPNOTSUPP; /* Reset meanwhile. */
    } else if (fifo->nr_words == EVTCHN_FIFO_NR_CHANNELS) {
        rc = -ENOSPC;
    } else if (va == NULL) {
        rc = -EINVAL;
    } else {
        const uint32_t first = fifo->nr_words;

        /* Commit: nothing below may fail. */
        fifo->array[first / EVTCHN_WORDS_PER_PAGE] = va;
        /* Pairs with evtchn_fifo_word() and evtchn_fifo_save_pending(). */
        __atomic_store_n(&fifo->nr_words,
                         first + (uint32_t)EVTCHN_WORDS_PER_PAGE,
                         __ATOMIC_SEQ_CST);
        evtchn_fifo_replay(d, first);
    }
    spin_unlock(&ed->lock);
    if (rc != 0 && va != NULL) {
        page_put(va_page(va));
    }
    return rc;
}

void evtchn_fifo_destroy(struct domain *d)
{
    struct evtchn_domain *const ed = d->evtchn;
    struct evtchn_fifo *const fifo = ed->fifo;

    __atomic_store_n(&ed->abi, &evtchn_abi_2l, __ATOMIC_RELEASE);
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        struct evtchn_vcpu *const ev = d->vcpu[i] ? d->vcpu[i]->evtchn : NULL;

        if (ev != NULL && ev->control != NULL) {
            page_put(va_page(ev->control));
            ev->control = NULL;
            memset(ev->tail, 0, sizeof(ev->tail));
        }
    }
    if (fifo == NULL) {
        return;
    }
    for (uint32_t i = 0; i < fifo->nr_words / EVTCHN_WORDS_PER_PAGE; i++) {
        page_put(va_page(fifo->array[i]));
    }
    ed->fifo = NULL;
    xfree(fifo);
}
