/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A physical map for unit tests: an array.  Between begin and end of a batch
 * a CPU may still use what was unmapped, so a page unmapped in a batch must
 * not be free at its end; nor one unmapped for later when that is settled.
 */
#include <stdlib.h>

#include <core/arch/arch_p2m.h>
#include <core/domain/pod.h>
#include <core/kernel/bug.h>
#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <tests/unit/fake_domain.h>

#define BATCH_MAX 1024u

struct fake_p2m {
    struct p2m_entry entry[FAKE_GFNS];
    unsigned int depth;
    unsigned int nr_gone;
    struct page *gone[BATCH_MAX];
    unsigned int nr_later;
    struct page *later[BATCH_MAX];
    unsigned long max_gfn;
};

static struct fake_p2m *maps[FAKE_DOMAINS];
uint64_t fake_p2m_stuck = ~UINT64_C(0);

static struct fake_p2m *map_of(const struct domain *d)
{
    return maps[d->id];
}

void fake_p2m_init(struct domain *d)
{
    maps[d->id] = calloc(1, sizeof(struct fake_p2m));
    for (unsigned int i = 0; i < FAKE_GFNS; i++) {
        maps[d->id]->entry[i].mfn = INVALID_MFN;
    }
}

void fake_p2m_free(struct domain *d)
{
    free(maps[d->id]);
    maps[d->id] = NULL;
}

unsigned int fake_p2m_count(const struct domain *d)
{
    unsigned int n = 0;

    for (unsigned int i = 0; i < FAKE_GFNS; i++) {
        n += map_of(d)->entry[i].type != P2M_NONE;
    }
    return n;
}

static void put_entry(struct domain *d, uint64_t gfn, mfn_t mfn,
                      enum p2m_type type)
{
    struct fake_p2m *const m = map_of(d);
    struct p2m_entry *const e = &m->entry[gfn];

    if (e->type != P2M_NONE && e->type != P2M_POD &&
        !p2m_type_is_mmio(e->type) && m->depth != 0) {
        BUG_ON(m->nr_gone == BATCH_MAX);
        m->gone[m->nr_gone++] = page_of(e->mfn);
    }
    e->mfn = mfn;
    e->type = type;
    e->order = 0;
    if (type == P2M_RAM_RW && gfn > m->max_gfn) {
        m->max_gfn = gfn;
    }
}

static int check_range(gfn_t gfn, unsigned int order)
{
    return gfn_x(gfn) >= FAKE_GFNS ||
                   gfn_x(gfn) + (1ull << order) > FAKE_GFNS ||
                   gfn_x(gfn) % (1ull << order) != 0
               ? -EINVAL
               : 0;
}

int p2m_map(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
            enum p2m_type type)
{
    const int rc = check_range(gfn, order);

    for (unsigned long i = 0; rc == 0 && i < 1ul << order; i++) {
        put_entry(d, gfn_x(gfn) + i, mfn_add(mfn, i), type);
    }
    return rc;
}

int p2m_mark_pod(struct domain *d, gfn_t gfn, unsigned int order)
{
    int rc = check_range(gfn, order);

    for (unsigned long i = 0; rc == 0 && i < 1ul << order; i++) {
        if (map_of(d)->entry[gfn_x(gfn) + i].type != P2M_NONE) {
            rc = -EINVAL;
        }
    }
    for (unsigned long i = 0; rc == 0 && i < 1ul << order; i++) {
        put_entry(d, gfn_x(gfn) + i, INVALID_MFN, P2M_POD);
    }
    return rc;
}

int p2m_unmap(struct domain *d, gfn_t gfn, unsigned int order)
{
    const int rc = gfn_x(gfn) == fake_p2m_stuck && order == 0
                       ? -ENOMEM : check_range(gfn, order);

    for (unsigned long i = 0; rc == 0 && i < 1ul << order; i++) {
        put_entry(d, gfn_x(gfn) + i, INVALID_MFN, P2M_NONE);
    }
    return rc;
}

int p2m_unmap_later(struct domain *d, gfn_t gfn)
{
    struct fake_p2m *const m = map_of(d);
    struct page *const pg = page_of(m->entry[gfn_x(gfn)].mfn);
    const int rc = p2m_unmap(d, gfn, 0);

    if (rc == 0) {
        BUG_ON(m->nr_later == BATCH_MAX);
        m->later[m->nr_later++] = pg;
    }
    return rc;
}

void p2m_settle(struct domain *d)
{
    struct fake_p2m *const m = map_of(d);

    for (unsigned int i = 0; i < m->nr_later; i++) {
        BUG_ON(m->later[i]->count == 0);
    }
    m->nr_later = 0;
}

unsigned int p2m_fill(struct domain *d, const uint64_t *gfn, const mfn_t *mfn,
                      unsigned int nr, enum p2m_type type)
{
    unsigned int i;

    for (i = 0; i < nr && gfn[i] < FAKE_GFNS; i++) {
        if (map_of(d)->entry[gfn[i]].type != P2M_NONE) {
            break;
        }
        put_entry(d, gfn[i], mfn[i], type);
    }
    return i;
}

int p2m_map_range(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned long nr,
                  enum p2m_type type)
{
    int rc = 0;

    for (unsigned long i = 0; i < nr && rc == 0; i++) {
        rc = p2m_map(d, gfn_add(gfn, i), mfn_add(mfn, i), 0, type);
    }
    return rc;
}

int p2m_unmap_range(struct domain *d, gfn_t gfn, unsigned long nr)
{
    for (unsigned long i = 0; i < nr && gfn_x(gfn) + i < FAKE_GFNS; i++) {
        put_entry(d, gfn_x(gfn) + i, INVALID_MFN, P2M_NONE);
    }
    return 0;
}

struct p2m_entry p2m_lookup(const struct domain *d, gfn_t gfn)
{
    const struct p2m_entry none = { .mfn = INVALID_MFN, .type = P2M_NONE };

    return gfn_x(gfn) < FAKE_GFNS ? map_of(d)->entry[gfn_x(gfn)] : none;
}

struct page *p2m_get_page(struct domain *d, gfn_t gfn, bool write,
                          enum p2m_type *type)
{
    const struct p2m_entry e = p2m_lookup(d, gfn);

    if (e.type == P2M_POD && pod_fill(d, gfn) == 0) {
        return p2m_get_page(d, gfn, write, type);
    }
    *type = e.type;
    if (e.type == P2M_NONE || e.type == P2M_POD || p2m_type_is_mmio(e.type) ||
        (write && (e.type == P2M_RAM_RO || e.type == P2M_GRANT_RO ||
                   e.type == P2M_FOREIGN_RO))) {
        return NULL;
    }
    page_get_more(page_of(e.mfn));
    return page_of(e.mfn);
}

gfn_t p2m_max_gfn(const struct domain *d)
{
    return GFN(map_of(d)->max_gfn);
}

void p2m_begin_batch(struct domain *d)
{
    map_of(d)->depth++;
}

void p2m_end_batch(struct domain *d)
{
    struct fake_p2m *const m = map_of(d);

    BUG_ON(m->depth == 0);
    if (--m->depth != 0) {
        return;
    }
    for (unsigned int i = 0; i < m->nr_gone; i++) {
        BUG_ON(m->gone[i]->count == 0);
    }
    m->nr_gone = 0;
}
