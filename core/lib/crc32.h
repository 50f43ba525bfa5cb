/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CRC-32 with the reflected polynomial 0xedb88320 (Ethernet, gzip, EFI and
 * GPT tables). No locking. Chapter: IEEE 802.3, Frame check sequence.
 */
#ifndef CORE_LIB_CRC32_H
#define CORE_LIB_CRC32_H

#include <core/lib/types.h>

/* crc is 0 for the first piece, then the result of the piece before. */
uint32_t crc32(uint32_t crc, const void *data, size_t n);

#endif
