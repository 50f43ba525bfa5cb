/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VGA text screen as a console named "vga".
 */
#ifndef DRIVERS_VIDEO_VGA_TEXT_H
#define DRIVERS_VIDEO_VGA_TEXT_H

#include <core/lib/types.h>

/*
 * Boot: the adapter is in a text mode of @columns x @rows at @addr (usually
 * 0xb8000).  Nothing is touched before it is selected.
 */
void vga_text_register(paddr_t addr, unsigned int columns,
                       unsigned int rows);

/*
 * The control domain takes the screen over: nothing more is written to it
 * (option vga=keep: not called).
 */
void vga_text_release(void);

#endif /* DRIVERS_VIDEO_VGA_TEXT_H */
