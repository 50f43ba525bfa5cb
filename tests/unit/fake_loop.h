/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is posted to the control domain's loop on the host is only counted.
 */
#ifndef TESTS_UNIT_FAKE_LOOP_H
#define TESTS_UNIT_FAKE_LOOP_H

#include <dom0/rt/loop.h>

extern unsigned int fake_loop_posts;

#endif
