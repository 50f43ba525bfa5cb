/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Further vCPUs: start by INIT-SIPI, then run functions sent to them.
 * vCPU 0 is the only sender; an idle vCPU sleeps in HLT and is woken by an
 * IPI, so that two vCPUs share one CPU decently.
 */
#ifndef TESTS_GUEST_LIB_SMP_H
#define TESTS_GUEST_LIB_SMP_H

#include <stdbool.h>
#include <stdint.h>

/* Page below 1 MiB where a vCPU starts in real mode. */
#define SMP_TRAMPOLINE 0x8000u

/* vCPUs of this domain, up or not, by VCPUOP_is_up. */
unsigned int smp_vcpus(void);

/* Set up what vCPU id finds when it starts; smp_start() does it too. */
void smp_prepare(unsigned int id);

/* Start vCPU id unless it is up; false after a second without it. */
bool smp_start(unsigned int id);

/* Run fn(arg) on vCPU id (up, idle); returns at once. */
void smp_call(unsigned int id, void (*fn)(void *arg), void *arg);

/* Wait until vCPU id is idle again. */
void smp_wait(unsigned int id);

/* TSC at the first instruction of the last vCPU started, 0: not yet. */
uint64_t smp_first_tsc(void);

/* APIC id of a vCPU as the ABI fixes it. */
static inline uint32_t smp_apic_id(unsigned int id)
{
    return id * 2;
}

#endif
