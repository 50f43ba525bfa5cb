/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does what senders left to others: cuts TCP into segments and fills in
 * checksums. Pure but for the allocator.
 */
#ifndef DOM0_BACK_NET_PLAIN_H
#define DOM0_BACK_NET_PLAIN_H

#include <dom0/back/net_switch.h>

/* Takes a frame as it goes on a wire; the reference stays the caller's. */
typedef void net_plain_fn(void *ctx, struct net_packet *p);

/*
 * Calls fn for p itself if nothing is left to do, else for frames made of
 * it. What cannot be read is dropped. p is not changed.
 */
void net_plain(struct net_packet *p, net_plain_fn *fn, void *ctx);

#endif
