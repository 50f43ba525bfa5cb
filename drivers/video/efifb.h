/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A linear framebuffer (UEFI's, or one that GRUB has set) as a console named
 * "vga".
 */
#ifndef DRIVERS_VIDEO_EFIFB_H
#define DRIVERS_VIDEO_EFIFB_H

#include <core/lib/types.h>

struct efifb_mode {
    paddr_t addr;
    uint32_t pitch;     /* Bytes from one line to the next                   */
    uint32_t width;     /* Pixels                                            */
    uint32_t height;
    uint8_t bits;       /* Of a pixel: 16, 24, 32                            */
    uint8_t red_pos;
    uint8_t red_size;
    uint8_t green_pos;
    uint8_t green_size;
    uint8_t blue_pos;
    uint8_t blue_size;
};

/* Boot: nothing is touched before it is selected. */
void efifb_register(const struct efifb_mode *mode);

/* The control domain takes the screen over (option vga=keep: not called). */
void efifb_release(void);

#endif /* DRIVERS_VIDEO_EFIFB_H */
