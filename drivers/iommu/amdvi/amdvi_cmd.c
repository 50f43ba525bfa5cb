/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command ring.  Whoever queues commands waits for them before the lock
 * is given up, so the ring is empty whenever the lock is free and room need
 * not be asked for.
 *
 * Waiting: a COMPLETION_WAIT command stores its number to memory when all
 * before it is done; invalidations with it wait for the accesses that used
 * what they take away.
 * Manual: AMD I/O Virtualization Technology specification, "Commands".
 */
#include <core/arch/arch_mm.h>
#include <core/kernel/bug.h>
#include <core/kernel/time.h>
#include <core/sync/atomic.h>
#include <core/sync/barrier.h>
#include <drivers/iommu/amdvi/amdvi_priv.h>

#define ANSWER_TIME NSEC_PER_SEC
/* Covers everything, with CMD_PAGES_S. */
#define ALL_PAGES UINT64_C(0x7ffffffffffff000)
/* Frames of a leaf of 2 MiB: below it, only lowest entries changed. */
#define LEAF_2M UINT64_C(512)

static void queue(struct amdvi_unit *u, enum amdvi_opcode opcode,
                  uint64_t first, uint64_t second)
{
    uint64_t *const cmd = (uint64_t *)(void *)(u->cmd + u->cmd_tail);

    cmd[0] = first | field_prep(CMD_OPCODE, opcode);
    cmd[1] = second;
    u->cmd_tail = (u->cmd_tail + CMD_SIZE) % AMDVI_RING_SIZE;
}

void amdvi_cmd_devtab(struct amdvi_unit *u, uint16_t bdf)
{
    queue(u, CMD_INVALIDATE_DEVTAB, bdf, 0);
}

void amdvi_cmd_interrupts(struct amdvi_unit *u, uint16_t bdf)
{
    queue(u, CMD_INVALIDATE_INTERRUPTS, bdf, 0);
}

/*
 * A range is a power of two: the address has ones below the highest bit in
 * which its ends differ, and a zero there.
 */
void amdvi_cmd_pages(struct amdvi_unit *u, uint16_t domain, uint64_t first,
                     uint64_t nr)
{
    const uint64_t differ = first ^ (first + nr - 1);
    uint64_t pages = first << PAGE_SHIFT;

    if (differ != 0) {
        const unsigned int bit = bit_highest(differ);

        pages = bit + PAGE_SHIFT >= 51
                    ? ALL_PAGES
                    : ((first << PAGE_SHIFT) &
                       ~((UINT64_C(2) << (bit + PAGE_SHIFT)) - 1)) |
                          (((UINT64_C(1) << bit) - 1) << PAGE_SHIFT);
        pages |= CMD_PAGES_S;
    }
    if (nr >= LEAF_2M || iommu_props.caches_absent) {
        pages |= CMD_PAGES_PDE;
    }
    queue(u, CMD_INVALIDATE_PAGES, field_prep(CMD_DOMAIN, domain), pages);
}

void amdvi_cmd_all(struct amdvi_unit *u)
{
    queue(u, CMD_INVALIDATE_ALL, 0, 0);
}

void amdvi_cmd_start(struct amdvi_unit *u)
{
    u->wait++;
    queue(u, CMD_COMPLETION_WAIT,
          (arch_va_to_paddr(u->done) & CMD_WAIT_ADDR) | CMD_WAIT_STORE,
          u->wait);
    /* What was changed in tables and the commands, before the unit looks. */
    smp_wmb();
    amdvi_write(u, AMDVI_CMD_TAIL, u->cmd_tail);
}

bool amdvi_cmd_is_done(struct amdvi_unit *u)
{
    nsec_t end;

    if (atomic_read_acquire(u->done) == u->wait) {
        return true;
    }
    end = time_now() + ANSWER_TIME;
    while (atomic_read_acquire(u->done) != u->wait) {
        if (time_now() > end) {
            return false;
        }
        cpu_relax();
    }
    return true;
}

void amdvi_cmd_wait(struct amdvi_unit *u)
{
    if (!amdvi_cmd_is_done(u)) {
        panic("AMD-Vi: the unit " PCI_FMT " does not answer: boot with "
              "iommu=off\n", PCI_ARG(u->sbdf));
    }
}

void amdvi_cmd_finish(struct amdvi_unit *u)
{
    amdvi_cmd_start(u);
    amdvi_cmd_wait(u);
}
