/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files of this folder.
 */
#ifndef CORE_DOMAIN_DOMAIN_PRIV_H
#define CORE_DOMAIN_DOMAIN_PRIV_H

#include <core/domain/domain.h>
#include <core/sync/quiescent.h>

/* A domain with what only its creator and destroyer see. */
struct domain_full {
    struct domain d;
    struct quiescent_head reclaim;  /* Free it                               */
    struct quiescent_head stopped;  /* No CPU executes it                    */
    unsigned long audit_listed;     /* Pages found by the audit: on its list */
    unsigned long audit_owned;      /* ... and its own, but not there        */
};

static inline struct domain_full *domain_full(struct domain *d)
{
    return container_of(d, struct domain_full, d);
}

/*
 * domid.c.  Reserve @id, or the next free one for DOMID_INVALID.
 * 0, -EEXIST, -EINVAL, -ENOSPC, -ENOMEM.
 */
int __must_check domid_claim(domid_t id, domid_t *out);
void domid_release(domid_t id);
/* Make @d visible to domain_by_id(), and invisible. */
void domid_publish(struct domain *d);
void domid_unpublish(struct domain *d);

/* domain_create.c: free all of it; no CPU knows it any more. */
void domain_free(struct domain *d);

#endif /* CORE_DOMAIN_DOMAIN_PRIV_H */
