/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands to a unit, and its invalidation queue.
 *
 * Every submission ends with a wait descriptor, which makes the unit write a
 * number to memory when all before is done; then the queue is empty.  Waits
 * count accesses to registers, each of which takes a tenth of a microsecond or
 * more, so they need no clock.
 *
 * Locking: unit->lock is held from writing the descriptors until they are
 * executed.
 * Manual: VT-d specification, "Queued Invalidation Interface".
 */
#include <core/kernel/bug.h>
#include <core/console/printk.h>
#include <core/lib/errno.h>
#include <core/lib/util.h>
#include <core/mm/page_alloc.h>
#include <core/sync/barrier.h>
#include <drivers/iommu/vtd/vtd_priv.h>

#define QI_ENTRIES (PAGE_SIZE / sizeof(struct vtd_entry))
#define PATIENCE 5000000u

static int no_answer(const struct vtd_unit *u, const char *what)
{
    printk(LOG_ERR, "VT-d unit at %#lx does not answer: %s\n",
           (unsigned long)u->addr, what);
    return -EIO;
}

int vtd_await(const struct vtd_unit *u, unsigned int reg, uint32_t mask,
              uint32_t want, const char *what)
{
    for (unsigned int i = 0; i < PATIENCE; i++) {
        if ((vtd_read32(u, reg) & mask) == want) {
            return 0;
        }
        cpu_relax();
    }
    return no_answer(u, what);
}

int vtd_command(const struct vtd_unit *u, uint32_t bit, bool on,
                const char *what)
{
    const uint32_t state = vtd_read32(u, VTD_GSTS) & VTD_G_STATE;

    vtd_write32(u, VTD_GCMD, on ? state | bit : state & ~bit);
    /* Write-buffer flush is the one command whose bit goes when it is done. */
    return vtd_await(u, VTD_GSTS, bit, on && bit != VTD_G_WBF ? bit : 0,
                     what);
}

int vtd_qi_init(struct vtd_unit *u)
{
    /* The queue, and a page for the status. */
    uint8_t *const pages = xpage_alloc(1);

    if (pages == NULL) {
        return -ENOMEM;
    }
    arch_mm_clear_pages(pages, 2);
    vtd_clean(u, pages, 2 * PAGE_SIZE);
    u->queue = (struct vtd_entry *)pages;
    u->status = (uint32_t *)(pages + PAGE_SIZE);
    vtd_write64(u, VTD_IQT, 0);
    vtd_write64(u, VTD_IQA, arch_va_to_paddr(pages));
    return vtd_command(u, VTD_G_QIE, true, "queue on");
}

static void push(struct vtd_unit *u, const struct vtd_entry *desc)
    REQUIRES(u->lock)
{
    u->queue[u->tail] = *desc;
    vtd_clean(u, &u->queue[u->tail], sizeof(*desc));
    u->tail = (u->tail + 1) % QI_ENTRIES;
}

/* False: the unit stopped at a descriptor. */
static bool is_sound(const struct vtd_unit *u)
{
    const uint32_t fsts = vtd_read32(u, VTD_FSTS);
    uint64_t head;

    if (!(fsts & (VTD_FSTS_IQE | VTD_FSTS_ITE | VTD_FSTS_ICE))) {
        return true;
    }
    head = vtd_read64(u, VTD_IQH) / sizeof(struct vtd_entry) % QI_ENTRIES;
    printk(LOG_ERR, "VT-d unit at %#lx: fault status %#x, refuses %#lx %#lx\n",
           (unsigned long)u->addr, fsts, (unsigned long)u->queue[head].low,
           (unsigned long)u->queue[head].high);
    return false;
}

int vtd_qi_submit(struct vtd_unit *u, const struct vtd_entry *desc,
                  unsigned int nr)
{
    const uint32_t number = ++u->sequence;
    const struct vtd_entry wait = {
        .low = VTD_DESC_WAIT | VTD_DESC_WAIT_SW |
               field_prep(VTD_DESC_WAIT_DATA, number),
        .high = arch_va_to_paddr(u->status),
    };

    ASSERT(nr + 1 < QI_ENTRIES);
    /* What was written to tables may still be on its way to memory. */
    if (u->cap & VTD_CAP_RWBF &&
        vtd_command(u, VTD_G_WBF, true, "write buffers") != 0) {
        return -EIO;
    }
    for (unsigned int i = 0; i < nr; i++) {
        push(u, &desc[i]);
    }
    push(u, &wait);
    vtd_write64(u, VTD_IQT, u->tail * sizeof(struct vtd_entry));
    for (unsigned int i = 0; READ_ONCE(*u->status) != number; i++) {
        if (i == PATIENCE || !is_sound(u)) {
            return no_answer(u, "invalidation");
        }
        cpu_relax();
    }
    /* What the caller does next comes after what the unit did. */
    smp_mb();
    return 0;
}

int vtd_qi_forget_dma(struct vtd_unit *u)
{
    const struct vtd_entry desc[] = {
        { .low = VTD_DESC_CONTEXT |
                 FIELD_PREP(VTD_DESC_SCOPE, VTD_SCOPE_ALL) },
        { .low = VTD_DESC_IOTLB | vtd_drain_bits(u) |
                 FIELD_PREP(VTD_DESC_SCOPE, VTD_SCOPE_ALL) },
    };

    return vtd_qi_submit(u, desc, ARRAY_SIZE(desc));
}

int vtd_qi_forget_ir(struct vtd_unit *u, int32_t index)
{
    struct vtd_entry desc = { .low = VTD_DESC_IEC };

    if (index >= 0) {
        desc.low |= VTD_DESC_IEC_INDEXED |
                    field_prep(VTD_DESC_IEC_INDEX, (uint32_t)index);
    }
    return vtd_qi_submit(u, &desc, 1);
}

void vtd_qi_must(const struct vtd_unit *u, int rc)
{
    if (rc != 0) {
        panic("VT-d unit at %#lx failed: devices could reach what is not "
              "theirs", (unsigned long)u->addr);
    }
}
