/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables: the two layouts of shared entries.
 *
 * Version 1: flags and domid are one 32-bit word with the use bits in it, so
 * a compare-and-exchange of that word marks a use only of what was checked.
 * Version 2: the use bits are in an array of their own; mark first, then
 * check again that the entry still grants it, because a guest revokes by
 * clearing the entry and looking at the use bits then.
 *
 * Everything here is written by the guest at any moment: a field is read
 * once, and only what was read is used.
 * Locking: gnttab.lock.  Chapter: xen/grant_table.h.
 */
#include <core/gnttab/gnttab_priv.h>

#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>

/* The header of both versions, as one word. */
#define HEADER_FLAGS GENMASK32(15, 0)
#define HEADER_DOMID GENMASK32(31, 16)

/* How often a guest may change an entry under us before we give up. */
#define ENTRY_TRIES 5u

static_assert(offsetof(struct grant_entry_v1, domid) == 2, "header");
static_assert(sizeof(struct grant_entry_v1) == 8, "entry");
static_assert(sizeof(union grant_entry_v2) == 16, "entry");

static struct grant_entry_v1 *gnttab_v1(const struct gnttab *gt, uint32_t ref)
{
    struct grant_entry_v1 *const page = gt->shared[ref / V1_PER_PAGE].va;

    return &page[ref % V1_PER_PAGE];
}

static union grant_entry_v2 *gnttab_v2(const struct gnttab *gt, uint32_t ref)
{
    union grant_entry_v2 *const page = gt->shared[ref / V2_PER_PAGE].va;

    return &page[ref % V2_PER_PAGE];
}

static uint32_t *gnttab_header(const struct gnttab *gt, uint32_t ref)
{
    return gt->version == 1 ? (uint32_t *)(void *)gnttab_v1(gt, ref)
                            : (uint32_t *)(void *)gnttab_v2(gt, ref);
}

static uint16_t *gnttab_use_bits(const struct gnttab *gt, uint32_t ref)
{
    if (gt->version == 1) {
        return &gnttab_v1(gt, ref)->flags;
    }
    grant_status_t *const page = gt->status[ref / STATUS_PER_PAGE].va;

    return &page[ref % STATUS_PER_PAGE];
}

/* Does a header with these contents allow the use? */
static bool gnttab_header_allows(uint32_t header, domid_t who, bool is_write,
                                 bool is_map, bool is_checked)
{
    const uint32_t flags = header & HEADER_FLAGS;
    const uint32_t mask = GTF_type_mask | (is_map ? GTF_sub_page : 0);

    if (is_write && (flags & GTF_readonly)) {
        return false;
    }
    return is_checked || ((flags & mask) == GTF_permit_access &&
                          (header & HEADER_DOMID) >> 16 == who);
}

static bool gnttab_begin_v1(uint32_t *word, domid_t who, bool is_write,
                            bool is_map, bool is_checked)
{
    uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

    for (unsigned int i = 0; i < ENTRY_TRIES; i++) {
        const uint32_t use = GTF_reading | (is_write ? GTF_writing : 0);

        if (!gnttab_header_allows(old, who, is_write, is_map, is_checked)) {
            return false;
        }
        if (__atomic_compare_exchange_n(word, &old, old | use, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            return true;
        }
    }
    return false;
}

static bool gnttab_begin_v2(const uint32_t *word, uint16_t *use_bits,
                            domid_t who, bool is_write, bool is_map,
                            bool is_checked, uint16_t *seen)
{
    const uint16_t use = GTF_reading | (is_write ? GTF_writing : 0);
    uint32_t header = __atomic_load_n(word, __ATOMIC_RELAXED);

    if (!gnttab_header_allows(header, who, is_write, is_map, is_checked)) {
        return false;
    }
    /* Pairs with the guest: clears the entry, then looks at these bits. */
    __atomic_fetch_or(use_bits, use, __ATOMIC_SEQ_CST);
    header = __atomic_load_n(word, __ATOMIC_SEQ_CST);
    *seen = (uint16_t)header;
    if (gnttab_header_allows(header, who, is_write, is_map, is_checked)) {
        return true;
    }
    __atomic_fetch_and(use_bits, (uint16_t)~(is_checked ? GTF_writing : use),
                       __ATOMIC_SEQ_CST);
    return false;
}

static void gnttab_read_v2(const union grant_entry_v2 *entry, uint16_t flags,
                           struct gnttab_grant *grant)
{
    grant->is_sub_page = (flags & GTF_sub_page) != 0;
    if (!grant->is_sub_page) {
        grant->frame = READ_ONCE(entry->full_page.frame);
        return;
    }
    grant->frame = READ_ONCE(entry->sub_page.frame);
    grant->start = READ_ONCE(entry->sub_page.page_off);
    grant->length = READ_ONCE(entry->sub_page.length);
}

int16_t gnttab_entry_begin(struct gnttab *gt, uint32_t ref, domid_t who,
                           bool is_write, bool is_map, bool is_checked,
                           struct gnttab_grant *grant)
{
    uint32_t *const word = gnttab_header(gt, ref);
    uint16_t flags = 0;

    grant->start = 0;
    grant->length = PAGE_SIZE;
    grant->is_sub_page = false;
    if (gt->version == 1) {
        if (!gnttab_begin_v1(word, who, is_write, is_map, is_checked)) {
            return GNTST_general_error;
        }
        grant->frame = READ_ONCE(gnttab_v1(gt, ref)->frame);
        return GNTST_okay;
    }
    if (!gnttab_begin_v2(word, gnttab_use_bits(gt, ref), who, is_write, is_map,
                         is_checked, &flags)) {
        return GNTST_general_error;
    }
    gnttab_read_v2(gnttab_v2(gt, ref), flags, grant);
    return GNTST_okay;
}

void gnttab_entry_end(struct gnttab *gt, uint32_t ref, uint16_t bits)
{
    __atomic_fetch_and(gnttab_use_bits(gt, ref), (uint16_t)~bits,
                       __ATOMIC_SEQ_CST);
}

void gnttab_entry_swap(struct gnttab *gt, uint32_t a, uint32_t b)
{
    if (gt->version == 1) {
        const struct grant_entry_v1 keep = *gnttab_v1(gt, a);

        *gnttab_v1(gt, a) = *gnttab_v1(gt, b);
        *gnttab_v1(gt, b) = keep;
        return;
    }
    const union grant_entry_v2 keep = *gnttab_v2(gt, a);
    const uint16_t use = *gnttab_use_bits(gt, a);

    *gnttab_v2(gt, a) = *gnttab_v2(gt, b);
    *gnttab_use_bits(gt, a) = *gnttab_use_bits(gt, b);
    *gnttab_v2(gt, b) = keep;
    *gnttab_use_bits(gt, b) = use;
}

/* A reserved entry of version 2 in terms of version 1.  0, -ERANGE. */
static int gnttab_reserved_to_v1(const struct gnttab *gt, uint32_t ref,
                                 struct grant_entry_v1 *v1)
{
    const union grant_entry_v2 *const v2 = gnttab_v2(gt, ref);
    const uint16_t flags = READ_ONCE(v2->hdr.flags);
    const uint64_t frame = READ_ONCE(v2->full_page.frame);

    memset(v1, 0, sizeof(*v1));
    switch (flags & GTF_type_mask) {
    case GTF_transitive:
        return -ERANGE;
    case GTF_permit_access:
        if (frame >> 32 != 0) {
            return -ERANGE;
        }
        v1->flags = flags | READ_ONCE(*gnttab_use_bits(gt, ref));
        v1->domid = READ_ONCE(v2->hdr.domid);
        v1->frame = (uint32_t)frame;
        return 0;
    default:
        return 0;
    }
}

static void gnttab_reserved_from_v1(const struct gnttab *gt, uint32_t ref,
                                    const struct grant_entry_v1 *v1)
{
    const uint16_t use = GTF_reading | GTF_writing;
    union grant_entry_v2 *const v2 = gnttab_v2(gt, ref);

    *gnttab_use_bits(gt, ref) = v1->flags & use;
    v2->hdr.domid = v1->domid;
    v2->full_page.frame = v1->frame;
    v2->hdr.flags = v1->flags & (uint16_t)~use;
}

int gnttab_entry_convert(struct gnttab *gt, uint32_t version)
{
    struct grant_entry_v1 keep[GNTTAB_NR_RESERVED_ENTRIES];

    for (uint32_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
        const int rc = gt->version == 1
                           ? (keep[ref] = *gnttab_v1(gt, ref), 0)
                           : gnttab_reserved_to_v1(gt, ref, &keep[ref]);

        if (rc != 0) {
            return rc;
        }
    }

    /* Commit: nothing below may fail. */
    for (uint32_t i = 0; i < gt->nr_frames; i++) {
        memset(gt->shared[i].va, 0, PAGE_SIZE);
    }
    gt->version = version;
    for (uint32_t ref = 0; ref < GNTTAB_NR_RESERVED_ENTRIES; ref++) {
        if (version == 1) {
            *gnttab_v1(gt, ref) = keep[ref];
        } else {
            gnttab_reserved_from_v1(gt, ref, &keep[ref]);
        }
    }
    return 0;
}
