/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a test makes the control domain's allocator fail.
 */
#ifndef TESTS_UNIT_FAKE_MEM_H
#define TESTS_UNIT_FAKE_MEM_H

extern long fake_mem_left;

/* What keep_set_store() was told last. */
extern void *fake_keep_store;

#endif
