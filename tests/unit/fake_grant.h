/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test gives the back ends to copy from and to.
 */
#ifndef TESTS_UNIT_FAKE_GRANT_H
#define TESTS_UNIT_FAKE_GRANT_H

#include <dom0/rt/grant.h>

#define FAKE_GRANTS 64u

extern void *fake_grant_page[FAKE_GRANTS];
extern unsigned int fake_grant_copies;

#endif
