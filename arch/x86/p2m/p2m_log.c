/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Logging which frames a domain writes, for those who copy its memory while
 * it runs.  There is no bitmap: RAM that is clean is mapped read only, as
 * P2M_RAM_LOGDIRTY; what is P2M_RAM_RW is dirty.  A write to clean RAM, by the
 * guest (p2m_fault()) or for it (p2m_get_page()), makes the frame writable.
 * Large leaves stay large as long as nobody writes to them.
 *
 * A page of which somebody else holds a reference, as by a granted mapping or
 * a registered vcpu_info, can be written behind the tables' back: it is dirty
 * as long as that lasts, and once more.  To see a reference that comes at the
 * same time, the entry is made clean first and the count read then; who takes
 * one reads the entry again behind it:
 *
 *   here                            p2m_get_page()
 *   entry = clean                   reads entry: dirty
 *   (full barrier)                  count++ (full barrier)
 *   count > 1? entry = dirty        entry as before? else try again
 *
 * Switching off does not visit the entries: the next write to each does.
 *
 * Locking: the p2m's own.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/p2m/p2m_walk.h>
#include <core/lib/bitmap.h>
#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <core/sync/atomic.h>

static uint64_t with_type(const struct p2m *p2m, uint64_t entry,
                          unsigned int level, enum p2m_type type)
{
    const unsigned int order = level * P2M_LEVEL_BITS;
    /* Bit 12 of a large leaf is no address. */
    const paddr_t base = entry & P2M_ADDR & ~((PAGE_SIZE << order) - 1);

    return p2m->format->leaf(paddr_to_mfn(base), order, type);
}

static bool is_type(uint64_t entry, enum p2m_type type)
{
    return p2m_entry_is_present(entry) && p2m_entry_type(entry) == type;
}

/* Does anybody but the domain itself hold one of the pages? */
static bool is_held(uint64_t entry, unsigned int level)
{
    const uint64_t n = UINT64_C(1) << (level * P2M_LEVEL_BITS);
    const uint64_t first = ((entry & P2M_ADDR) >> PAGE_SHIFT) & ~(n - 1);

    for (uint64_t i = 0; i < n; i++) {
        if (atomic_read_relaxed(&page_of(MFN(first + i))->count) > 1) {
            return true;
        }
    }
    return false;
}

/* Make a dirty leaf clean; false if somebody holds it: it stays dirty. */
static bool make_clean(const struct p2m *p2m, uint64_t *slot,
                       unsigned int level)
{
    const uint64_t entry = *slot;

    (void)atomic_exchange(slot, with_type(p2m, entry, level,
                                          P2M_RAM_LOGDIRTY));
    if (is_held(entry, level)) {
        (void)atomic_exchange(slot, entry);
        return false;
    }
    return true;
}

int p2m_log_start(struct domain *d)
{
    struct p2m *const p2m = p2m_of(d);
    int rc = -EINVAL;

    spin_lock(&p2m->lock);
    if (!p2m->log_is_on) {
        p2m->log_is_on = true;
        p2m->log_faults = 0;
        rc = 0;
    }
    spin_unlock(&p2m->lock);
    return rc;
}

void p2m_log_stop(struct domain *d)
{
    struct p2m *const p2m = p2m_of(d);

    spin_lock(&p2m->lock);
    p2m->log_is_on = false;
    spin_unlock(&p2m->lock);
}

/*
 * Of 512 frames from @gfn on, aligned.  What is a single leaf, larger than
 * that, was clean if it is P2M_RAM_LOGDIRTY; if dirty, it is split.
 */
static bool scan_region(struct p2m *p2m, uint64_t gfn, bool clean,
                        uint64_t *map)
{
    unsigned int level = 0;
    uint64_t *slot = p2m_walk(p2m, GFN(gfn), &level);
    bool flush = false;

    if (level > 1 && is_type(*slot, P2M_RAM_RW)) {
        slot = p2m_walk_create(p2m, GFN(gfn), 1);
        level = 1;
        if (!slot) {
            bitmap_set_range(map, 0, P2M_ENTRIES);
            return false;
        }
    }
    if (level > 0) {
        if (!is_type(*slot, P2M_RAM_RW)) {
            return false;
        }
        bitmap_set_range(map, 0, P2M_ENTRIES);
        if (!clean) {
            return false;
        }
        if (make_clean(p2m, slot, level)) {
            return true;
        }
        slot = p2m_walk_create(p2m, GFN(gfn), 0);
        if (!slot) {
            return false;
        }
        flush = true;
    }
    for (unsigned int i = 0; i < P2M_ENTRIES; i++) {
        if (is_type(slot[i], P2M_RAM_RW)) {
            bitmap_set(map, i);
            flush |= clean && make_clean(p2m, &slot[i], 0);
        }
    }
    return flush;
}

unsigned long p2m_log_scan(struct domain *d, gfn_t gfn, bool clean,
                           uint64_t map[BITMAP_WORDS(P2M_LOG_FRAMES)])
{
    struct p2m *const p2m = p2m_of(d);
    unsigned long done = 0;
    bool flush = false;

    bitmap_zero(map, P2M_LOG_FRAMES);
    if (gfn_x(gfn) > p2m->max_gfn || !p2m->log_is_on) {
        return P2M_LOG_FRAMES;
    }
    spin_lock(&p2m->lock);
    while (done < P2M_LOG_FRAMES) {
        unsigned int level = 0;

        flush |= scan_region(p2m, gfn_x(gfn) + done, clean,
                             &map[done / 64]);
        (void)p2m_walk(p2m, gfn_add(gfn, done), &level);
        done += P2M_ENTRIES;
        if (level == 0) {
            break; /* A whole table has been gone through. */
        }
    }
    spin_unlock(&p2m->lock);
    if (flush) {
        p2m_flush(d);
    }
    return done;
}

void p2m_log_mark(struct domain *d, gfn_t gfn)
{
    struct p2m *const p2m = p2m_of(d);
    unsigned int level = 0;
    uint64_t *slot;

    spin_lock(&p2m->lock);
    slot = p2m_walk(p2m, gfn, &level);
    if (is_type(*slot, P2M_RAM_LOGDIRTY)) {
        uint64_t *const single = p2m_walk_create(p2m, gfn, 0);

        /* Without memory for a table the whole leaf is dirty. */
        slot = single ? single : slot;
        level = single ? 0 : level;
        (void)atomic_exchange(slot,
                              with_type(p2m, *slot, level, P2M_RAM_RW));
        p2m->log_faults++;
    }
    spin_unlock(&p2m->lock);
}

uint32_t p2m_log_faults(struct domain *d, bool reset)
{
    struct p2m *const p2m = p2m_of(d);
    uint32_t n;

    spin_lock(&p2m->lock);
    n = p2m->log_faults;
    p2m->log_faults = reset ? 0 : n;
    spin_unlock(&p2m->lock);
    return n;
}
