/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only place where guest memory is touched: through a reference to its
 * page and the direct map.  See core/arch/arch_copy.h.
 */
#include <arch/x86/hvm/guest_walk.h>
#include <arch/x86/hvm/hvm.h>
#include <core/arch/arch_copy.h>
#include <core/kernel/cpu.h>
#include <core/lib/errno.h>
#include <core/lib/string.h>
#include <core/mm/page.h>
#include <core/sync/atomic.h>

enum copy_kind { COPY_FROM, COPY_TO, COPY_CLEAR };

static inline void move(void *guest, void *ours, size_t bytes,
                        enum copy_kind kind)
{
    switch (kind) {
    case COPY_FROM: memcpy(ours, guest, bytes); break;
    case COPY_TO: memcpy(guest, ours, bytes); break;
    case COPY_CLEAR: memset(guest, 0, bytes); break;
    }
    barrier();
}

/* Within one page. */
static int copy_gpa(struct domain *d, gpa_t gpa, void *ours, size_t bytes,
                    enum copy_kind kind)
{
    enum p2m_type type;
    struct page *const pg = p2m_get_page(d, gpa_to_gfn(gpa),
                                         kind != COPY_FROM, &type);

    if (unlikely(!pg)) {
        return -EFAULT;
    }
    move((uint8_t *)page_va(pg) + page_offset(gpa), ours, bytes, kind);
    page_put(pg);
    return 0;
}

/* Forget all if what they all depend on has changed. */
static inline void tlb_revive(struct guest_tlb *t, const struct vcpu_state *s)
{
    if (likely(t->cr3 == s->cr3 && t->cr0 == s->cr0 && t->cr4 == s->cr4 &&
               t->efer == s->efer)) {
        return;
    }
    t->epoch++;
    t->cr0 = s->cr0;
    t->cr3 = s->cr3;
    t->cr4 = s->cr4;
    t->efer = s->efer;
}

static inline bool frames_hold(const struct guest_path *p)
{
    unsigned int i = 0;

    do {
        if (unlikely(!p2m_place_holds(&p->frame[i]))) {
            return false;
        }
    } while (unlikely(++i < p->nr_frames));
    return true;
}

static inline bool tlb_hit(const struct guest_tlb *t,
                           const struct guest_tlb_entry *e, gva_t page,
                           bool is_write)
{
    const struct guest_path *const p = &e->path;

    if (e->epoch != t->epoch || e->gva != (page | 1) ||
        (is_write && !e->is_writable)) {
        return false;
    }
    return READ_ONCE(*p->slot[0]) == p->value[0] &&
           READ_ONCE(*p->slot[1]) == p->value[1] &&
           READ_ONCE(*p->slot[2]) == p->value[2] &&
           READ_ONCE(*p->slot[3]) == p->value[3];
}

/*
 * A reference to the page, if it is still the one on the path.  The p2m is
 * looked at behind the reference: if the page has gone since, it shows.
 */
static inline bool tlb_get(const struct guest_tlb_entry *e)
{
    if (unlikely(!page_get_any(e->page))) {
        return false;
    }
    if (unlikely(!frames_hold(&e->path))) {
        page_put(e->page);
        return false;
    }
    return true;
}

/* The page behind @gva with a reference, by a walk; NULL: a fault. */
static __noinline struct page *page_by_walk(struct vcpu *v, gva_t gva,
                                            bool is_write, uint64_t epoch,
                                            struct guest_tlb_entry *e)
{
    struct p2m_place place;
    enum p2m_type type;
    struct page *pg;
    uint32_t pfec;
    gpa_t gpa;

    e->gva = 0;
    if (guest_walk_path(v, gva, is_write ? PFEC_WRITE : 0, &gpa, &pfec,
                        &e->path) != 0) {
        return NULL;
    }
    pg = p2m_get_page(v->domain, gpa_to_gfn(gpa), is_write, &type);
    if (!pg || !e->path.is_complete) {
        return pg;
    }
    /* Looked up again with the reference held: the same page, or not kept. */
    if (mfn_eq(p2m_lookup_place(v->domain, gpa_to_gfn(gpa), &place).mfn,
               page_mfn(pg))) {
        guest_path_frame(&e->path, &place);
    } else {
        e->path.is_complete = false;
    }
    if (e->path.is_complete) {
        e->page = pg;
        e->va = page_va(pg);
        e->is_writable = is_write;
        e->epoch = epoch;
        e->gva = (gva & PAGE_MASK) | 1;
    }
    return pg;
}

/* The same, mostly without; *@at: where @gva is in the direct map. */
static __always_inline struct page *
page_of_linear(struct vcpu *v, gva_t gva, bool is_write, uint8_t **at)
{
    /* First: nothing has to be kept over the call then. */
    vcpu_state_pull_cr(v);

    struct guest_tlb *const t = &v->arch->tlb;
    struct guest_tlb_entry *const e =
        &t->entry[(gva >> PAGE_SHIFT) % GUEST_TLB_SIZE];
    struct page *pg;

    tlb_revive(t, &v->arch->s);
    if (likely(tlb_hit(t, e, gva & PAGE_MASK, is_write)) &&
        likely(tlb_get(e))) {
        *at = e->va + page_offset(gva);
        return e->page;
    }
    pg = page_by_walk(v, gva, is_write, t->epoch, e);
    if (pg) {
        *at = (uint8_t *)page_va(pg) + page_offset(gva);
    }
    return pg;
}

static int copy_linear(struct vcpu *v, gva_t gva, void *ours, size_t bytes,
                       enum copy_kind kind)
{
    while (bytes) {
        const size_t part = min(bytes, (size_t)(PAGE_SIZE -
                                                page_offset(gva)));
        uint8_t *at;
        struct page *const pg =
            page_of_linear(v, gva, kind != COPY_FROM, &at);

        if (unlikely(!pg)) {
            return -EFAULT;
        }
        move(at, ours, part, kind);
        page_put(pg);
        gva += part;
        ours = (uint8_t *)ours + part;
        bytes -= part;
    }
    return 0;
}

/* Most copies are small structures in one page; false for none, too. */
static inline bool is_in_page(gva_t gva, size_t bytes)
{
    return bytes - 1 < PAGE_SIZE - page_offset(gva);
}

int guest_copy_from(void *dst, gva_t src, size_t bytes)
{
    struct vcpu *const v = this_cpu()->current;
    struct page *pg;
    uint8_t *at;

    if (unlikely(!is_in_page(src, bytes))) {
        return copy_linear(v, src, dst, bytes, COPY_FROM);
    }
    pg = page_of_linear(v, src, false, &at);
    if (unlikely(!pg)) {
        return -EFAULT;
    }
    if (bytes == sizeof(uint32_t)) {
        *(uint32_t *)dst = READ_ONCE(*(const uint32_t *)at);
    } else {
        memcpy(dst, at, bytes);
    }
    barrier();
    page_put(pg);
    return 0;
}

int guest_copy_to(gva_t dst, const void *src, size_t bytes)
{
    struct vcpu *const v = this_cpu()->current;
    struct page *pg;
    uint8_t *at;

    if (likely(is_in_page(dst, bytes))) {
        pg = page_of_linear(v, dst, true, &at);
        if (unlikely(!pg)) {
            return -EFAULT;
        }
        memcpy(at, src, bytes);
        barrier();
        page_put(pg);
        return 0;
    }
    /* COPY_TO only reads @src. */
    return copy_linear(v, dst, (void *)(uintptr_t)src, bytes, COPY_TO);
}

int guest_clear(gva_t dst, size_t bytes)
{
    return copy_linear(this_cpu()->current, dst, NULL, bytes, COPY_CLEAR);
}

int guest_copy_to_vcpu(struct vcpu *v, gva_t dst, const void *src,
                       size_t bytes)
{
    return copy_linear(v, dst, (void *)(uintptr_t)src, bytes, COPY_TO);
}

struct page *guest_pin(gva_t gva, size_t bytes, unsigned int *offset)
{
    struct vcpu *const v = this_cpu()->current;
    enum p2m_type type;
    struct page *pg;
    uint32_t pfec;
    gpa_t gpa;

    if (page_offset(gva) + bytes > PAGE_SIZE ||
        guest_walk(v, gva, PFEC_WRITE, &gpa, &pfec)) {
        return NULL;
    }
    pg = p2m_get_page(v->domain, gpa_to_gfn(gpa), true, &type);
    if (pg && type != P2M_RAM_RW) {
        page_put(pg);
        return NULL;
    }
    *offset = (unsigned int)page_offset(gpa);
    return pg;
}

static int copy_phys(struct domain *d, gpa_t gpa, void *ours, size_t bytes,
                     enum copy_kind kind)
{
    while (bytes) {
        const size_t part = min(bytes, (size_t)(PAGE_SIZE -
                                                page_offset(gpa)));

        if (copy_gpa(d, gpa, ours, part, kind)) {
            return -EFAULT;
        }
        gpa += part;
        ours = (uint8_t *)ours + part;
        bytes -= part;
    }
    return 0;
}

int guest_phys_read(struct domain *d, void *dst, gpa_t src, size_t bytes)
{
    return copy_phys(d, src, dst, bytes, COPY_FROM);
}

int guest_phys_write(struct domain *d, gpa_t dst, const void *src,
                     size_t bytes)
{
    return copy_phys(d, dst, (void *)(uintptr_t)src, bytes, COPY_TO);
}
