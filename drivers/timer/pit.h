/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The 8254 interval timer as a reference for calibration: channel 2 counts
 * down from its maximum, without interrupt and without sound.
 * Manual: 8254 data sheet, "Mode 0", "Counter Latch Command".
 */
#ifndef DRIVERS_TIMER_PIT_H
#define DRIVERS_TIMER_PIT_H

#include <core/kernel/time.h>

/* Start the counter; NULL if it does not count. */
const struct time_reference *pit_init(void);

#endif /* DRIVERS_TIMER_PIT_H */
