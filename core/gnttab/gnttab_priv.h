/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables, inside their folder.
 *
 * A domain's table is memory that it shares with us: entries by which it lets
 * others at its frames.  What others do at the moment is in the active
 * entries, ours alone: who, how often for reading and for writing, and which
 * frame was behind the entry when that began.  Both versions of the table
 * are seen through gnttab_entry.c; nobody else knows their layouts.
 *
 * Locking, outermost first:
 *   gnttab.lock           of the granter: size, version, active entries
 *   gnttab.maptrack_lock  of the mapper: its handles
 *   physmap, p2m          of either
 * No two locks of one class are held together: a mapper drops the granter's
 * before it touches its own map, and holds references meanwhile.
 *
 * References: a mapping holds one to the page and one to the granter
 * (domain_page_hold()), so a granter that dies stays as a dead domain, with
 * its table, until the last mapping is gone.
 *
 * Field letters: [c] constant after creation, [l] lock, [m] maptrack_lock.
 */
#ifndef CORE_GNTTAB_GNTTAB_PRIV_H
#define CORE_GNTTAB_GNTTAB_PRIV_H

#include <core/domain/domain.h>
#include <core/gnttab/gnttab.h>
#include <core/sync/spinlock.h>

/* Uses of an entry by its one grantee. */
struct gnttab_active {
    uint16_t readers;
    uint16_t writers;
    uint16_t domid;       /* Who                                             */
    bool is_sub_page;     /* May be copied, not mapped                       */
    uint16_t start;       /* The part of the page that is granted            */
    uint16_t length;
    uint32_t mfn;
};

static_assert(sizeof(struct gnttab_active) == 16, "");

#define ACTIVE_PER_PAGE (PAGE_SIZE / sizeof(struct gnttab_active))
#define V1_PER_PAGE (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define V2_PER_PAGE (PAGE_SIZE / sizeof(union grant_entry_v2))
#define STATUS_PER_PAGE (PAGE_SIZE / sizeof(grant_status_t))
/* Frames of entries (version 2) that one frame of status words serves. */
#define FRAMES_PER_STATUS (STATUS_PER_PAGE / V2_PER_PAGE)

/* A frame shared with the guest: owned by the domain, not on its list. */
struct gnttab_frame {
    void *va;
    gfn_t gfn;            /* Where the domain has it, or INVALID_GFN         */
};

/* A mapping by its handle.  Free: ref is the next free one. */
struct maptrack {
    uint64_t gfn;
    uint32_t ref;
    uint16_t domid;
    uint16_t flags;       /* GNTMAP_*; 0: free, or being made or undone      */
};

static_assert(sizeof(struct maptrack) == 16, "");

#define MAPTRACK_PER_PAGE (PAGE_SIZE / sizeof(struct maptrack))
#define MAPTRACK_NONE UINT32_MAX

struct gnttab {
    struct spinlock lock;
    uint32_t version;             /* [l] 1 or 2                              */
    uint32_t max_version;         /* [c]                                     */
    uint32_t max_frames;          /* [c]                                     */
    uint32_t nr_frames;           /* [l]                                     */
    uint32_t nr_status;           /* [l] 0 in version 1                      */
    struct gnttab_frame *shared;  /* [l] max_frames                          */
    struct gnttab_frame *status;  /* [l] max_frames / FRAMES_PER_STATUS      */
    struct gnttab_active **active;/* [l] pages, made when first needed       */

    struct spinlock maptrack_lock;
    struct maptrack **maptrack;   /* [m] pages; NULL before the first use    */
    uint32_t max_maptrack;        /* [c] pages                               */
    uint32_t nr_maptrack;         /* [m] handles that there are              */
    uint32_t free_maptrack;       /* [m] the first free one                  */
    uint32_t release_next;        /* [m] progress of release                 */
};

static inline uint32_t gnttab_nr_entries(const struct gnttab *gt)
{
    return gt->nr_frames *
           (uint32_t)(gt->version == 1 ? V1_PER_PAGE : V2_PER_PAGE);
}

/* The active entry, or NULL if it was never needed. */
static inline struct gnttab_active *gnttab_active(const struct gnttab *gt,
                                                  uint32_t ref)
{
    struct gnttab_active *const page = gt->active[ref / ACTIVE_PER_PAGE];

    return page != NULL ? &page[ref % ACTIVE_PER_PAGE] : NULL;
}

static inline uint32_t gnttab_status_frames(uint32_t frames)
{
    return (frames + FRAMES_PER_STATUS - 1) / FRAMES_PER_STATUS;
}

/* --- gnttab_entry.c; REQUIRES gt->lock --- */

/* What an entry grants, read once. */
struct gnttab_grant {
    uint64_t frame;
    uint16_t start;
    uint16_t length;
    bool is_sub_page;
};

/*
 * Mark entry @ref as being read (and written, if @is_write) by @who, provided
 * that it grants that, and tell what it grants.  @is_checked: the grantee is
 * known from an earlier use.  GNTST_okay or GNTST_general_error.
 */
int16_t gnttab_entry_begin(struct gnttab *gt, uint32_t ref, domid_t who,
                           bool is_write, bool is_map, bool is_checked,
                           struct gnttab_grant *grant);
/* Clear GTF_reading and GTF_writing as far as in @bits. */
void gnttab_entry_end(struct gnttab *gt, uint32_t ref, uint16_t bits);
/* Exchange two entries. */
void gnttab_entry_swap(struct gnttab *gt, uint32_t a, uint32_t b);
/* Clear all and set to @version, keeping the reserved entries.  0, -ERANGE. */
int __must_check gnttab_entry_convert(struct gnttab *gt, uint32_t version);

/* --- gnttab.c --- */

/* The active entry, made if need be; NULL without memory. */
struct gnttab_active *gnttab_active_make(struct gnttab *gt, uint32_t ref);
/* Grow to @nr frames.  REQUIRES gt->lock.  0, -EINVAL, -ENOMEM. */
int __must_check gnttab_grow_locked(struct domain *d, uint32_t nr);
/* Make or drop the frames of status words.  REQUIRES gt->lock. */
int __must_check gnttab_add_status(struct domain *d, uint32_t nr_frames);
void gnttab_drop_status(struct domain *d);

/* --- gnttab_pin.c --- */

/* What a use of a grant holds. */
struct gnttab_pin {
    struct page *page;    /* With a reference                                */
    uint16_t start;
    uint16_t length;
};

/*
 * Begin a use of grant @ref of @granter by @who.  GNTST_*; on success with a
 * reference to the page, and if @is_map one to the granter: put them by
 * domain_page_put_foreign().
 */
int16_t gnttab_pin(struct domain *granter, uint32_t ref, domid_t who,
                   bool is_write, bool is_map, struct gnttab_pin *pin);
/* The end of one; the reference to the page is the caller's still. */
void gnttab_unpin(struct domain *granter, uint32_t ref, bool is_write);

/* --- maptrack.c; all take gt->maptrack_lock --- */

/* A new handle, not valid yet; MAPTRACK_NONE if there is none left. */
uint32_t maptrack_alloc(struct gnttab *gt);
/* Make it valid. */
void maptrack_set(struct gnttab *gt, uint32_t handle,
                  const struct maptrack *mt);
/* Read and invalidate; false if it was not valid. */
bool __must_check maptrack_take(struct gnttab *gt, uint32_t handle,
                                struct maptrack *mt);
void maptrack_put(struct gnttab *gt, uint32_t handle);
void maptrack_free_all(struct gnttab *gt);

#endif /* CORE_GNTTAB_GNTTAB_PRIV_H */
