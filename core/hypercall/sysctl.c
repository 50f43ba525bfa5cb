/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations of the control domain on the machine: <xen/sysctl.h>.  The
 * dispatcher, and the handlers that concern domains, the console and the trace;
 * the others are in sysctl_info.c and sysctl_sched.c.
 */
#include <core/hypercall/sysctl.h>

#include <core/abi/domctl.h>
#include <core/console/console.h>
#include <core/hypercall/domctl.h>
#include <core/hypercall/guest_bitmap.h>
#include <core/hypercall/guest_handle.h>
#include <core/hypercall/hypercall.h>
#include <core/kernel/cpu.h>
#include <core/kernel/keyhandler.h>
#include <core/lib/errno.h>
#include <core/sched/sched_core.h>
#include <core/trace/trace.h>

struct sysctl_row {
    sysctl_fn *fn;
    int refusal;     /* Without a handler                                    */
};

#define SYSCTL(name) [XEN_SYSCTL_##name] = { .fn = sysctl_##name },
#define SYSCTL_REFUSED(name, errno) \
    [XEN_SYSCTL_##name] = { .refusal = -(errno) },
static const struct sysctl_row sysctl_table[] = {
#include <core/hypercall/sysctl.def>
};
#undef SYSCTL
#undef SYSCTL_REFUSED

int64_t hcall_sysctl(struct vcpu *v, struct hcall_regs *r)
{
    const struct sysctl_row *row;
    struct xen_sysctl op;
    int rc;

    if (gva_read(&op, r->arg[0]) != 0) {
        return -EFAULT;
    }
    if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION) {
        return -EACCES;
    }
    if (op.cmd >= ARRAY_SIZE(sysctl_table)) {
        return -ENOSYS;
    }
    row = &sysctl_table[index_nospec(op.cmd, ARRAY_SIZE(sysctl_table))];
    if (!row->fn) {
        return row->refusal ? row->refusal : -ENOSYS;
    }
    if (!control_begin()) {
        return -ERESTART;
    }
    rc = row->fn(&op);
    control_end();
    /* -ENOBUFS tells how much was written, or is needed. */
    if ((rc == 0 || rc == -ENOBUFS) && gva_write(r->arg[0], &op) != 0) {
        rc = -EFAULT;
    }
    return rc;
}

int sysctl_readconsole(struct xen_sysctl *op)
{
    struct xen_sysctl_readconsole *rc = &op->u.readconsole;
    char buf[256];
    uint32_t index = rc->index;
    uint32_t done = 0;
    bool incremental = rc->incremental;

    while (done < rc->count) {
        const size_t want = min(sizeof(buf), (size_t)(rc->count - done));
        const size_t got = con_ring_read(buf, want, &index, false,
                                         incremental);

        if (got == 0) {
            break;
        }
        if (handle_write_bytes(rc->buffer, done, buf, got) != 0) {
            return -EFAULT;
        }
        done += (uint32_t)got;
        /* Go on behind what was read. */
        incremental = true;
    }
    if (rc->clear) {
        (void)con_ring_read(buf, 0, &index, true, true);
    }
    rc->count = done;
    rc->index = index;
    return 0;
}

int sysctl_getdomaininfolist(struct xen_sysctl *op)
{
    struct xen_sysctl_getdomaininfolist *l = &op->u.getdomaininfolist;
    struct xen_domctl_getdomaininfo info;
    struct domain *d = domain_next(l->first_domain);
    uint32_t n = 0;

    for (; d && n < l->max_domains; d = domain_next(d->id + 1u)) {
        domctl_fill_info(d, &info);
        if (handle_write(l->buffer, n, &info) != 0) {
            return -EFAULT;
        }
        n++;
    }
    l->num_domains = n;
    return 0;
}

#define DEBUG_KEYS_MAX 32u

int sysctl_debug_keys(struct xen_sysctl *op)
{
    const struct xen_sysctl_debug_keys *k = &op->u.debug_keys;

    if (k->nr_keys > DEBUG_KEYS_MAX) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < k->nr_keys; i++) {
        char key;

        if (handle_read_bytes(&key, k->keys, i, sizeof(key)) != 0) {
            return -EFAULT;
        }
        keyhandler_run(key);
    }
    return 0;
}

int sysctl_getcpuinfo(struct xen_sysctl *op)
{
    struct xen_sysctl_getcpuinfo *g = &op->u.getcpuinfo;
    const uint32_t n = min(g->max_cpus, cpu_count);

    for (uint32_t i = 0; i < n; i++) {
        const struct xen_sysctl_cpuinfo info = {
            .idletime = cpu_is_online(i) ? sched_idle_time(i) : 0,
        };

        if (handle_write(g->info, i, &info) != 0) {
            return -EFAULT;
        }
    }
    g->nr_cpus = n;
    return 0;
}

int sysctl_tbuf_op(struct xen_sysctl *op)
{
    struct xen_sysctl_tbuf_op *t = &op->u.tbuf_op;
    uint64_t cpus[BITMAP_WORDS(CPU_MAX)];
    int rc;

    switch (t->cmd) {
    case XEN_SYSCTL_TBUFOP_get_info:
        t->evt_mask = trace_get_mask();
        t->buffer_mfn = trace_info_mfn();
        t->size = trace_info_bytes();
        return 0;
    case XEN_SYSCTL_TBUFOP_set_cpu_mask:
        rc = guest_bitmap_read(cpus, CPU_MAX, &t->cpu_mask);
        if (rc == 0) {
            trace_set_cpus(cpus);
        }
        return rc;
    case XEN_SYSCTL_TBUFOP_set_evt_mask:
        trace_set_mask(t->evt_mask);
        return 0;
    case XEN_SYSCTL_TBUFOP_set_size:
        return trace_alloc(t->size);
    case XEN_SYSCTL_TBUFOP_enable:
    case XEN_SYSCTL_TBUFOP_disable:
        return trace_enable(t->cmd == XEN_SYSCTL_TBUFOP_enable);
    default:
        return -EINVAL;
    }
}
