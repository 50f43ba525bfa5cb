/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Silences the 8259 pair.  It is initialised first: its vectors after reset
 * or as a boot loader left them overlap with exceptions, and masking alone
 * does not stop the spurious interrupt of a line that goes away.
 * Boot CPU, once: no lock.
 * Manual: Intel 8259A data sheet, "Initialization Command Words".
 */
#include <core/arch/arch_io.h>
#include <drivers/irq/i8259.h>

enum i8259_port {
    I8259_MASTER_CMD = 0x20,
    I8259_MASTER_DATA = 0x21,
    I8259_SLAVE_CMD = 0xa0,
    I8259_SLAVE_DATA = 0xa1,
};

#define ICW1_INIT_ICW4 0x11u
#define ICW2_MASTER_VECTOR 0x20u
#define ICW2_SLAVE_VECTOR 0x28u
#define ICW3_MASTER_SLAVE_ON_2 0x04u
#define ICW3_SLAVE_ID 0x02u
#define ICW4_8086 0x01u
#define OCW1_MASK_ALL 0xffu

void i8259_mask_all(void)
{
    arch_io_out8(I8259_MASTER_DATA, OCW1_MASK_ALL);
    arch_io_out8(I8259_SLAVE_DATA, OCW1_MASK_ALL);
    arch_io_out8(I8259_MASTER_CMD, ICW1_INIT_ICW4);
    arch_io_out8(I8259_MASTER_DATA, ICW2_MASTER_VECTOR);
    arch_io_out8(I8259_MASTER_DATA, ICW3_MASTER_SLAVE_ON_2);
    arch_io_out8(I8259_MASTER_DATA, ICW4_8086);
    arch_io_out8(I8259_SLAVE_CMD, ICW1_INIT_ICW4);
    arch_io_out8(I8259_SLAVE_DATA, ICW2_SLAVE_VECTOR);
    arch_io_out8(I8259_SLAVE_DATA, ICW3_SLAVE_ID);
    arch_io_out8(I8259_SLAVE_DATA, ICW4_8086);
    arch_io_out8(I8259_MASTER_DATA, OCW1_MASK_ALL);
    arch_io_out8(I8259_SLAVE_DATA, OCW1_MASK_ALL);
}
