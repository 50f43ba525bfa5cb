/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the boot loader's information to struct boot_info.  Pure.
 */
#ifndef BOOT_MB2_PARSE_H
#define BOOT_MB2_PARSE_H

#include <boot/boot_info.h>
#include <core/lib/compiler.h>

/* The size that the information at @mbi claims; 0 if it cannot be right. */
uint32_t mb2_total_size(const void *mbi);

/*
 * Read @size bytes of tags at @mbi (8-byte aligned) into @info.  Nothing
 * outside of them is touched, whatever they say.  The memory map is sorted,
 * overlaps are resolved in favour of the less usable type.
 * 0; -EINVAL if a tag runs over the end or there is no memory map.
 */
int __must_check mb2_parse(const void *mbi, uint32_t size,
                           struct boot_info *info);

#endif /* BOOT_MB2_PARSE_H */
