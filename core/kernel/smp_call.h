/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run a function on another CPU, at its loop head with no lock held there.
 */
#ifndef CORE_KERNEL_SMP_CALL_H
#define CORE_KERNEL_SMP_CALL_H

#include <core/kernel/cpu.h>

struct smp_call {
    struct smp_call *next;
    void (*fn)(void *data);
    void *data;
    uint32_t is_queued; /* [a] cleared before @fn is called                  */
};

/*
 * Queue @call for @cpu (this one included) and return.  False if it is still
 * queued from before; it will then run after now in any case.  Any context.
 */
bool smp_call_async(unsigned int cpu, struct smp_call *call);

/*
 * Run @fn on @cpu and wait until it has returned.  Only at the loop head or
 * during boot, with no lock held; serves this CPU's own queue meanwhile.
 */
void smp_call_sync(unsigned int cpu, void (*fn)(void *data), void *data);

/* Boot, once. */
void smp_call_init(void);

/* On every online CPU, this one included, one after the other. */
void smp_call_all(void (*fn)(void *data), void *data);

#endif /* CORE_KERNEL_SMP_CALL_H */
