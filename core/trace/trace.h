/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event trace: one ring per CPU, in the record format of the ABI's
 * trace.h, which xentrace maps and reads.  Off until sysctl tbuf_op makes
 * rings; a test of one variable then is all that remains in the way.
 *
 * A ring is written by its CPU only.  With TRACE=0 trace_off.c stands in for
 * trace.c.
 */
#ifndef CORE_TRACE_TRACE_H
#define CORE_TRACE_TRACE_H

#include <core/abi/trace.h>
#include <core/lib/compiler.h>
#include <core/lib/types.h>

enum trace_event {
#define TRACE_EVENT(name, number, format) TRACE_##name = (number),
#include <core/trace/trace_events.def>
#undef TRACE_EVENT
};

/* Classes and subclasses that are written now (TRC_*); 0: off. */
extern uint32_t trace_mask;

/*
 * Is @event, of one class and subclass as all of trace_events.def are,
 * written?  Off, this is one predicted branch.
 */
static inline bool trace_is_on(uint32_t event)
{
    const uint32_t kind = event & TRC_ALL;

    return unlikely((READ_ONCE(trace_mask) & kind) == kind);
}

/* Write a record with the time and @words 32-bit words (at most 7). */
void trace_record(uint32_t event, unsigned int words, const uint32_t *data);

/* The usual way: TRACE(event, word...). */
#define TRACE(name, ...)                                                 \
    do {                                                                 \
        if (trace_is_on(TRACE_##name)) {                                 \
            const uint32_t trace_data[] = { __VA_ARGS__ };               \
            trace_record(TRACE_##name,                                   \
                         sizeof(trace_data) / sizeof(uint32_t),          \
                         trace_data);                                    \
        }                                                                \
    } while (0)

/*
 * Make the ring of one more CPU, of @pages, once for all: 0 when each has
 * its own, and then it is on; -ERESTART to go on with the next; -ENOMEM,
 * -EINVAL (none, too many or not what the others have), -EBUSY: there are
 * rings, -EOPNOTSUPP.
 */
int __must_check trace_alloc(unsigned int pages);
/* Classes that are written while it is on, TRC_ALL at first. */
void trace_set_mask(uint32_t mask);
uint32_t trace_get_mask(void);
/* Begin, or stop, to write.  -EINVAL without rings, -EOPNOTSUPP. */
int __must_check trace_enable(bool on);
/* Trace only the CPUs in @bits, of CPU_MAX; all at first. */
void trace_set_cpus(const uint64_t *bits);

/*
 * The page list for xentrace: frame, bytes; 0 if there are no rings.  It and
 * the rings are PAGE_F_SHARED.
 */
uint64_t trace_info_mfn(void);
uint32_t trace_info_bytes(void);

/* Called at the loop head when a ring is half full: VIRQ_TBUF.  One hook. */
void trace_set_hook(void (*fn)(void));

/* Panic: the last @count records of each CPU. */
void trace_dump(unsigned int count);

#endif /* CORE_TRACE_TRACE_H */
