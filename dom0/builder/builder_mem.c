/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's memory: populating it, and copying into it by its grant table.
 * Chapter: memory.h and grant_table.h of the public headers.
 */
#include <dom0/builder/builder_priv.h>
#include <dom0/rt/grant.h>
#include <dom0/rt/rt.h>

#define BATCH 64u
#define LARGE_BYTES (PAGE_SIZE << ORDER_2M)

/* count extents from gpa on; how many there are now. */
static long builder_populate_batch(domid_t domid, uint64_t gpa,
                                   unsigned int order, unsigned int count)
{
    xen_pfn_t gfn[BATCH];
    struct xen_memory_reservation r = {
        .nr_extents = count,
        .extent_order = order,
        .domid = domid,
    };

    for (unsigned int i = 0; i < count; i++) {
        gfn[i] = (gpa >> PAGE_SHIFT) + ((uint64_t)i << order);
    }
    set_xen_guest_handle(r.extent_start, gfn);
    return hypercall_memory(XENMEM_populate_physmap, &r);
}

int builder_populate(domid_t domid, uint64_t start, uint64_t end)
{
    bool has_large = true;

    while (start < end) {
        const bool is_large = has_large && is_aligned(start, LARGE_BYTES) &&
                              end - start >= LARGE_BYTES;
        const unsigned int order = is_large ? ORDER_2M : ORDER_4K;
        const uint64_t bytes = PAGE_SIZE << order;
        /* Small ones only up to where large ones can go on. */
        const uint64_t stop = is_large || !has_large
            ? end : min(end, round_up(start + 1, LARGE_BYTES));
        const uint64_t count = min_t(uint64_t, BATCH, (stop - start) / bytes);
        const long done = builder_populate_batch(domid, start, order,
                                                 (unsigned int)count);

        if (done > 0) {
            start += (uint64_t)done * bytes;
        } else if (is_large) {
            has_large = false;
        } else {
            return -ENOMEM;
        }
    }
    return 0;
}

/* --- copying --- */

/*
 * The guest does not run yet: entries of its grant table, behind those that
 * are reserved, are written for it, and the pages copied by reference.
 * Nothing is mapped, so that no translation has to be flushed for it.
 */
#define FIRST_REF GNTTAB_NR_RESERVED_ENTRIES

static struct grant_entry_v1 *builder_table;

int builder_grants_open(struct builder *b)
{
    struct xen_mem_acquire_resource r = {
        .domid = b->d->domid,
        .type = XENMEM_resource_grant_table,
        .id = XENMEM_resource_grant_table_id_shared,
        .nr_frames = 1,
    };
    xen_pfn_t gfn = (uint64_t)builder_table >> PAGE_SHIFT;

    set_xen_guest_handle(r.frame_list, &gfn);
    return (int)hypercall_memory(XENMEM_acquire_resource, &r);
}

void builder_grants_close(void)
{
    struct xen_remove_from_physmap r = {
        .domid = DOMID_SELF,
        .gpfn = (uint64_t)builder_table >> PAGE_SHIFT,
    };

    hypercall_memory(XENMEM_remove_from_physmap, &r);
}

/* The same place in each life: the one before may have left it mapped. */
void builder_init(void)
{
    builder_table = mem_window_get();
    builder_grants_close();
}

void builder_grant(grant_ref_t ref, uint64_t gfn)
{
    builder_table[ref].domid = 0;
    builder_table[ref].frame = (uint32_t)gfn;
    builder_table[ref].flags = gfn != 0 ? GTF_permit_access : 0;
}

/* As much of it as one hypercall takes; how many bytes, or an error. */
static long builder_copy_batch(domid_t domid, uint64_t gpa, const char *from,
                               size_t size)
{
    static struct grant_batch b;
    grant_ref_t ref = FIRST_REF;
    size_t done = 0;

    b.domid = domid;
    b.is_to = true;
    b.count = 0;
    /* Of a page there may be two parts. */
    while (done < size && b.count + 2 <= GRANT_COPY_MAX) {
        const uint64_t to = gpa + done;
        const size_t part = min(size - done, PAGE_SIZE - page_offset(to));

        builder_grant(ref, to >> PAGE_SHIFT);
        grant_batch_add(&b, ref++, (unsigned int)page_offset(to),
                        from + done, part);
        done += part;
    }
    return grant_copy(b.op, b.count) ? (long)done : -EINVAL;
}

int builder_copy(domid_t domid, uint64_t gpa, const void *from, size_t size)
{
    const char *p = from;
    long done = 0;

    while (size != 0 && done >= 0) {
        done = builder_copy_batch(domid, gpa, p, size);
        if (done > 0) {
            gpa += (uint64_t)done;
            size -= (size_t)done;
            p += done;
        }
    }
    for (unsigned int i = 0; i < GRANT_COPY_MAX; i++) {
        builder_grant(FIRST_REF + i, 0);
    }
    return done < 0 ? (int)done : 0;
}
