/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the load guests of `lab run --on` are told: one struct load_vcpu for
 * each vCPU, in its domain's memory, written by the control side (load.c)
 * before the domain starts and read by the code that runs there (worker.c).
 */
#ifndef LAB_GUEST_LOAD_H
#define LAB_GUEST_LOAD_H

#include <stdint.h>

#include <core/abi/xen.h>

/*
 * Work: a loop of so many instructions a turn, for one register.  Nearly all
 * do nothing, and cost QEMU nothing: what the guests compute takes virtual
 * time only.
 */
#define LOAD_TURN 256u
#define LOAD_LOOP "1: .rept 254; nop; .endr; dec %0; jnz 1b"

enum load_mode {
    LOAD_FOREVER,  /* Computes from @start on                                */
    LOAD_RELEASED, /* Each job is released at a time                         */
    LOAD_SLEEPS,   /* Sleeps for a time after each job                       */
};

struct load_job {
    uint64_t at;   /* ns: release behind t0, or sleep afterwards             */
    uint64_t work; /* ns in the table; instructions in the guest             */
};

struct load_vcpu {
    volatile struct vcpu_time_info time;
    uint64_t t0;     /* System time at which the experiment begins           */
    uint64_t start;  /* ns behind t0                                         */
    uint64_t stop;   /* ns behind t0 after which no job begins; 0: never     */
    uint32_t mode;
    uint32_t id;
    uint32_t vmmcall;
    volatile uint32_t is_ready;
    uint64_t jobs;
    struct load_job job[];
};

/* The guests' side: position independent, between those two symbols. */
void load_worker(struct load_vcpu *w);
extern const uint8_t __start_worker[], __stop_worker[];

#endif
