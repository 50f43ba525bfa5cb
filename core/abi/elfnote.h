/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Xen's public ABI: types of the ELF notes in a guest kernel.
 */
#ifndef CORE_ABI_ELFNOTE_H
#define CORE_ABI_ELFNOTE_H

#include <core/abi/abi.h>

#include <xen/elfnote.h>

#endif
