/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine as unit tests see it: CPUs that are switched by hand, a counter
 * that stands still unless told, memory that is an arena.
 */
#ifndef TESTS_UNIT_FAKE_ARCH_H
#define TESTS_UNIT_FAKE_ARCH_H

#include <setjmp.h>

#include <core/kernel/cpu.h>
#include <core/lib/types.h>

#define FAKE_CPUS 4u

/*
 * Start over: @cpus CPUs, online, CPU 0 current, counter and system time at
 * @start_ns (1 GHz).  No memory.
 */
void fake_init(unsigned int cpus);

/* As boot would: @mib of RAM from frame 256 on, all in the allocator. */
void fake_memory(unsigned long mib);

/* Which CPU executes from now on. */
void fake_set_cpu(unsigned int cpu);

/* Run softirq_run() on every CPU until nothing is pending. */
void fake_run_softirqs(void);

extern uint64_t fake_cycles;                  /* Nanoseconds, too          */
extern nsec_t fake_programmed[FAKE_CPUS];     /* Hardware deadlines        */
extern unsigned int fake_programs[FAKE_CPUS]; /* How often                 */
extern unsigned int fake_kicks[FAKE_CPUS];
extern char fake_key;                         /* Last debug key, 0: none   */

/*
 * if (FAKE_PANICS(statement)) is true if the statement panicked.  The text is
 * in fake_panic_text() then.
 */
extern jmp_buf fake_panic_jump;
extern bool fake_panic_expected;
void fake_panic_reset(void);
#define FAKE_PANICS(statement)                                           \
    __extension__({                                                      \
        volatile bool fake_did = false;                                  \
        fake_panic_expected = true;                                      \
        if (setjmp(fake_panic_jump) == 0) {                              \
            statement;                                                   \
        } else {                                                         \
            fake_did = true;                                             \
        }                                                                \
        fake_panic_expected = false;                                     \
        fake_panic_reset();                                              \
        fake_did;                                                        \
    })

/* What was printed on the fake's console since fake_init() or this call. */
const char *fake_printed(void);

/* Ports: what reads return, and where writes go.  NULL: all ones, nowhere. */
extern uint32_t (*fake_io_in)(uint16_t port, unsigned int bytes);
extern void (*fake_io_out)(uint16_t port, unsigned int bytes, uint32_t val);

#endif /* TESTS_UNIT_FAKE_ARCH_H */
