/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels, inside their folder: the port, the domain's and the vCPU's
 * part, and the two ABIs by which a guest learns of pending ports.
 *
 * Locking, outermost first; two of one class are taken by spin_lock_both():
 *
 *   evtchn_domain.lock  which ports exist and what they are bound to
 *   evtchn.lock         sending through this port; a binding changes only
 *                       under the locks of both its ends, so that a sender
 *                       needs its own end's lock alone
 *   evtchn_vcpu.lock    the tails of the vCPU's FIFO queues
 *
 * A state is changed under the domain's and the port's lock, hence reading
 * takes either.  A notification may take locks of the scheduler and of the
 * virtual APIC, which are all below these.
 *
 * Field letters: [c] constant after creation, [d] the domain's event lock,
 * [l] both that and the port's own, [q] evtchn_vcpu.lock, [a] atomic.
 */
#ifndef CORE_EVTCHN_EVTCHN_PRIV_H
#define CORE_EVTCHN_EVTCHN_PRIV_H

#include <core/abi/event_channel.h>
#include <core/domain/domain.h>
#include <core/evtchn/evtchn.h>
#include <core/sync/spinlock.h>

enum evtchn_state {
    EVTCHN_FREE,
    EVTCHN_RESERVED,    /* Port 0 */
    EVTCHN_UNBOUND,
    EVTCHN_INTERDOMAIN,
    EVTCHN_VIRQ,
    EVTCHN_IPI,
};

struct evtchn {
    struct spinlock lock;
    uint32_t port;           /* [c]                                          */
    uint32_t last_queue;     /* [a] FIFO: evtchn_queue() it was last put on  */
    uint16_t vcpu;           /* [a] who is told                              */
    uint8_t state;           /* [l] enum evtchn_state                        */
    uint8_t priority;        /* [a] FIFO                                     */
    bool is_pending_saved;   /* [a] FIFO: raised before its word existed     */
    uint16_t unbound_to;     /* [l] UNBOUND: the domain that may connect     */
    uint32_t number;         /* [l] VIRQ: which; INTERDOMAIN: peer's port    */
    struct domain *remote;   /* [l] INTERDOMAIN: peer; alive while bound     */
};

/* A queue as one number, for evtchn.last_queue. */
static inline uint32_t evtchn_queue(unsigned int vcpu, unsigned int priority)
{
    return vcpu << 8 | priority;
}

#define EVTCHN_PER_BUCKET 64u
#define EVTCHN_BUCKETS_PER_GROUP 64u
#define EVTCHN_PER_GROUP (EVTCHN_PER_BUCKET * EVTCHN_BUCKETS_PER_GROUP)
#define EVTCHN_GROUPS (EVTCHN_FIFO_NR_CHANNELS / EVTCHN_PER_GROUP)

/* Ports closed before a hypercall lets others run. */
#define EVTCHN_CLOSE_BATCH 256u

struct evtchn_group {
    struct evtchn *bucket[EVTCHN_BUCKETS_PER_GROUP];
};

#define EVTCHN_WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define EVTCHN_ARRAY_PAGES (EVTCHN_FIFO_NR_CHANNELS / EVTCHN_WORDS_PER_PAGE)

/* The guest's event array.  Pages are pinned, and reached by direct map. */
struct evtchn_fifo {
    event_word_t *array[EVTCHN_ARRAY_PAGES]; /* [c] below nr_words           */
    uint32_t nr_words;                       /* [a] grows under [d]          */
};

struct evtchn_abi {
    const char *name;
    /* The number of ports of this ABI. */
    unsigned int (*max_ports)(const struct domain *d);
    /* The port gets bound. */
    void (*init)(struct domain *d, struct evtchn *chn);
    /* Under the lock of the sending end. */
    void (*set_pending)(struct domain *d, struct evtchn *chn);
    void (*clear_pending)(struct domain *d, struct evtchn *chn);
    /* Under the domain's lock, as what follows. */
    void (*unmask)(struct domain *d, struct evtchn *chn);
    bool (*is_pending)(const struct domain *d, const struct evtchn *chn);
    bool (*is_masked)(const struct domain *d, const struct evtchn *chn);
    /* True if the guest still has the free port on a queue: do not reuse. */
    bool (*is_busy)(const struct domain *d, const struct evtchn *chn);
};

extern const struct evtchn_abi evtchn_abi_2l;
extern const struct evtchn_abi evtchn_abi_fifo;

struct evtchn_domain {
    struct spinlock lock;
    const struct evtchn_abi *abi;   /* [a] written under [d]                 */
    struct evtchn_fifo *fifo;       /* [a] set before abi, freed after all
                                       ports are closed                      */
    struct evtchn_group *group[EVTCHN_GROUPS]; /* [c] below nr_ports         */
    uint32_t nr_ports;              /* [a] ports that have a struct evtchn   */
    uint32_t max_port;              /* [c] highest number allowed            */
    uint32_t first_free;            /* [d] none is free below                */
    uint32_t active;                /* [d] ports in use                      */
    uint32_t close_next;            /* [d] progress of close_all, reset; 0:
                                       none is under way                     */
};

struct evtchn_vcpu {
    uint32_t virq_port[NR_VIRQS];   /* [a] written under [d], 0: not bound   */
    struct spinlock lock;
    struct evtchn_fifo_control_block *control; /* [a] NULL: not registered   */
    uint32_t tail[EVTCHN_FIFO_MAX_QUEUES];     /* [q] last port, 0: none     */
};

/* The port, or NULL if it is beyond what was ever allocated. */
static inline struct evtchn *evtchn_find(const struct evtchn_domain *ed,
                                         unsigned int port)
{
    /* Acquire: pairs with evtchn_grow(), the bucket is there to be seen. */
    const uint32_t nr = __atomic_load_n(&ed->nr_ports, __ATOMIC_ACQUIRE);

    if (port >= nr) {
        return NULL;
    }
    port = (unsigned int)index_nospec(port, nr);
    return &ed->group[port / EVTCHN_PER_GROUP]
                ->bucket[port / EVTCHN_PER_BUCKET % EVTCHN_BUCKETS_PER_GROUP]
                        [port % EVTCHN_PER_BUCKET];
}

static inline const struct evtchn_abi *evtchn_abi(const struct domain *d)
{
    /* Acquire: pairs with evtchn_fifo_init_control(), ed->fifo is set. */
    return __atomic_load_n(&d->evtchn->abi, __ATOMIC_ACQUIRE);
}

static inline void evtchn_set_pending(struct domain *d, struct evtchn *chn)
{
    evtchn_abi(d)->set_pending(d, chn);
}

/*
 * Allocate a port, the lowest free one.  REQUIRES the domain's lock.  The
 * port stays FREE until evtchn_bind() below, and nothing must fail between.
 * 0, -EINVAL (dying), -ENOSPC, -ENOMEM.
 */
int __must_check evtchn_alloc_port(struct domain *d, struct evtchn **chn);
/* What is common to all bindings.  REQUIRES both locks. */
void evtchn_bind(struct domain *d, struct evtchn *chn, enum evtchn_state state,
                 unsigned int vcpu);
/* Undo.  REQUIRES both locks. */
void evtchn_unbind(struct domain *d, struct evtchn *chn);

/* True for a VIRQ that a domain has once, not once for each vCPU. */
bool evtchn_virq_is_global(unsigned int virq);

/* evtchn_upcall_pending 0 -> 1, and tell the guest. */
void evtchn_raise_upcall(struct vcpu *v);
/* Wake those who poll for this port. */
void evtchn_wake_pollers(struct domain *d, unsigned int port);

/* EVTCHNOP_*: one handler each.  @d is the caller's domain. */
int __must_check evtchn_alloc_unbound(struct domain *d,
                                      struct evtchn_alloc_unbound *op);
int __must_check evtchn_bind_interdomain(struct domain *d,
                                         struct evtchn_bind_interdomain *op);
int __must_check evtchn_bind_virq(struct domain *d,
                                  struct evtchn_bind_virq *op);
int __must_check evtchn_bind_ipi(struct domain *d, struct evtchn_bind_ipi *op);
int __must_check evtchn_bind_vcpu(struct domain *d,
                                  const struct evtchn_bind_vcpu *op);
int __must_check evtchn_close(struct domain *d, unsigned int port);
int __must_check evtchn_fifo_init_control(struct domain *d,
                                          struct evtchn_init_control *op);
int __must_check
evtchn_fifo_expand_array(struct domain *d,
                         const struct evtchn_expand_array *op);
/* Back to 2-level; all ports are closed.  REQUIRES the domain's lock. */
void evtchn_fifo_destroy(struct domain *d);

/*
 * Single bits of memory shared with the guest.  @map is an array of bytes as
 * x86 bit instructions see it, whatever the guest's word size is.
 */
static inline bool evtchn_bit_test(const void *map, unsigned int bit)
{
    const uint32_t *word = (const uint32_t *)map + bit / 32;

    return __atomic_load_n(word, __ATOMIC_ACQUIRE) >> (bit % 32) & 1;
}

/* Sequentially consistent: the protocols order several of them. */
static inline bool evtchn_bit_set(void *map, unsigned int bit)
{
    const uint32_t mask = UINT32_C(1) << (bit % 32);

    return __atomic_fetch_or((uint32_t *)map + bit / 32, mask,
                             __ATOMIC_SEQ_CST) & mask;
}

static inline bool evtchn_bit_clear(void *map, unsigned int bit)
{
    const uint32_t mask = UINT32_C(1) << (bit % 32);

    return __atomic_fetch_and((uint32_t *)map + bit / 32, ~mask,
                              __ATOMIC_SEQ_CST) & mask;
}

#endif /* CORE_EVTCHN_EVTCHN_PRIV_H */
