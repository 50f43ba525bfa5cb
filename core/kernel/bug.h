/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do when the hypervisor finds itself in the wrong; style.md, "Errors
 * and unexpected things", says when to use which.
 */
#ifndef CORE_KERNEL_BUG_H
#define CORE_KERNEL_BUG_H

#include <core/lib/compiler.h>
#include <core/lib/types.h>

/*
 * Stop all CPUs, print why, where and what every CPU did, then reset (or
 * halt with noreboot).  Any context, NMI included.
 */
void __noreturn __cold panic(const char *fmt, ...) __printf_like(1, 2);

/* Is a panic going on: locks of the console are not to be trusted. */
bool panic_is_on(void);

/* Unit tests only: a panic that was expected is over. */
void panic_forget(void);

/* Behind the macros. */
void __noreturn __cold bug_fail(const char *what, const char *file,
                                int line);
void __cold bug_warn(const char *what, const char *file, int line);

/* Our own invariant, and continuing could leak or corrupt.  All builds. */
#define BUG_ON(cond)                                                     \
    do {                                                                 \
        if (unlikely(cond)) {                                            \
            bug_fail(#cond, __FILE__, __LINE__);                         \
        }                                                                \
    } while (0)
#define BUG() bug_fail("reached", __FILE__, __LINE__)

/* As above in debug builds; the code behind handles it as well. */
#define ASSERT(cond)                                                     \
    do {                                                                 \
        if (IS_ENABLED(DEBUG) && unlikely(!(cond))) {                    \
            bug_fail("not " #cond, __FILE__, __LINE__);                  \
        }                                                                \
    } while (0)

/* A backtrace and on; true if it happened. */
#define WARN_ON(cond)                                                    \
    __extension__({                                                      \
        const bool warn_on = (cond);                                     \
        if (unlikely(warn_on)) {                                         \
            bug_warn(#cond, __FILE__, __LINE__);                         \
        }                                                                \
        warn_on;                                                         \
    })

/* For "return err_trace(-EINVAL)" where an error is born. */
int __cold err_trace_print(int err, const char *func, int line);
#define err_trace(err)                                                   \
    (IS_ENABLED(DEBUG) ? err_trace_print((err), __func__, __LINE__) : (err))

#endif /* CORE_KERNEL_BUG_H */
