/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop, the only thread there is: event channels, messages of
 * devices, timers and work put off. Whatever it calls returns soon.
 */
#ifndef DOM0_RT_LOOP_H
#define DOM0_RT_LOOP_H

#include <core/lib/heap.h>
#include <core/lib/list.h>
#include <core/lib/types.h>

struct loop_timer {
    struct heap_node node;
    void (*fn)(struct loop_timer *timer);
};

struct loop_work {
    struct list_head link;      /* On itself when it is not queued. */
    void (*fn)(struct loop_work *work);
};

void loop_init(void);
void loop_run(void) __noreturn;

/* Runs timer->fn once at now >= when; moves a timer that is set already. */
void loop_timer_set(struct loop_timer *timer, nsec_t when);
void loop_timer_cancel(struct loop_timer *timer);

static inline void loop_work_init(struct loop_work *work,
                                  void (*fn)(struct loop_work *work))
{
    list_init(&work->link);
    work->fn = fn;
}

/* Runs work->fn once, after what runs now has returned. */
void loop_post(struct loop_work *work);
void loop_cancel(struct loop_work *work);

nsec_t loop_now(void);

#endif
