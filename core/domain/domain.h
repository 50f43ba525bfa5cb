/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains and vCPUs: the two structs that every subsystem of layer 4 shares.
 *
 * Subsystems hang off as pointers to structs that only they can see; this
 * header must stay small.  Everything here can be written down and read back:
 * no field holds a stack address or the progress of a function.
 *
 * Field letters: [c] constant after creation, [d] under the domain's lock,
 * [p] only on the CPU that runs the vCPU (or with the vCPU paused and saved),
 * [a] atomic, [q] under the lock of the vCPU's run queue.
 *
 * Lifetime: a pointer got from domain_by_id() stays valid until this CPU
 * reaches its loop head; whoever keeps it longer holds a domain_get().
 */
#ifndef CORE_DOMAIN_DOMAIN_H
#define CORE_DOMAIN_DOMAIN_H

#include <core/abi/vcpu.h>
#include <core/abi/xen.h>
#include <core/domain/hvm_param.h>
#include <core/lib/list.h>
#include <core/lib/types.h>
#include <core/sched/sched_unit.h>
#include <core/kernel/timer.h>
#include <core/sync/spinlock.h>

struct arch_domain;
struct arch_vcpu;
struct sched_pool;
struct domain;
struct evtchn_domain;
struct evtchn_vcpu;
struct gnttab;
struct page;
struct pirq_domain;
struct rangeset;
struct vpci;

#define DOMAIN_MAX_VCPUS 128u

/*
 * Reasons of its own why a vCPU may not run; any bit keeps it off the CPUs.
 * Two more are its pause count and that of its domain: vcpu_is_runnable().
 */
enum vcpu_stop {
    VCPU_STOP_DOWN = 1u << 0,    /* Never started, or VCPUOP_down.           */
    VCPU_STOP_BLOCKED = 1u << 1, /* HLT, SCHEDOP_block: until an event.      */
    VCPU_STOP_POLL = 1u << 2,    /* SCHEDOP_poll: until a port or a timeout. */
    VCPU_STOP_SIPI = 1u << 3,    /* Waits for a start-up IPI.                */
    /* What the tools call blocked. */
    VCPU_STOP_WAITS = VCPU_STOP_BLOCKED | VCPU_STOP_POLL,
};

struct vcpu {
    unsigned int id;             /* [c]                                      */
    struct domain *domain;       /* [c]                                      */
    struct arch_vcpu *arch;      /* [c]                                      */
    struct evtchn_vcpu *evtchn;  /* [c]                                      */

    struct sched_unit sched;     /* The scheduler's handle of this vCPU.     */
    uint32_t stop;               /* [a] enum vcpu_stop                       */
    uint32_t pause_count;        /* [a]                                      */
    uint32_t on_cpu;             /* [a] CPU that holds its state, or CPU_NONE:
                                  * its current, or idle since it blocked    */
    bool initialised;            /* [a] has a register context               */

    struct vcpu_info *info;      /* [d] where the guest reads events, time   */
    struct vcpu_info own_info;   /* There, if it has none in shared_info     */
    struct page *info_page;      /* [d] pinned; NULL: not registered         */
    uint64_t info_gpa;           /* [d] for the state stream                 */

    struct vcpu_runstate_info runstate; /* [q]                               */
    uint64_t runstate_gva;       /* [p] 0: not registered                    */
    struct page *runstate_page;  /* [q] pinned; NULL: copy to runstate_gva   */
    unsigned int runstate_offset;/* [q] in that page                         */
    uint64_t time_info_gva;      /* [p] 0: not registered                    */
    uint64_t time_shown_tsc;     /* [p] what vcpu_time_info says: its base,  */
    uint32_t time_shown_mul;     /* [p] rate (0: to be shown anew), and      */
    uint32_t time_version;       /* [p] version; 0: nothing is shown yet     */

    struct timer singleshot;     /* VIRQ_TIMER, one shot                     */
    struct timer periodic;       /* VIRQ_TIMER, periodic                     */
    nsec_t periodic_ns;          /* [p] 0: off                               */
    struct timer poll_timer;     /* SCHEDOP_poll's timeout                   */
    uint32_t poll_port;          /* [p] the one port polled, 0: several      */
};

/* Why a domain stopped running, see SCHEDOP_shutdown. */
struct domain_shutdown {
    bool is_shutting_down;       /* [a] */
    bool is_shut_down;           /* [a] every vCPU has come to rest          */
    uint8_t code;                /* [a] SHUTDOWN_*, or one of ours:          */
#define SHUTDOWN_CODE_NONE 0xffu
};

enum domain_dying { DOMAIN_ALIVE, DOMAIN_DYING, DOMAIN_DEAD };

/* What domain_destroy() has still to do, in this order. */
enum domain_relinquish {
    RELINQUISH_PAUSE,
    RELINQUISH_EVTCHN,
    RELINQUISH_GNTTAB,
    RELINQUISH_ARCH,
    RELINQUISH_VCPU_INFO,
    RELINQUISH_PAGES,
    RELINQUISH_DONE
};

struct domain {
    domid_t id;                  /* [c]                                      */
    bool is_control;             /* [c] may use domctl, sysctl               */
    bool is_hardware;            /* [c] owns the machine's devices           */
    bool is_direct_mapped;       /* [c] gfn == mfn for its RAM               */
    bool is_32bit;               /* [d] hypercall ABI width last seen        */
    uint32_t refs;               /* [a]                                      */
    xen_domain_handle_t handle;  /* [d]                                      */
    struct xen_arch_domainconfig arch_config; /* [c] as it was created       */

    struct spinlock lock;
    struct vcpu **vcpu;          /* [c] max_vcpus entries, NULL: not there   */
    unsigned int max_vcpus;      /* [c]                                      */

    uint32_t pause_count;        /* [a] all causes                           */
    uint32_t tool_pauses;        /* [d] by domctl: of these, how many        */
    struct domain_shutdown shutdown;
    uint32_t suspend_port;       /* [a] its port to send when suspended; 0   */
    enum domain_dying dying;     /* [d]                                      */
    enum domain_relinquish relinquish; /* [d]                                */
    uint32_t nr_pollers;         /* [a] vCPUs in SCHEDOP_poll                */
    bool is_created;             /* [d] first unpause has happened           */

    struct spinlock physmap_lock; /* see physmap.h                           */
    struct physmap_later *later; /* [c] NULL: maps no pages of others        */
    struct spinlock page_lock;
    uint32_t page_list;          /* [page_lock] head mfn of its pages        */
    uint32_t tot_pages;          /* [page_lock]                              */
    uint32_t max_pages;          /* [page_lock] allowed                      */
    uint32_t claimed_pages;      /* [page_lock] XENMEM_claim_pages           */
    uint32_t pod_entries;        /* [page_lock] frames marked, see pod.h     */
    uint32_t pod_reserve;        /* [page_lock] pages kept for them          */
    uint16_t nodes;              /* [d] bits: where its memory should be; 0:
                                  * anywhere                                 */

    struct timer watchdog[2];    /* SCHEDOP_watchdog, see watchdog.c         */
    uint8_t watchdog_used;       /* [d] bit each                             */

    struct shared_info *shared_info; /* [c] owned by the hypervisor          */
    struct hvm_param_set hvm_params; /* [d] HVMOP_set_param                  */
    uint64_t vm_assist;          /* [a] bits VMASST_TYPE_*                   */
    int64_t wallclock_offset_s;  /* [d]                                      */
    struct e820_map *e820;       /* [d] served by XENMEM_memory_map          */

    struct arch_domain *arch;    /* [c]                                      */
    struct evtchn_domain *evtchn;/* [c]                                      */
    struct gnttab *gnttab;       /* [c]                                      */
    struct vpci *vpci;           /* [c] NULL: no PCI                         */
    struct pirq_domain *pirq;    /* [c] NULL: owns no device interrupts      */
    struct sched_pool *pool;     /* [d]                                      */
    struct sched_shared sched;   /* [a] the policy's                         */
    struct rangeset *mmio_ok;    /* [d] machine frames it may map            */
    struct rangeset *port_ok;    /* [d] I/O ports it may use                 */
};

#define CPU_NONE 0xffffffffu

/*
 * Looking up (domid.c).  No reference is taken: the pointer is good until
 * this CPU's loop head.  Any context, no lock.
 */
struct domain *domain_by_id(domid_t id);
/* The domain of the lowest number >= @id, or NULL. */
struct domain *domain_next(unsigned int id);
/* vCPU @id of @d, or NULL.  Safe with an @id from a guest. */
struct vcpu *domain_vcpu(const struct domain *d, unsigned int id);
/* The domain that owns the machine's devices, NULL before it is built. */
extern struct domain *hardware_domain;
/*
 * The hardware domain is off all CPUs after a crash or by its watchdog.  True
 * if it will be started again, else the machine follows it.  NULL: never.
 */
extern bool (*hardware_restart)(struct domain *d);

#define for_each_domain(d)                                                \
    for ((d) = domain_next(0); (d); (d) = domain_next((d)->id + 1u))
#define for_each_vcpu(d, v)                                               \
    for (unsigned int v##_i = 0; v##_i < (d)->max_vcpus; v##_i++)         \
        if (((v) = READ_ONCE((d)->vcpu[v##_i])) != NULL)

/* Keep a domain over loop heads.  The last put frees it, later. */
void domain_get(struct domain *d);
void domain_put(struct domain *d);

/* What domain_create() needs to know; zero is the usual in every field. */
struct domain_config {
    bool is_control;
    bool is_hardware;
    bool is_direct_mapped;
    unsigned int max_vcpus;      /* 1 .. DOMAIN_MAX_VCPUS                    */
    unsigned int max_evtchn_port;/* 0: the limit of the ABI                  */
    int max_grant_frames;        /* 0 or less: default                       */
    int max_maptrack_frames;     /* 0 or less: default                       */
    unsigned int max_grant_version; /* 0: default                            */
    uint64_t max_pages;          /* 0: no limit but memory                   */
    xen_domain_handle_t handle;
    const struct xen_arch_domainconfig *arch; /* NULL: that of dom0          */
};

/*
 * A domain without vCPUs and pages, paused once.  @id: a number or
 * DOMID_INVALID for the next free one.  The caller gets a pointer under the
 * domain's own reference (until domain_destroy()).
 * 0, -EEXIST, -EINVAL, -ENOMEM, -ENOSPC (no number left).
 */
int __must_check domain_create(domid_t id, const struct domain_config *cfg,
                               struct domain **out);

/*
 * Destroy, a batch a call: 0 when nothing is left but references of others,
 * -ERESTART when there is more, -EBUSY if a vCPU of it runs this code.
 * VIRQ_DOM_EXC is raised at the start and when the last reference goes.
 */
int __must_check domain_destroy(struct domain *d);

/*
 * Pause counts nest.  Pausing does not wait: the vCPUs of @d may be on their
 * way to the loop head; vcpu_is_saved() tells.  Any context, no lock held
 * that a scheduler could want.
 */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);

/*
 * Pauses of the tools: counted apart, so that a tool cannot undo a pause of
 * the hypervisor.  0, -EOVERFLOW if there are too many, -EINVAL if there is none
 * to undo.
 */
int __must_check domain_tool_pause(struct domain *d);
int __must_check domain_tool_unpause(struct domain *d);

/*
 * Stop @d for @reason (SHUTDOWN_*).  The first reason stays, except that a
 * crash replaces another.  d->shutdown.is_shut_down becomes true when no CPU
 * executes it any more; then VIRQ_DOM_EXC is raised.  If @d is the hardware
 * domain the machine follows.  Any context; returns.
 */
void domain_shutdown(struct domain *d, unsigned int reason);
/* SCHEDOP_shutdown_code: the reason to report for the next shutdown. */
void domain_set_shutdown_code(struct domain *d, unsigned int reason);
/* A vCPU could not even deliver a double fault: the domain reboots. */
void domain_triple_fault(struct vcpu *v);
/*
 * Undo a shutdown (suspend cancelled, checkpoint), if there was one.
 * 0, -EINVAL if it is dying.
 */
int __must_check domain_resume(struct domain *d);

/* The guest broke our model of it: say why, stop it, return. */
void domain_crash(struct domain *d, const char *fmt, ...)
    __printf_like(2, 3);

/* How many domains exist, dying ones included. */
unsigned int domain_count(void);

/* Debug key q: all domains and their vCPUs. */
void domain_dump_all(void);

#endif /* CORE_DOMAIN_DOMAIN_H */
