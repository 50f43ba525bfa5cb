/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's own page tables, walked by software.  SDM volume 3, "Paging".
 */
#ifndef ARCH_X86_HVM_GUEST_WALK_H
#define ARCH_X86_HVM_GUEST_WALK_H

#include <arch/x86/p2m/p2m.h>
#include <core/lib/bits.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

struct page;
struct vcpu;

/* Page fault error code, and what a walk is asked for. */
#define PFEC_PRESENT BIT32(0)
#define PFEC_WRITE BIT32(1)
#define PFEC_USER BIT32(2)
#define PFEC_FETCH BIT32(4)

/*
 * Translate @gva for an access of kind @access (WRITE, USER, FETCH).
 * 0 and *@gpa; or -EFAULT and the error code of the page fault in *@pfec.
 * Accessed and dirty bits are set as by hardware.  SMAP is not applied:
 * a hypercall's caller opened the page, or did not need to.
 */
int __must_check guest_walk(struct vcpu *v, gva_t gva, uint32_t access,
                            gpa_t *gpa, uint32_t *pfec);

/*
 * The entries that a walk went by, where they are and what they were, in the
 * guest's tables (index 0 is the lowest level; below a large leaf the leaf
 * repeats) and in the p2m, for the frames of those tables.
 */
#define GUEST_PATH_LEVELS 4u
struct guest_path {
    const uint64_t *slot[GUEST_PATH_LEVELS];
    uint64_t value[GUEST_PATH_LEVELS];
    struct p2m_place frame[GUEST_PATH_LEVELS + 1];
    uint8_t nr_frames;
    bool is_complete; /* False: without paging, or of another shape          */
};

/* Frame found at @place is one of the path's. */
void guest_path_frame(struct guest_path *path, const struct p2m_place *place);

/* The same, and how it went. */
int __must_check guest_walk_path(struct vcpu *v, gva_t gva, uint32_t access,
                                 gpa_t *gpa, uint32_t *pfec,
                                 struct guest_path *path);

/*
 * Translations of linear pages, so that a copy need not walk again what has
 * not changed.  The guest tells nobody when it changes its tables, and the
 * p2m changes all the time; so a translation counts only while every entry on
 * its path, of both, has the value it had.  That is four loads and, with a
 * p2m of large pages, a few more.
 */
#define GUEST_TLB_SIZE 8u
struct guest_tlb {
    uint64_t epoch;          /* Counts changes of the registers below        */
    uint64_t cr0;
    uint64_t cr3;
    uint64_t cr4;
    uint64_t efer;
    struct guest_tlb_entry {
        uint64_t epoch;      /* Of the table, else the entry is void         */
        gva_t gva;           /* Of the page, with bit 0 set; 0: none         */
        struct page *page;
        uint8_t *va;         /* Of the page, in the direct map               */
        bool is_writable;
        struct guest_path path;
    } entry[GUEST_TLB_SIZE];
};

#endif /* ARCH_X86_HVM_GUEST_WALK_H */
