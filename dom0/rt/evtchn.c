/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event channels. The interrupt only ends the event loop's sleep. Chapter:
 * event_channel.h and xen.h of the public headers.
 */
#include <dom0/rt/rt.h>
#include <dom0/rt/start.h>

#define PORTS 1024u
#define WORD_BITS 64u

static struct loop_work *evtchn_work[PORTS];
struct shared_info *evtchn_shared;

void evtchn_init(void)
{
    struct xen_add_to_physmap map = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_shared_info,
    };
    struct xen_hvm_evtchn_upcall_vector upcall = {
        .vector = START_VECTOR_UPCALL,
    };

    evtchn_shared = mem_window_get();
    map.gpfn = (uint64_t)evtchn_shared >> PAGE_SHIFT;
    if (hypercall_memory(XENMEM_add_to_physmap, &map) != 0 ||
        hypercall_hvm(HVMOP_set_evtchn_upcall_vector, &upcall) != 0) {
        panic("no event channels: the hypervisor is not Xen 4.17's equal");
    }
}

static int evtchn_set(evtchn_port_t port, struct loop_work *work)
{
    if (port >= PORTS) {
        evtchn_close(port);
        return -ENOSPC;
    }
    evtchn_work[port] = work;
    return (int)port;
}

int evtchn_bind_virq(unsigned int virq, struct loop_work *work)
{
    struct evtchn_bind_virq op = { .virq = virq };
    const long rc = hypercall_evtchn(EVTCHNOP_bind_virq, &op);

    return rc != 0 ? (int)rc : evtchn_set(op.port, work);
}

int evtchn_bind_interdomain(domid_t domid, evtchn_port_t remote,
                            struct loop_work *work)
{
    struct evtchn_bind_interdomain op = {
        .remote_dom = domid,
        .remote_port = remote,
    };
    const long rc = hypercall_evtchn(EVTCHNOP_bind_interdomain, &op);

    return rc != 0 ? (int)rc : evtchn_set(op.local_port, work);
}

int evtchn_alloc_unbound(domid_t domid)
{
    struct evtchn_alloc_unbound op = {
        .dom = domid,
        .remote_dom = 0,
    };
    const long rc = hypercall_evtchn(EVTCHNOP_alloc_unbound, &op);

    return rc != 0 ? (int)rc : (int)op.port;
}

void evtchn_notify(evtchn_port_t port)
{
    struct evtchn_send op = { .port = port };

    hypercall_evtchn(EVTCHNOP_send, &op);
}

void evtchn_close(evtchn_port_t port)
{
    struct evtchn_close op = { .port = port };

    if (port < PORTS) {
        evtchn_work[port] = NULL;
    }
    hypercall_evtchn(EVTCHNOP_close, &op);
}

static void evtchn_dispatch_word(unsigned int word)
{
    xen_ulong_t bits = __atomic_exchange_n(
        &evtchn_shared->evtchn_pending[word], 0, __ATOMIC_SEQ_CST);

    while (bits != 0) {
        const unsigned int port = word * WORD_BITS + bit_lowest(bits);

        bits &= bits - 1;
        if (port < PORTS && evtchn_work[port] != NULL) {
            loop_post(evtchn_work[port]);
        }
    }
}

bool evtchn_dispatch(void)
{
    struct vcpu_info *const vi = &evtchn_shared->vcpu_info[0];
    xen_ulong_t words;

    if (__atomic_exchange_n(&vi->evtchn_upcall_pending, 0,
                            __ATOMIC_SEQ_CST) == 0) {
        return false;
    }
    words = __atomic_exchange_n(&vi->evtchn_pending_sel, 0,
                                __ATOMIC_SEQ_CST);
    while (words != 0) {
        evtchn_dispatch_word(bit_lowest(words));
        words &= words - 1;
    }
    return true;
}
