/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small objects.
 *
 * Design: a slab is one page cut into objects of one class.  Its state is in
 * its struct page, so a page holds nothing but objects: used and first free
 * object in slab.used and slab.free, the class in @order, and the links of
 * the class's list of slabs with a free object in next and prev.  Free objects
 * are linked by index in their first two bytes; the index has its top bit set,
 * so that the two fields never look like a reference count that page_get()
 * may raise.  An empty slab goes back to the page allocator at once.
 *
 * Objects of more than half a page are whole pages, cut down to the number
 * needed; that number is in the first page's @next.
 *
 * Locking: SLAB around slabs and lists.
 */
#include <core/abi/xen.h>
#include <core/console/printk.h>
#include <core/kernel/bug.h>
#include <core/lib/bits.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <core/mm/page_alloc.h>
#include <core/mm/slab.h>
#include <core/sync/spinlock.h>

#define SLAB_NO_OBJECT 0xffffu
#define SLAB_INDEX 0x8000u /* On every index that is stored */
#define SLAB_MAX_SIZE 2048u
/* Freed memory in debug builds, to be noticed when it is used. */
#define SLAB_POISON 0xdb

static const uint16_t class_size[] = {
    16, 32, 48, 64, 80, 96, 128, 160, 192, 256, 336, 448, 576, 672, 816,
    1024, 1360, 2048,
};

#define CLASSES ARRAY_SIZE(class_size)

struct slab_class {
    uint32_t partial;     /* Frame of the first slab with a free object      */
    unsigned long slabs;
    unsigned long objects;
};

static struct spinlock lock = SPINLOCK_INIT(SLAB);
static struct slab_class classes[CLASSES];
static unsigned long large_pages; /* [lock] */

static unsigned int class_of(size_t bytes)
{
    unsigned int c = 0;

    while (class_size[c] < bytes) {
        c++;
    }
    return c;
}

static void partial_insert(struct slab_class *cl, struct page *pg)
{
    const uint32_t mfn = (uint32_t)mfn_x(page_mfn(pg));

    pg->prev = PAGE_NIL;
    pg->next = cl->partial;
    if (pg->next != PAGE_NIL) {
        page_table[pg->next].prev = mfn;
    }
    cl->partial = mfn;
}

static void partial_remove(struct slab_class *cl, struct page *pg)
{
    if (pg->prev != PAGE_NIL) {
        page_table[pg->prev].next = pg->next;
    } else {
        cl->partial = pg->next;
    }
    if (pg->next != PAGE_NIL) {
        page_table[pg->next].prev = pg->prev;
    }
}

static inline char *object_at(const struct page *pg, unsigned int i)
{
    return (char *)page_va(pg) + i * class_size[pg->order];
}

static void new_slab(struct slab_class *cl, struct page *pg, unsigned int c)
{
    const unsigned int count = PAGE_SIZE / class_size[c];

    pg->flags |= PAGE_F_SLAB;
    pg->order = (uint8_t)c;
    for (unsigned int i = 0; i < count; i++) {
        const uint16_t next =
            (uint16_t)(i + 1 < count ? SLAB_INDEX | (i + 1)
                                     : SLAB_NO_OBJECT);

        memcpy(object_at(pg, i), &next, sizeof(next));
    }
    pg->slab.used = 0;
    pg->slab.free = SLAB_INDEX;
    partial_insert(cl, pg);
    cl->slabs++;
}

static void *take_object(struct slab_class *cl, struct page *pg)
{
    char *const obj = object_at(pg, pg->slab.free & ~SLAB_INDEX);
    uint16_t next;

    memcpy(&next, obj, sizeof(next));
    pg->slab.free = next;
    pg->slab.used++;
    cl->objects++;
    if (next == SLAB_NO_OBJECT) {
        partial_remove(cl, pg);
    }
    return obj;
}

static void *alloc_small(unsigned int c)
{
    struct slab_class *const cl = &classes[c];
    void *obj = NULL;

    spin_lock(&lock);
    if (cl->partial == PAGE_NIL) {
        struct page *const pg = page_alloc(0, DOMID_XEN, 0, PAGE_ANY_NODE);

        if (pg) {
            new_slab(cl, pg, c);
        }
    }
    if (cl->partial != PAGE_NIL) {
        obj = take_object(cl, &page_table[cl->partial]);
    }
    spin_unlock(&lock);
    return obj;
}

static void free_pages(struct page *pg, unsigned long nr)
{
    for (unsigned long i = 0; i < nr; i++) {
        page_free(pg + i, 0);
    }
}

static void *alloc_large(size_t bytes)
{
    const unsigned long nr = bytes_to_pages(bytes);
    const unsigned int order = order_of_pages(nr);
    struct page *const pg = page_alloc(order, DOMID_XEN, 0, PAGE_ANY_NODE);

    if (!pg) {
        return NULL;
    }
    free_pages(pg + nr, (1ul << order) - nr);
    pg->next = (uint32_t)nr;
    spin_lock(&lock);
    large_pages += nr;
    spin_unlock(&lock);
    return page_va(pg);
}

void *xalloc(size_t bytes)
{
    if (bytes == 0 || bytes > PAGE_SIZE << PAGE_MAX_ORDER) {
        return NULL;
    }
    return bytes <= SLAB_MAX_SIZE ? alloc_small(class_of(bytes))
                                  : alloc_large(bytes);
}

void *xzalloc(size_t bytes)
{
    void *const ptr = xalloc(bytes);

    if (ptr) {
        memset(ptr, 0, bytes);
    }
    return ptr;
}

void *xzalloc_array(size_t count, size_t size)
{
    size_t bytes;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL
                                                       : xzalloc(bytes);
}

/* Returns the slab if it is empty now: the caller frees the page. */
static struct page *put_object(struct page *pg, void *ptr)
{
    struct slab_class *const cl = &classes[pg->order];
    const unsigned int size = class_size[pg->order];
    const size_t off = (size_t)page_offset((uintptr_t)ptr);
    const uint16_t next = pg->slab.free;

    BUG_ON(off % size != 0 || pg->slab.used == 0);
    if (IS_ENABLED(DEBUG)) {
        memset(ptr, SLAB_POISON, size);
    }
    memcpy(ptr, &next, sizeof(next));
    pg->slab.free = (uint16_t)(SLAB_INDEX | off / size);
    pg->slab.used--;
    cl->objects--;
    if (next == SLAB_NO_OBJECT) {
        partial_insert(cl, pg);
    }
    if (pg->slab.used != 0) {
        return NULL;
    }
    partial_remove(cl, pg);
    cl->slabs--;
    pg->flags &= (uint8_t)~PAGE_F_SLAB;
    pg->count = 1;
    return pg;
}

void xfree(void *ptr)
{
    struct page *pg;

    if (!ptr) {
        return;
    }
    pg = va_page(ptr);
    if (!(pg->flags & PAGE_F_SLAB)) {
        const unsigned long nr = pg->next;

        BUG_ON(nr == 0 || pg->owner != DOMID_XEN ||
               page_offset((uintptr_t)ptr) != 0);
        spin_lock(&lock);
        large_pages -= nr;
        spin_unlock(&lock);
        free_pages(pg, nr);
        return;
    }
    spin_lock(&lock);
    pg = put_object(pg, ptr);
    spin_unlock(&lock);
    if (pg) {
        page_free(pg, 0);
    }
}

void slab_usage(uint64_t *held, uint64_t *used)
{
    *held = large_pages * PAGE_SIZE;
    *used = *held;
    spin_lock(&lock);
    for (unsigned int c = 0; c < CLASSES; c++) {
        *held += classes[c].slabs * PAGE_SIZE;
        *used += classes[c].objects * class_size[c];
    }
    spin_unlock(&lock);
}

void slab_dump(void)
{
    for (unsigned int c = 0; c < CLASSES; c++) {
        if (classes[c].slabs) {
            printk_raw("  objects of %4u bytes: %5lu in %4lu pages\n",
                       (unsigned int)class_size[c], classes[c].objects,
                       classes[c].slabs);
        }
    }
    printk_raw("  larger objects: %lu pages\n", large_pages);
}
