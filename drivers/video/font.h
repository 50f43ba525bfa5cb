/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small font: ASCII, five dots wide and seven high.
 */
#ifndef DRIVERS_VIDEO_FONT_H
#define DRIVERS_VIDEO_FONT_H

#include <core/lib/types.h>

#define FONT_COLUMNS 5u
#define FONT_ROWS 7u

/*
 * The dots of column @x (0 .. 4) of @c, bit 0 is the top; characters that are
 * not in the font look like a box.
 */
uint8_t font_column(char c, unsigned int x);

#endif /* DRIVERS_VIDEO_FONT_H */
