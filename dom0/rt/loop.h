/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop, the only thread there is: event channels, messages of
 * devices, a timer and work put off. Whatever it calls returns soon.
 */
#ifndef DOM0_RT_LOOP_H
#define DOM0_RT_LOOP_H

#include <core/lib/list.h>
#include <core/lib/types.h>

struct loop_work;
typedef void loop_fn(struct loop_work *work);

struct loop_work {
    struct list_head link;      /* On itself when it is not queued. */
    loop_fn *fn;
};

void loop_init(void);
void loop_run(void) __noreturn;

/* The one timer: calls fn once at now >= when; NSEC_NEVER: not at all. */
void loop_timer_set(nsec_t when, void (*fn)(void));

/* A work as a variable of its own. */
#define LOOP_WORK(name, function)                                         \
    struct loop_work name = { LIST_HEAD_INIT((name).link), function }

static inline void loop_work_init(struct loop_work *work, loop_fn *fn)
{
    list_init(&work->link);
    work->fn = fn;
}

/* Runs work->fn once, after what runs now has returned. */
void loop_post(struct loop_work *work);
void loop_cancel(struct loop_work *work);

/* Nanoseconds since the hypervisor's boot. */
nsec_t loop_now(void);

/*
 * Whether the condition comes true within so many milliseconds, for which
 * nothing else runs: for the start of devices.
 */
#define loop_until(condition, ms)                                         \
    ({                                                                    \
        const nsec_t until_ = loop_now() + (ms) * NSEC_PER_MSEC;          \
        bool is_true_;                                                    \
                                                                          \
        while (!(is_true_ = (condition)) && loop_now() <= until_) {       \
        }                                                                 \
        is_true_;                                                         \
    })

#endif
