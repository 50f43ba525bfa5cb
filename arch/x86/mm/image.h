/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Borders of the image's parts, from linker.ld.  All but the first of a pair
 * of text and init text are page-aligned.
 */
#ifndef ARCH_X86_MM_IMAGE_H
#define ARCH_X86_MM_IMAGE_H

#include <core/lib/types.h>

extern uint8_t image_start[];
extern uint8_t text_end[];
extern uint8_t init_text_start[];
extern uint8_t init_text_pages_end[];
extern uint8_t rodata_start[];
extern uint8_t rodata_end[];
extern uint8_t init_data_start[];
extern uint8_t init_data_end[];
extern uint8_t data_start[];
extern uint8_t ro_after_init_end[];
extern uint8_t bss_end[];
extern uint8_t image_end[];

#endif /* ARCH_X86_MM_IMAGE_H */
