/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control domain's loop on the host: counts what is posted.
 */
#include <tests/unit/fake_loop.h>

unsigned int fake_loop_posts;

void loop_post(struct loop_work *work)
{
    fake_loop_posts++;
}
