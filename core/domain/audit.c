/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug key a: every page has an owner that exists and knows of it, every
 * event channel has its other end, every use of a grant its mapping.
 *
 * Takes the locks of what it looks at, one after the other: what other CPUs
 * change meanwhile may be reported although it is sound.  With the guests
 * quiet a fault is a fault.
 */
#include <core/domain/domain_priv.h>

#include <core/arch/arch_domain.h>
#include <core/console/printk.h>
#include <core/domain/domain_pages.h>
#include <core/evtchn/evtchn.h>
#include <core/gnttab/gnttab.h>
#include <core/mm/page_alloc.h>

void domain_key_audit(void);

/* What the frames are, by their owner. */
struct audit_pages {
    unsigned long free;
    unsigned long hypervisor;
    unsigned long domains;
    unsigned int faults;
};

static void count_owned(struct audit_pages *a, const struct page *pg)
{
    struct domain *const d = domain_by_id(pg->owner);

    if (d == NULL) {
        printk_raw("audit: frame %#lx of d%u, which does not exist, "
                   "%u references\n", mfn_x(page_mfn(pg)), pg->owner,
                   pg->count);
        a->faults++;
        return;
    }
    a->domains++;
    spin_lock(&d->page_lock);
    if (domain_page_is_listed(d, pg)) {
        domain_full(d)->audit_listed++;
    } else {
        domain_full(d)->audit_owned++;
    }
    spin_unlock(&d->page_lock);
}

static void count_pages(struct audit_pages *a)
{
    for (unsigned long m = 0; m < page_count; m++) {
        const struct page *const pg = page_of(MFN(m));

        if (!page_is_ram(MFN(m))) {
            continue;
        }
        if (pg->flags & PAGE_F_FREE) {
            a->free += 1ul << pg->order;
            m += (1ul << pg->order) - 1;
        } else if (pg->owner < DOMID_FIRST_RESERVED) {
            count_owned(a, pg);
        } else {
            a->hypervisor++;
        }
    }
}

/* Uses of the grants of @d against the mappings that all have of it. */
static unsigned int audit_grants(struct domain *d)
{
    const unsigned long uses = gnttab_uses(d);
    unsigned long mappings = 0;
    struct domain *other;

    for_each_domain(other) {
        mappings += gnttab_mappings_of(other, d->id);
    }
    if (uses == mappings) {
        return 0;
    }
    printk_raw("audit: d%u: %lu uses of its grants, %lu mappings\n", d->id,
               uses, mappings);
    return 1;
}

static unsigned int audit_domain(struct domain *d)
{
    const struct domain_full *const f = domain_full(d);
    const unsigned int table = gnttab_owned_frames(d);
    unsigned int faults = 0;

    printk_raw("audit: d%u: %lu pages, %u of its grant table, %lu given up "
               "but in use\n", d->id, f->audit_listed, table,
               f->audit_owned - table);
    if (f->audit_listed != d->tot_pages || f->audit_owned < table) {
        printk_raw("audit: d%u: counts %u pages\n", d->id, d->tot_pages);
        faults++;
    }
    return faults + evtchn_audit(d) + audit_grants(d) + arch_domain_audit(d);
}

void domain_key_audit(void)
{
    struct audit_pages a = { 0 };
    struct domain *d;

    for_each_domain(d) {
        domain_full(d)->audit_listed = 0;
        domain_full(d)->audit_owned = 0;
    }
    count_pages(&a);
    printk_raw("audit: %lu pages free, %lu of the hypervisor, %lu of %u "
               "domains, %lu claimed\n", a.free, a.hypervisor, a.domains,
               domain_count(), domain_claimed_total());
    if (a.free != page_free_count(PAGE_ANY_NODE)) {
        printk_raw("audit: %lu pages counted as free\n",
                   page_free_count(PAGE_ANY_NODE));
        a.faults++;
    }
    for_each_domain(d) {
        a.faults += audit_domain(d);
    }
    printk_raw("audit: %u faults\n", a.faults);
}
