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

/*
 * The same for the running vCPU, through its cache.  The reference counts if
 * the generation is still the one of the entry: the page's former place has
 * then not been taken away before the reference was there.
 */
static int copy_current(struct vcpu *v, gpa_t gpa, void *ours, size_t bytes,
                        enum copy_kind kind)
{
    const struct p2m *const p2m = p2m_of(v->domain);
    const struct p2m_cache_entry *const e =
        p2m_cache_find(&v->arch->p2m_cache, p2m, v->domain, gpa_to_gfn(gpa));
    struct page *pg;
    uint8_t *va;

    if (unlikely(!e || (kind != COPY_FROM && !e->is_writable))) {
        return -EFAULT;
    }
    va = e->va + (gpa - (e->first << PAGE_SHIFT));
    pg = va_page(va);
    if (unlikely(!page_get(pg, pg->owner))) {
        return copy_gpa(v->domain, gpa, ours, bytes, kind);
    }
    if (unlikely(p2m_generation(p2m) != e->generation)) {
        page_put(pg);
        return copy_gpa(v->domain, gpa, ours, bytes, kind);
    }
    move(va, ours, bytes, kind);
    page_put(pg);
    return 0;
}

static int copy_linear(struct vcpu *v, gva_t gva, void *ours, size_t bytes,
                       enum copy_kind kind)
{
    const uint32_t access = kind == COPY_FROM ? 0 : PFEC_WRITE;

    while (bytes) {
        const size_t part = min(bytes, (size_t)(PAGE_SIZE -
                                                page_offset(gva)));
        uint32_t pfec;
        gpa_t gpa;

        if (unlikely(guest_walk(v, gva, access, &gpa, &pfec)) ||
            unlikely(copy_current(v, gpa, ours, part, kind))) {
            return -EFAULT;
        }
        gva += part;
        ours = (uint8_t *)ours + part;
        bytes -= part;
    }
    return 0;
}

int guest_copy_from(void *dst, gva_t src, size_t bytes)
{
    return copy_linear(this_cpu()->current, src, dst, bytes, COPY_FROM);
}

int guest_copy_to(gva_t dst, const void *src, size_t bytes)
{
    /* COPY_TO only reads @src. */
    return copy_linear(this_cpu()->current, dst, (void *)(uintptr_t)src,
                       bytes, COPY_TO);
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
