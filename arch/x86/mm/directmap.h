/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The direct map of RAM.
 */
#ifndef ARCH_X86_MM_DIRECTMAP_H
#define ARCH_X86_MM_DIRECTMAP_H

#include <core/lib/types.h>

/*
 * Map the whole pages of RAM in [@start, @end), never executable.  The
 * image's text and constants are mapped read-only.  Panics without memory.
 */
void directmap_add(paddr_t start, paddr_t end);

#endif /* ARCH_X86_MM_DIRECTMAP_H */
