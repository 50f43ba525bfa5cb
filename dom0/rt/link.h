/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a front end and its server share: pages that the guest grants, an
 * event channel, and the work that serves them when an event came.
 */
#ifndef DOM0_RT_LINK_H
#define DOM0_RT_LINK_H

#include <core/abi/event_channel.h>
#include <dom0/rt/grant.h>
#include <dom0/rt/loop.h>

#define LINK_PAGES 2u

struct link {
    struct grant_map page[LINK_PAGES];
    int port;                   /* Here; negative: none. */
    struct loop_work work;
};

void link_init(struct link *l, loop_fn *serve);

/*
 * Maps count pages and binds to the guest's port. 0, or an error: what is
 * there till then is for link_close().
 */
int __must_check link_open(struct link *l, domid_t domid,
                           const uint64_t *ref, unsigned int count,
                           evtchn_port_t port);

/* Harmless on what is not open. */
void link_close(struct link *l);

/* What there is to do when it was served. */
#define LINK_NOTIFY 1           /* Tell the guest of it.  */
#define LINK_MORE 2             /* Serve it again.        */
void link_served(struct link *l, unsigned int todo);

#endif
