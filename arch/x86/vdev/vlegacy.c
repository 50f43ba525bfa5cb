/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Legacy ports; see vlegacy.h.
 *
 * The PIT: kernels calibrate against channel 2 even where firmware tells them
 * there is none.  All ones, as from an empty bus, look like a counter that
 * does not move, and are read a hundred thousand times; zeros are given up at
 * once.
 *
 * The CMOS: index and data are two accesses, so they go through here.  The
 * index is the domain's own; the pair on the machine is used under a lock.
 */
#include <arch/x86/hvm/hvm.h>
#include <arch/x86/vdev/vlegacy.h>
#include <core/arch/arch_io.h>

#define PIT_CHANNEL_0 0x40u
#define PIT_MODE 0x43u
#define CMOS_INDEX 0x70u
#define CMOS_DATA 0x71u
#define CMOS_INDEX_MASK 0x7fu

static struct spinlock cmos_lock = SPINLOCK_INIT(LEAF);
static uint8_t cmos_index;

static uint32_t pit_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    return 0;
}

static void pit_write(struct vcpu *v, uint16_t port, unsigned int size,
                      uint32_t val)
{
}

static const struct pio_ops pit_ops = { .read = pit_read,
                                        .write = pit_write };

static uint32_t cmos_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    uint8_t val;

    if (port == CMOS_INDEX) {
        return UINT32_MAX;
    }
    spin_lock(&cmos_lock);
    arch_io_out8(CMOS_INDEX, cmos_index);
    val = arch_io_in8(CMOS_DATA);
    spin_unlock(&cmos_lock);
    return val;
}

static void cmos_write(struct vcpu *v, uint16_t port, unsigned int size,
                       uint32_t val)
{
    spin_lock(&cmos_lock);
    if (port == CMOS_INDEX) {
        /* Bit 7 would hold off NMIs: the hypervisor's, not the guest's. */
        cmos_index = val & CMOS_INDEX_MASK;
    } else {
        arch_io_out8(CMOS_INDEX, cmos_index);
        arch_io_out8(CMOS_DATA, (uint8_t)val);
    }
    spin_unlock(&cmos_lock);
}

static const struct pio_ops cmos_ops = { .read = cmos_read,
                                         .write = cmos_write };

void vlegacy_init(struct domain *d)
{
    hvm_io_add_pio(d, PIT_CHANNEL_0, PIT_MODE, &pit_ops);
    if (d->is_hardware) {
        hvm_io_add_pio(d, CMOS_INDEX, CMOS_DATA, &cmos_ops);
    }
}
