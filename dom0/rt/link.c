/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links to front ends.
 */
#include <dom0/rt/link.h>
#include <dom0/rt/rt.h>

void link_init(struct link *l, loop_fn *serve)
{
    l->port = -1;
    loop_work_init(&l->work, serve);
}

int link_open(struct link *l, domid_t domid, const uint64_t *ref,
              unsigned int count, evtchn_port_t port)
{
    for (unsigned int i = 0; i < count; i++) {
        const int rc = grant_map(&l->page[i], domid, (grant_ref_t)ref[i]);

        if (rc != 0) {
            return rc;
        }
    }
    l->port = evtchn_bind_interdomain(domid, port, &l->work);
    return l->port < 0 ? l->port : 0;
}

void link_close(struct link *l)
{
    loop_cancel(&l->work);
    if (l->port >= 0) {
        evtchn_close((evtchn_port_t)l->port);
        l->port = -1;
    }
    for (unsigned int i = 0; i < LINK_PAGES; i++) {
        grant_unmap(&l->page[i]);
    }
}

void link_served(struct link *l, unsigned int todo)
{
    if (todo & LINK_NOTIFY) {
        evtchn_notify((evtchn_port_t)l->port);
    }
    if (todo & LINK_MORE) {
        loop_post(&l->work);
    }
}
