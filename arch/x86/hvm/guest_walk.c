/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's page tables: none, 32-bit, PAE, 4-level and 5-level.  SDM
 * volume 3, "Paging".
 *
 * Table entries are read once, without a reference to their page: if the
 * guest gives the page away meanwhile, the walk ends in some other frame of
 * the same guest, which is its own affair.  Bits are only set in a page that
 * is held.
 */
#include <arch/x86/hvm/guest_walk.h>
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/hw/cr_bits.h>
#include <core/lib/errno.h>
#include <core/mm/page.h>
#include <core/sync/atomic.h>

#define PTE_P BIT(0)
#define PTE_W BIT(1)
#define PTE_U BIT(2)
#define PTE_A BIT(5)
#define PTE_D BIT(6)
#define PTE_PS BIT(7)
#define PTE_NX BIT(63)
#define PTE_ADDR GENMASK64(51, 12)

/* The shape of a paging mode; rows of the table below. */
struct paging_mode {
    uint8_t levels;
    uint8_t index_bits;
    uint8_t entry_bytes;
    uint8_t large_levels; /* Bit n: a leaf may stand at level n (0 lowest)   */
};

enum paging { PAGING_32, PAGING_PAE, PAGING_4L, PAGING_5L };

static const struct paging_mode modes[] = {
    [PAGING_32] = { 2, 10, 4, 0x2 },
    [PAGING_PAE] = { 3, 9, 8, 0x2 },
    [PAGING_4L] = { 4, 9, 8, 0x6 },
    [PAGING_5L] = { 5, 9, 8, 0x6 },
};

static enum paging paging_of(const struct vcpu_state *s)
{
    if (!(s->cr4 & CR4_PAE)) {
        return PAGING_32;
    }
    if (!(s->efer & EFER_LMA)) {
        return PAGING_PAE;
    }
    return s->cr4 & CR4_LA57 ? PAGING_5L : PAGING_4L;
}

void guest_path_frame(struct guest_path *path, const struct p2m_place *place)
{
    /* Tables often lie in one large page. */
    for (unsigned int i = 0; i < path->nr_frames; i++) {
        if (path->frame[i].slot == place->slot) {
            path->is_complete &= path->frame[i].raw == place->raw;
            return;
        }
    }
    if (path->nr_frames == ARRAY_SIZE(path->frame)) {
        path->is_complete = false;
        return;
    }
    path->frame[path->nr_frames++] = *place;
}

/* Where the entry at guest physical @gpa can be read, or NULL. */
static void *table_va(struct vcpu *v, gpa_t gpa, struct guest_path *path)
{
    struct p2m_place place;
    const struct p2m_entry e =
        p2m_lookup_place(v->domain, gpa_to_gfn(gpa), &place);

    if (!p2m_type_is_ram(e.type) || !page_is_ram(e.mfn)) {
        return NULL;
    }
    guest_path_frame(path, &place);
    return (uint8_t *)mfn_va(e.mfn) + page_offset(gpa);
}

static uint64_t entry_read(const void *va, unsigned int bytes)
{
    return bytes == 4 ? READ_ONCE(*(const uint32_t *)va)
                      : READ_ONCE(*(const uint64_t *)va);
}

/* Set @bits in the entry that still has the value @seen. */
static void entry_set_bits(struct vcpu *v, gpa_t gpa, uint64_t seen,
                           uint64_t bits, unsigned int bytes)
{
    struct page *const pg = p2m_get_page(v->domain, gpa_to_gfn(gpa), true,
                                         NULL);

    if (!pg) {
        return;
    }
    uint8_t *const va = (uint8_t *)page_va(pg) + page_offset(gpa);

    if (bytes == 4) {
        uint32_t old = (uint32_t)seen;

        (void)atomic_cmpxchg((uint32_t *)va, &old, (uint32_t)(seen | bits));
    } else {
        (void)atomic_cmpxchg((uint64_t *)va, &seen, seen | bits);
    }
    page_put(pg);
}

static bool is_canonical(uint64_t gva, const struct paging_mode *m)
{
    const unsigned int shift = 64 - (m->levels * 9 + PAGE_SHIFT);

    return m->levels < 4 ||
           (uint64_t)((int64_t)(gva << shift) >> shift) == gva;
}

/* Do the rights gathered on the way allow @access. */
static bool rights_ok(const struct vcpu_state *s, uint64_t rights,
                      uint64_t nx, uint32_t access)
{
    if ((access & PFEC_USER) && !(rights & PTE_U)) {
        return false;
    }
    if ((access & PFEC_WRITE) && !(rights & PTE_W) &&
        ((access & PFEC_USER) || (s->cr0 & CR0_WP))) {
        return false;
    }
    if (access & PFEC_FETCH) {
        if ((nx & PTE_NX) && (s->efer & EFER_NXE)) {
            return false;
        }
        if (!(access & PFEC_USER) && (rights & PTE_U) &&
            (s->cr4 & CR4_SMEP)) {
            return false;
        }
    }
    return true;
}

static gpa_t leaf_gpa(uint64_t entry, gva_t gva, unsigned int shift,
                      const struct paging_mode *m)
{
    const uint64_t offset = (UINT64_C(1) << shift) - 1;
    gpa_t base = entry & PTE_ADDR & ~offset;

    /* PSE-36: bits 39:32 of a 4 MiB page stand in bits 20:13. */
    if (m->entry_bytes == 4) {
        base = entry & GENMASK64(31, 12) & ~offset;
        if (shift > PAGE_SHIFT) {
            base |= field_get(GENMASK64(20, 13), entry) << 32;
        }
    }
    return base | (gva & offset);
}

static gpa_t root_of(const struct vcpu_state *s, enum paging paging)
{
    if (paging == PAGING_PAE) {
        return s->cr3 & GENMASK64(31, 5);
    }
    return s->cr3 & (paging == PAGING_32 ? GENMASK64(31, 12) : PTE_ADDR);
}

/* Level @level of a walk went by the entry at @va, @value afterwards. */
static inline void path_note(struct guest_path *path, unsigned int level,
                             unsigned int bytes, const void *va,
                             uint64_t value)
{
    if (unlikely(level >= GUEST_PATH_LEVELS || bytes != sizeof(uint64_t))) {
        path->is_complete = false;
        return;
    }
    path->slot[level] = va;
    path->value[level] = value;
}

/* The leaf was at @level. */
static inline void path_end(struct guest_path *path, unsigned int level)
{
    while (path->is_complete && level-- > 0) {
        path->slot[level] = path->slot[level + 1];
        path->value[level] = path->value[level + 1];
    }
}

/* The four PAE directory pointers have no rights, and are no leaves. */
static inline bool is_pdpte(enum paging paging, unsigned int level)
{
    return paging == PAGING_PAE && level == 2;
}

static bool is_leaf_at(const struct vcpu_state *s, enum paging paging,
                       unsigned int level, uint64_t entry)
{
    const struct paging_mode *const m = &modes[paging];

    if (level == 0) {
        return true;
    }
    return (entry & PTE_PS) && (m->large_levels >> level & 1) &&
           !is_pdpte(paging, level) &&
           (m->entry_bytes == 8 || (s->cr4 & CR4_PSE));
}

/* Bits that the hardware would set in an entry on its way. */
static uint64_t bits_to_set(bool is_leaf, uint32_t access)
{
    return PTE_A | (is_leaf && (access & PFEC_WRITE) ? PTE_D : 0);
}

static int walk(struct vcpu *v, gva_t gva, uint32_t access, gpa_t *gpa,
                uint32_t *pfec, struct guest_path *path)
{
    const struct vcpu_state *const s = &v->arch->s;
    const enum paging paging = paging_of(s);
    const struct paging_mode *const m = &modes[paging];
    uint64_t rights = PTE_W | PTE_U;
    uint64_t nx = 0;
    gpa_t table = root_of(s, paging);

    *pfec = access & ~PFEC_PRESENT;
    if (!(s->efer & EFER_NXE) && !(s->cr4 & CR4_SMEP)) {
        *pfec &= ~PFEC_FETCH;
    }
    for (unsigned int level = m->levels; level-- > 0;) {
        const unsigned int shift = PAGE_SHIFT + level * m->index_bits;
        const uint64_t index =
            (gva >> shift) & ((UINT64_C(1) << m->index_bits) - 1);
        const gpa_t at = table + index * m->entry_bytes;
        const void *const va = table_va(v, at, path);
        uint64_t entry;

        if (!va) {
            return -EFAULT;
        }
        entry = entry_read(va, m->entry_bytes);
        if (!(entry & PTE_P)) {
            return -EFAULT;
        }
        const bool is_leaf = is_leaf_at(s, paging, level, entry);
        uint64_t want = 0;

        if (!is_pdpte(paging, level)) {
            rights &= entry;
            nx |= entry;
            want = bits_to_set(is_leaf, access);
        }
        if (is_leaf && !rights_ok(s, rights, nx, access)) {
            *pfec |= PFEC_PRESENT;
            return -EFAULT;
        }
        if (unlikely((entry & want) != want)) {
            entry_set_bits(v, at, entry, want, m->entry_bytes);
        }
        path_note(path, level, m->entry_bytes, va, entry | want);
        if (is_leaf) {
            path_end(path, level);
            *gpa = leaf_gpa(entry, gva, shift, m);
            return 0;
        }
        table = entry & (m->entry_bytes == 4 ? GENMASK64(31, 12) : PTE_ADDR);
    }
    return -EFAULT;
}

int guest_walk_path(struct vcpu *v, gva_t gva, uint32_t access, gpa_t *gpa,
                    uint32_t *pfec, struct guest_path *path)
{
    const struct vcpu_state *const s = &v->arch->s;

    vcpu_state_pull(v, HVM_CR);
    path->nr_frames = 0;
    path->is_complete = false;
    if (!(s->cr0 & CR0_PG)) {
        *gpa = (uint32_t)gva;
        return 0;
    }
    if (!is_canonical(gva, &modes[paging_of(s)])) {
        *pfec = 0;
        return -EFAULT;
    }
    path->is_complete = paging_of(s) == PAGING_4L;
    return walk(v, gva, access, gpa, pfec, path);
}

int guest_walk(struct vcpu *v, gva_t gva, uint32_t access, gpa_t *gpa,
               uint32_t *pfec)
{
    struct guest_path path;

    return guest_walk_path(v, gva, access, gpa, pfec, &path);
}
