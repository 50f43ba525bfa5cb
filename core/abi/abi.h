/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How this tree includes the public headers of Xen (package libxen-dev):
 * freestanding and with the toolstack's part, which also selects the newest
 * interface version of the installed headers. Every other file of core/abi
 * begins with this one, and nobody includes <xen/...> directly. All
 * multi-byte fields are little-endian; guest handles are structs of one
 * guest-virtual pointer and are never dereferenced.
 */
#ifndef CORE_ABI_ABI_H
#define CORE_ABI_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define __XEN_TOOLS__ 1

#endif
