/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several hypercalls in one; <xen/xen.h> "struct multicall_entry".
 *
 * Entries are copied in chunks, executed, and copied back with their results:
 * two guest copies a chunk, not two a call.  A call that wants to be
 * continued ends the run: its entry is written back with what it left in its
 * arguments, and the multicall itself continues there.
 */
#include <core/hypercall/hypercall.h>

#include <core/abi/xen.h>
#include <core/hypercall/layout.h>
#include <core/lib/errno.h>

#define MULTICALL_CHUNK 16u
/* Entries executed before the loop head is passed. */
#define MULTICALL_BATCH 32u

static_assert(sizeof(struct hcall_regs) == sizeof(struct multicall_entry) &&
              offsetof(struct hcall_regs, nr) ==
                  offsetof(struct multicall_entry, op) &&
              offsetof(struct hcall_regs, result) ==
                  offsetof(struct multicall_entry, result) &&
              offsetof(struct hcall_regs, arg) ==
                  offsetof(struct multicall_entry, args),
              "an entry is executed where it was copied to");

/* How many of the @nr entries are done; the next, if any, continues. */
static unsigned int execute_chunk(struct vcpu *v, struct hcall_regs *e,
                                  unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        const int64_t rc = e[i].nr == __HYPERVISOR_multicall
                               ? -EINVAL : hypercall_call(v, &e[i]);

        if (unlikely(rc == -ERESTART)) {
            return i;
        }
        e[i].result = rc;
    }
    return nr;
}

int64_t hcall_multicall(struct vcpu *v, struct hcall_regs *r)
{
    struct hcall_regs chunk[MULTICALL_CHUNK];
    gva_t list = r->arg[0];
    unsigned int left = (unsigned int)r->arg[1];
    unsigned int budget = MULTICALL_BATCH;

    while (left > 0 && budget > 0) {
        const unsigned int nr = min(left, MULTICALL_CHUNK);

        if (layout_read(multicall_entry, chunk, list, nr) != 0) {
            return -EFAULT;
        }

        const unsigned int done = execute_chunk(v, chunk, nr);
        const unsigned int changed = min(done + 1, nr);

        if (layout_write(multicall_entry, list, chunk, changed) != 0) {
            return -EFAULT;
        }
        list += done * layout_size(multicall_entry);
        left -= done;
        budget -= nr;
        if (done < nr) {
            break;
        }
    }
    if (left == 0) {
        return 0;
    }
    r->arg[0] = list;
    r->arg[1] = left;
    return -ERESTART;
}
