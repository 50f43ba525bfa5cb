/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pair of 8259 interrupt controllers: only to silence it.
 */
#ifndef DRIVERS_IRQ_I8259_H
#define DRIVERS_IRQ_I8259_H

/*
 * Mask every line, with the vectors moved to 0x20-0x2f so that a spurious
 * interrupt is not taken for an exception.  Boot, interrupts off.
 */
void i8259_mask_all(void);

#endif /* DRIVERS_IRQ_I8259_H */
