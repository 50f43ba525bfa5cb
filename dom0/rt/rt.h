/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all of the control domain stands on: the library and the runtime.
 * Sources include this one, headers what they need.
 */
#ifndef DOM0_RT_RT_H
#define DOM0_RT_RT_H

#include <core/lib/bitmap.h>
#include <core/lib/bits.h>
#include <core/lib/errno.h>
#include <core/lib/list.h>
#include <core/lib/printf.h>
#include <core/lib/string.h>
#include <core/lib/util.h>
#include <dom0/rt/con.h>
#include <dom0/rt/evtchn.h>
#include <dom0/rt/hypercall.h>
#include <dom0/rt/keep.h>
#include <dom0/rt/loop.h>
#include <dom0/rt/mem.h>
#include <dom0/rt/text.h>
#include <dom0/rt/x86.h>

#endif
