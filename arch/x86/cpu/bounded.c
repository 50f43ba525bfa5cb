/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that may not end.
 *
 * Design: while such a call runs interrupts are on, but the task priority
 * holds back those of devices: only the local APIC's own come, whose handlers
 * take no lock.  Its timer ticks: each tick makes the next fire, and at the
 * last one, or at an exception, the handler returns not to the call but to
 * bounded_leave, with the stack pointer of before.  The stack below is given
 * up.  The period begins anew at each tick, so that a machine which stood
 * still (a debugger, an emulator without time) counts as one tick.
 */
#include <arch/x86/cpu/bounded.h>
#include <arch/x86/cpu/percpu.h>
#include <arch/x86/cpu/traps.h>
#include <core/arch/arch_time.h>
#include <core/kernel/time.h>
#include <core/kernel/timer.h>

#define TICKS 4u
#define TICK_PERIOD (ARCH_CALL_LIMIT / TICKS)

/* Always set, and reserved: SDM 1, "EFLAGS Register". */
#define RFLAGS_RESERVED 0x2

enum arch_call arch_call_bounded(void (*fn)(void *data), void *data,
                                 uintptr_t *where)
{
    struct bounded_call *b = &this_cpu()->arch->bounded;
    enum arch_call how;

    timer_fire_by(time_now() + TICK_PERIOD);
    b->ticks = TICKS;
    how = bounded_enter(&b->rsp, fn, data);
    b->ticks = 0;
    *where = b->where;
    return how;
}

static void leave(struct bounded_call *b, struct trap_frame *f,
                  enum arch_call how)
{
    b->where = f->rip;
    f->rip = (uintptr_t)bounded_leave;
    f->rsp = b->rsp;
    f->rflags = RFLAGS_RESERVED;
    f->rax = how;
}

void bounded_tick(struct trap_frame *f)
{
    struct bounded_call *b = &this_cpu()->arch->bounded;

    if (b->ticks == 0) {
        return;
    }
    if (--b->ticks == 0) {
        leave(b, f, ARCH_CALL_LATE);
    } else {
        timer_fire_by(time_now() + TICK_PERIOD);
    }
}

bool bounded_trap(struct trap_frame *f)
{
    struct bounded_call *b = &this_cpu()->arch->bounded;

    if (b->ticks == 0) {
        return false;
    }
    b->ticks = 0;
    leave(b, f, ARCH_CALL_TRAP);
    return true;
}
