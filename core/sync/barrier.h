/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Order of memory accesses between CPUs.  Prefer the acquire and release
 * forms of atomic.h; these are for protocols that no pair of those expresses.
 * Each use names the access it pairs with.
 */
#ifndef CORE_SYNC_BARRIER_H
#define CORE_SYNC_BARRIER_H

#include <core/lib/compiler.h>

/* All accesses before, before all accesses after; store to load included. */
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* Loads before loads; stores before stores. */
#define smp_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

/* In a loop that waits for another CPU. */
#define cpu_relax() __builtin_ia32_pause()

#endif /* CORE_SYNC_BARRIER_H */
