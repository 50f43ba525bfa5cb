/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercall console_io: the hypervisor's console for the domain that owns
 * it.
 * Locking: none here.  Chapter: xen/xen.h, "console_io".
 */
#include <core/hypercall/hypercall.h>

#include <core/console/console.h>
#include <core/domain/domain.h>
#include <core/hypercall/guest_handle.h>
#include <core/lib/errno.h>

/* Bytes that are copied at a time, and that one run writes. */
#define CONSOLE_CHUNK 128u
#define CONSOLE_BATCH 1024u

/*
 * The guest sees its text written once: a run that stops in between moves the
 * arguments on.
 */
static int64_t console_do_write(struct domain *d, struct hcall_regs *r)
{
    const unsigned int count = (unsigned int)r->arg[1];
    const unsigned int end = min(count, CONSOLE_BATCH);
    char chunk[CONSOLE_CHUNK];

    for (unsigned int done = 0; done < end;) {
        const unsigned int n = min(end - done, CONSOLE_CHUNK);

        if (guest_copy_from(chunk, r->arg[2] + done, n) != 0) {
            return -EFAULT;
        }
        console_guest_write(d->id, d->is_control, chunk, n);
        done += n;
    }
    r->arg[1] = count - end;
    r->arg[2] += end;
    return count == end ? 0 : -ERESTART;
}

static int64_t console_do_read(struct hcall_regs *r)
{
    char chunk[CONSOLE_CHUNK];
    const size_t n = con_in_read(
        chunk, min_t(size_t, (unsigned int)r->arg[1], sizeof(chunk)));

    /* A guest that gives a bad buffer loses what was typed. */
    return guest_copy_to(r->arg[2], chunk, n) != 0 ? -EFAULT : (int64_t)n;
}

int64_t hcall_console_io(struct vcpu *v, struct hcall_regs *r)
{
    switch ((unsigned int)r->arg[0]) {
    case CONSOLEIO_write:
        return console_do_write(v->domain, r);
    case CONSOLEIO_read:
        return console_do_read(r);
    default:
        return -ENOSYS;
    }
}
