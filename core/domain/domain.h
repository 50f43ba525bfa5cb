/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains and vCPUs: the two structs that every subsystem of layer 4 shares.
 *
 * Subsystems hang off as pointers to structs that only they can see; this
 * header must stay small.  Everything here can be written down and read back:
 * no field holds a stack address or the progress of a function.
 *
 * Field letters: [c] constant after creation, [d] under the domain's lock,
 * [p] only on the CPU that runs the vCPU (or with the vCPU paused and synced),
 * [a] atomic, [r] read freely, reclaimed after a quiescent state.
 *
 * Lifetime: a pointer got from domain_by_id() stays valid until this CPU
 * reaches its loop head; whoever keeps it longer holds a domain_get().
 */
#ifndef CORE_DOMAIN_DOMAIN_H
#define CORE_DOMAIN_DOMAIN_H

#include <core/abi/xen.h>
#include <core/lib/list.h>
#include <core/lib/types.h>
#include <core/sched/sched_unit.h>
#include <core/kernel/timer.h>
#include <core/sync/spinlock.h>

struct arch_domain;
struct arch_vcpu;
struct cpupool;
struct domain;
struct evtchn_domain;
struct evtchn_vcpu;
struct gnttab;
struct page;
struct rangeset;
struct vpci;

#define DOMAIN_MAX_VCPUS 128u

/* Reasons why a vCPU may not run; any bit set keeps it off the CPUs. */
enum vcpu_stop {
    VCPU_STOP_DOWN = 1u << 0,    /* Never started, or VCPUOP_down.           */
    VCPU_STOP_BLOCKED = 1u << 1, /* HLT, SCHEDOP_block: until an event.      */
    VCPU_STOP_POLL = 1u << 2,    /* SCHEDOP_poll: until a port or a timeout. */
    VCPU_STOP_PAUSED = 1u << 3,  /* vcpu pause count is not zero.            */
    VCPU_STOP_DOMAIN = 1u << 4,  /* Its domain is paused, shut down, dying.  */
    VCPU_STOP_SIPI = 1u << 5,    /* Waits for a start-up IPI.                */
};

struct vcpu {
    unsigned int id;             /* [c]                                      */
    struct domain *domain;       /* [c]                                      */
    struct arch_vcpu *arch;      /* [c]                                      */
    struct evtchn_vcpu *evtchn;  /* [c]                                      */

    struct sched_unit sched;     /* The scheduler's handle of this vCPU.     */
    uint32_t stop;               /* [a] enum vcpu_stop                       */
    uint32_t pause_count;        /* [a]                                      */
    uint32_t on_cpu;             /* [a] CPU whose current it is, or CPU_NONE */
    bool initialised;            /* [d] has a register context               */

    struct vcpu_info *info;      /* [d] where the guest reads events, time   */
    struct page *info_page;      /* [d] pinned; NULL: inside shared_info     */
    uint64_t info_gpa;           /* [d] for the state stream                 */

    struct vcpu_runstate_info runstate; /* [p]                               */
    uint64_t runstate_gva;       /* [p] 0: not registered                    */
    uint64_t time_info_gva;      /* [p] 0: not registered                    */

    struct timer singleshot;     /* VIRQ_TIMER, one shot                     */
    struct timer periodic;       /* VIRQ_TIMER, periodic                     */
    nsec_t periodic_ns;          /* [p] 0: off                               */
    struct timer poll_timer;     /* SCHEDOP_poll's timeout                   */
    uint32_t poll_port;          /* [d] the one port polled, 0: see mask     */
    uint16_t virq_port[24];      /* [d] unused where the port is 32 bits     */
};

/* Why a domain stopped running, see SCHEDOP_shutdown. */
struct domain_shutdown {
    bool is_shutting_down;       /* [d] */
    bool is_shut_down;           /* [d] every vCPU has come to rest          */
    uint8_t code;                /* [d] SHUTDOWN_*                           */
};

enum domain_dying { DOMAIN_ALIVE, DOMAIN_DYING, DOMAIN_DEAD };

struct domain {
    domid_t id;                  /* [c]                                      */
    bool is_control;             /* [c] may use domctl, sysctl               */
    bool is_hardware;            /* [c] owns the machine's devices           */
    bool is_direct_mapped;       /* [c] gfn == mfn for its RAM               */
    bool is_32bit;               /* [d] hypercall ABI width last seen        */
    uint32_t refs;               /* [a]                                      */
    struct list_head all;        /* [r] the list of domains, by ascending id */
    xen_domain_handle_t handle;  /* [d]                                      */

    struct spinlock lock;
    struct vcpu **vcpu;          /* [c] max_vcpus entries, NULL: not there   */
    unsigned int max_vcpus;      /* [c]                                      */

    uint32_t pause_count;        /* [a] all causes                           */
    uint32_t tool_pauses;        /* [d] by domctl: of these, how many        */
    struct domain_shutdown shutdown;
    enum domain_dying dying;     /* [d]                                      */
    bool is_created;             /* [d] first unpause has happened           */

    struct spinlock page_lock;
    uint32_t page_list;          /* [page_lock] head mfn of its pages        */
    uint32_t tot_pages;          /* [page_lock]                              */
    uint32_t max_pages;          /* [page_lock] allowed                      */
    uint32_t claimed_pages;      /* [page_lock] XENMEM_claim_pages           */

    struct shared_info *shared_info; /* [c] owned by the hypervisor          */
    uint64_t vm_assist;          /* [d]                                      */
    int64_t wallclock_offset_s;  /* [d]                                      */
    struct e820_map *e820;       /* [d] served by XENMEM_memory_map          */

    struct arch_domain *arch;    /* [c]                                      */
    struct evtchn_domain *evtchn;/* [c]                                      */
    struct gnttab *gnttab;       /* [c]                                      */
    struct vpci *vpci;           /* [c] NULL: no PCI                         */
    struct cpupool *pool;        /* [d]                                      */
    struct rangeset *mmio_ok;    /* [d] machine frames it may map            */
    struct rangeset *port_ok;    /* [d] I/O ports it may use                 */
};

#define CPU_NONE 0xffffffffu

#endif /* CORE_DOMAIN_DOMAIN_H */
