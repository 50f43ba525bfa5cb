/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deferred freeing.  Objects that CPUs look up without a lock are unlinked,
 * then freed after every CPU has passed its loop head, where none holds such
 * a pointer.
 */
#ifndef CORE_SYNC_QUIESCENT_H
#define CORE_SYNC_QUIESCENT_H

#include <core/kernel/cpu.h>

struct quiescent_head {
    struct quiescent_head *next;
    void (*fn)(struct quiescent_head *head);
};

/*
 * Call @fn(@head) once every CPU has passed its loop head after now, on some
 * CPU, from its loop head, with no lock held.  @head lies in the object.  Any
 * context; locks up to TIMER may be held.
 */
void quiescent_defer(struct quiescent_head *head,
                     void (*fn)(struct quiescent_head *head));

extern uint32_t quiescent_epoch;
void quiescent_pass_slow(void);

/* False: this CPU must pass its loop head before it enters a guest again. */
static inline bool quiescent_is_passed(const struct cpu *cpu)
{
    return likely(cpu->quiescent_seen ==
                  __atomic_load_n(&quiescent_epoch, __ATOMIC_ACQUIRE));
}

/* The loop head; this CPU holds no unreferenced pointer. */
static inline void quiescent_pass(void)
{
    if (unlikely(!quiescent_is_passed(this_cpu()))) {
        quiescent_pass_slow();
    }
}

/* cpu_set_online() only. */
void quiescent_cpu_online(void);

#endif /* CORE_SYNC_QUIESCENT_H */
