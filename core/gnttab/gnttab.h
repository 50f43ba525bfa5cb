/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables, as the rest of the hypervisor uses them.
 */
#ifndef CORE_GNTTAB_GNTTAB_H
#define CORE_GNTTAB_GNTTAB_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct domain;

/* Negative limits: the defaults (64 grant frames, 1024 maptrack). */
int __must_check gnttab_domain_init(struct domain *d, int max_frames,
                                    int max_maptrack, unsigned int max_version);
/* Release all that @d maps of others; 0 or -ERESTART.  Domain dying. */
int __must_check gnttab_release_mappings(struct domain *d);
void gnttab_domain_free(struct domain *d);

/*
 * Machine frame of table frame @idx (status frame if @status), growing the
 * table if it may: for add_to_physmap and acquire_resource.
 * 0, -EINVAL, -ENOMEM.
 */
int __must_check gnttab_frame(struct domain *d, unsigned int idx, bool status,
                              mfn_t *mfn);
/* Number of frames the table may grow to. */
unsigned int gnttab_max_frames(const struct domain *d, bool status);

void gnttab_dump(struct domain *d);

#endif /* CORE_GNTTAB_GNTTAB_H */
