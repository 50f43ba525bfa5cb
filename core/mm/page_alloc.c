/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page allocator.
 *
 * Design: a binary buddy system per NUMA node; the free lists are linked by
 * frame numbers through struct page.  A free block is marked in its first page
 * (PAGE_F_FREE and its order) and nowhere else; its other pages only have
 * owner DOMID_INVALID.  There are no zones; who needs low memory says so
 * (PAGE_BELOW_4G), which walks the lists.
 *
 * Locking: PAGE_ALLOC of the node around its lists, and around the fields of
 * its free pages.  Pages are cleared without it.
 *
 * Limits: no defragmentation; a PAGE_BELOW_4G request may walk long lists.
 */
#include <core/abi/xen.h>
#include <core/kernel/bug.h>
#include <core/lib/bits.h>
#include <core/lib/util.h>
#include <core/mm/page_alloc.h>
#include <core/mm/page_priv.h>
#include <core/sync/atomic.h>
#include <core/sync/spinlock.h>
#include <core/trace/counter.h>

#define MFN_4G (UINT64_C(1) << (32 - PAGE_SHIFT))

struct page_node {
    struct spinlock lock;
    uint32_t free_mask;                 /* Orders whose list is not empty   */
    uint32_t list[PAGE_MAX_ORDER + 1];  /* First frame of the first block   */
    unsigned long free;                 /* Frames                           */
    unsigned long total;                /* Frames ever added                */
};

static struct page_node nodes[PAGE_MAX_NODES] = {
    [0 ... PAGE_MAX_NODES - 1] = { .lock = SPINLOCK_INIT(PAGE_ALLOC) },
};
static unsigned int node_count = 1;

unsigned long page_count;

static inline unsigned long mfn_of(const struct page *pg)
{
    return (unsigned long)(pg - page_table);
}

static void list_insert_block(struct page_node *n, struct page *pg,
                              unsigned int order)
{
    const uint32_t mfn = (uint32_t)mfn_of(pg);

    pg->flags |= PAGE_F_FREE;
    pg->order = (uint8_t)order;
    pg->owner = DOMID_INVALID;
    pg->count = 0;
    pg->prev = PAGE_NIL;
    pg->next = n->list[order];
    if (pg->next != PAGE_NIL) {
        page_table[pg->next].prev = mfn;
    }
    n->list[order] = mfn;
    n->free_mask |= 1u << order;
}

static void list_remove_block(struct page_node *n, struct page *pg)
{
    const unsigned int order = pg->order;

    pg->flags &= (uint8_t)~PAGE_F_FREE;
    if (pg->prev != PAGE_NIL) {
        page_table[pg->prev].next = pg->next;
    } else {
        n->list[order] = pg->next;
        if (pg->next == PAGE_NIL) {
            n->free_mask &= ~(1u << order);
        }
    }
    if (pg->next != PAGE_NIL) {
        page_table[pg->next].prev = pg->prev;
    }
}

/* The buddy of a block, if it is a free block of the same order and node. */
static struct page *find_buddy(const struct page *pg, unsigned int order)
{
    const unsigned long mfn = mfn_of(pg) ^ (1ul << order);
    struct page *const buddy = &page_table[mfn];

    if (!page_is_ram(MFN(mfn)) || !(buddy->flags & PAGE_F_FREE) ||
        buddy->order != order || page_node(buddy) != page_node(pg)) {
        return NULL;
    }
    return buddy;
}

static void free_block_locked(struct page_node *n, struct page *pg,
                              unsigned int order)
{
    n->free += 1ul << order;
    while (order < PAGE_MAX_ORDER) {
        struct page *const buddy = find_buddy(pg, order);

        if (!buddy) {
            break;
        }
        list_remove_block(n, buddy);
        pg = min(pg, buddy);
        order++;
    }
    list_insert_block(n, pg, order);
}

/* Cut a block that is on no list down to @order; the rest becomes free. */
static void split_block_locked(struct page_node *n, struct page *pg,
                               unsigned int from, unsigned int order)
{
    while (from > order) {
        from--;
        list_insert_block(n, pg + (1ul << from), from);
    }
}

/* The first block of @order or more that lies wholly below 4 GiB. */
static struct page *find_low_locked(struct page_node *n, unsigned int order)
{
    for (unsigned int o = order; o <= PAGE_MAX_ORDER; o++) {
        for (uint32_t mfn = n->list[o]; mfn != PAGE_NIL;
             mfn = page_table[mfn].next) {
            if (mfn + (UINT64_C(1) << order) <= MFN_4G) {
                return &page_table[mfn];
            }
        }
    }
    return NULL;
}

static struct page *find_locked(struct page_node *n, unsigned int order,
                                unsigned int flags)
{
    const uint32_t usable = n->free_mask & ~((1u << order) - 1);

    if (usable == 0) {
        return NULL;
    }
    if (flags & PAGE_BELOW_4G) {
        return find_low_locked(n, order);
    }
    return &page_table[n->list[bit_lowest(usable)]];
}

static struct page *alloc_from(struct page_node *n, unsigned int order,
                               unsigned int flags)
{
    struct page *pg;

    spin_lock(&n->lock);
    pg = find_locked(n, order, flags);
    if (pg) {
        list_remove_block(n, pg);
        split_block_locked(n, pg, pg->order, order);
        n->free -= 1ul << order;
    }
    spin_unlock(&n->lock);
    return pg;
}

struct page *page_alloc(unsigned int order, uint16_t owner,
                        unsigned int flags, unsigned int node)
{
    struct page *pg = NULL;

    ASSERT(owner != DOMID_INVALID);
    if (order > PAGE_MAX_ORDER) {
        return NULL;
    }
    if (node >= node_count) {
        node = this_cpu()->node;
    }
    pg = alloc_from(&nodes[node], order, flags);
    for (unsigned int i = 0;
         !pg && i < node_count && !(flags & PAGE_EXACT_NODE); i++) {
        pg = alloc_from(&nodes[i], order, flags);
    }
    if (!pg) {
        return NULL;
    }
    counter_inc(PAGE_ALLOC);
    if (flags & PAGE_ZERO) {
        arch_mm_clear_pages(page_va(pg), 1ul << order);
    }
    for (unsigned long i = 0; i < 1ul << order; i++) {
        pg[i].next = PAGE_NIL;
        pg[i].prev = PAGE_NIL;
        pg[i].owner = owner;
        /* Release: page_get() must not see it before the owner. */
        __atomic_store_n(&pg[i].count, 1, __ATOMIC_RELEASE);
    }
    return pg;
}

/* Take a block out of use; all its counts are zero. */
static void release_block(struct page *pg, unsigned int order)
{
    struct page_node *const n = &nodes[page_node(pg)];

    counter_inc(PAGE_FREE);
    for (unsigned long i = 0; i < 1ul << order; i++) {
        pg[i].owner = DOMID_INVALID;
        pg[i].flags &= (uint8_t)~PAGE_F_SLAB;
    }
    spin_lock(&n->lock);
    free_block_locked(n, pg, order);
    spin_unlock(&n->lock);
}

/*
 * A page_get() that is about to find out that the page is not its domain's
 * may hold a reference for a moment: then its page_put() frees that page, and
 * the block is freed in pieces.
 */
static void free_singly(struct page *pg, unsigned long zero, unsigned long nr)
{
    for (unsigned long i = 0; i < nr; i++) {
        if (i < zero || (i > zero && atomic_dec(&pg[i].count) == 0)) {
            release_block(&pg[i], 0);
        }
    }
}

void page_free(struct page *pg, unsigned int order)
{
    const unsigned long nr = 1ul << order;

    BUG_ON(!is_aligned(mfn_of(pg), nr));
    for (unsigned long i = 0; i < nr; i++) {
        BUG_ON(pg[i].owner == DOMID_INVALID || pg[i].count == 0);
        if (unlikely(atomic_dec(&pg[i].count) != 0)) {
            free_singly(pg, i, nr);
            return;
        }
    }
    release_block(pg, order);
}

void page_free_last(struct page *pg)
{
    release_block(pg, 0);
}

void *xpage_alloc(unsigned int order)
{
    struct page *const pg = page_alloc(order, DOMID_XEN, 0, PAGE_ANY_NODE);

    return pg ? page_va(pg) : NULL;
}

void xpage_free(void *va, unsigned int order)
{
    if (va) {
        page_free(va_page(va), order);
    }
}

unsigned long page_free_count(unsigned int node)
{
    unsigned long sum = 0;

    for (unsigned int i = 0; i < node_count; i++) {
        if (node == PAGE_ANY_NODE || node == i) {
            sum += READ_ONCE(nodes[i].free);
        }
    }
    return sum;
}

unsigned long page_total_count(unsigned int node)
{
    unsigned long sum = 0;

    for (unsigned int i = 0; i < node_count; i++) {
        if (node == PAGE_ANY_NODE || node == i) {
            sum += nodes[i].total;
        }
    }
    return sum;
}

unsigned int page_node_count(void)
{
    return node_count;
}

unsigned long page_free_blocks(unsigned int node, unsigned int order)
{
    struct page_node *const n = &nodes[node];
    unsigned long blocks = 0;

    spin_lock(&n->lock);
    for (uint32_t mfn = n->list[order]; mfn != PAGE_NIL;
         mfn = page_table[mfn].next) {
        blocks++;
    }
    spin_unlock(&n->lock);
    return blocks;
}

/* The largest block that starts at @mfn and ends by @end. */
static unsigned int largest_order(unsigned long mfn, unsigned long end)
{
    const unsigned int fit = min(bit_highest(end - mfn), PAGE_MAX_ORDER);

    return min(fit, bit_lowest(mfn));
}

void page_alloc_add(mfn_t start, mfn_t end, unsigned int node)
{
    struct page_node *const n = &nodes[node];
    unsigned long mfn = mfn_x(start) ? mfn_x(start) : 1;

    BUG_ON(node >= PAGE_MAX_NODES || mfn_x(end) > page_count);
    node_count = max(node_count, node + 1);
    spin_lock(&n->lock);
    while (mfn < mfn_x(end)) {
        const unsigned int order = largest_order(mfn, mfn_x(end));

        for (unsigned long i = 0; i < 1ul << order; i++) {
            page_table[mfn + i] = (struct page){
                .owner = DOMID_INVALID,
                .flags = (uint8_t)(PAGE_F_RAM | node << PAGE_NODE_SHIFT),
            };
        }
        n->total += 1ul << order;
        free_block_locked(n, &page_table[mfn], order);
        mfn += 1ul << order;
    }
    spin_unlock(&n->lock);
}

/* The free block that holds @mfn, or NULL. */
static struct page *find_block_of(unsigned long mfn)
{
    for (unsigned int o = 0; o <= PAGE_MAX_ORDER; o++) {
        struct page *const head = &page_table[mfn & ~((1ul << o) - 1)];

        if (!page_is_ram(page_mfn(head))) {
            continue;
        }
        if (head->flags & PAGE_F_FREE) {
            return head->order >= o ? head : NULL;
        }
    }
    return NULL;
}

/* Is every frame free. */
static bool range_is_free(unsigned long mfn, unsigned long end)
{
    while (mfn < end) {
        struct page *const head = find_block_of(mfn);

        if (!head) {
            return false;
        }
        mfn = mfn_of(head) + (1ul << head->order);
    }
    return true;
}

/* Cut [@mfn, @end) out of the free block @head, which overlaps it. */
static void carve(struct page *head, unsigned long mfn, unsigned long end)
{
    struct page_node *const n = &nodes[page_node(head)];
    unsigned long at = mfn_of(head);
    const unsigned long stop = at + (1ul << head->order);

    spin_lock(&n->lock);
    list_remove_block(n, head);
    while (at < stop) {
        const bool inside = at >= mfn && at < end;
        const unsigned long edge = at < mfn ? mfn : inside ? end : stop;
        const unsigned int order = largest_order(at, edge < stop ? edge
                                                                 : stop);

        if (inside) {
            n->free -= 1ul << order;
        } else {
            list_insert_block(n, &page_table[at], order);
        }
        at += 1ul << order;
    }
    spin_unlock(&n->lock);
}

bool page_alloc_exact(mfn_t start, unsigned long nr, uint16_t owner)
{
    const unsigned long end = mfn_x(start) + nr;
    unsigned long mfn = mfn_x(start);

    /* Boot only: nobody allocates between the check and the taking. */
    if (mfn == 0 || end > page_count || !range_is_free(mfn, end)) {
        return false;
    }
    while (mfn < end) {
        struct page *const head = find_block_of(mfn);
        const unsigned long stop = mfn_of(head) + (1ul << head->order);

        carve(head, mfn, end);
        for (; mfn < min(stop, end); mfn++) {
            struct page *const pg = &page_table[mfn];

            pg->next = PAGE_NIL;
            pg->prev = PAGE_NIL;
            pg->owner = owner;
            pg->count = 1;
        }
    }
    return true;
}
