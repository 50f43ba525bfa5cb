/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the trace says of the scheduler: Xen's records in Xen's order, so that
 * xenalyze follows them.  There is no idle vCPU; in the trace an idle CPU runs
 * the vCPU of its number of Xen's idle domain.  Callers have asked
 * trace_is_on() or trace_mask.
 * Public header "trace.h".
 */
#include <core/sched/sched_priv.h>

#include <core/trace/trace.h>

static void trace_state(uint32_t domain, uint32_t vcpu, int old, int state)
{
    const uint32_t who = domain << 16 | vcpu;

    trace_record(TRACE_RUNSTATE | (uint32_t)old << 8 | (uint32_t)state << 4,
                 1, &who);
}

void sched_trace_vcpu(uint32_t event, const struct vcpu *v)
{
    const uint32_t who[] = { v->domain->id, v->id };

    trace_record(event, 2, who);
}

void sched_trace_runstate(const struct vcpu *v, int state)
{
    trace_state(v->domain->id, v->id, v->runstate.state, state);
}

void sched_trace_idle(unsigned int cpu, bool idle)
{
    if (idle) {
        trace_state(DOMID_IDLE, cpu, RUNSTATE_runnable, RUNSTATE_running);
    } else {
        trace_state(DOMID_IDLE, cpu, RUNSTATE_running, RUNSTATE_runnable);
    }
}

static void trace_switch(const struct sched_cpu *sc, const struct vcpu *prev,
                         const struct vcpu *next, nsec_t slice, nsec_t now)
{
    const uint32_t pd = prev ? prev->domain->id : DOMID_IDLE;
    const uint32_t pv = prev ? prev->id : sc->rq.cpu;
    const uint32_t nd = next ? next->domain->id : DOMID_IDLE;
    const uint32_t nv = next ? next->id : sc->rq.cpu;
    const nsec_t since =
        prev ? prev->runstate.state_entry_time : sc->idle_since;
    const uint32_t ran = (uint32_t)(now - since);
    const uint32_t waited =
        next ? (uint32_t)(now - next->runstate.state_entry_time) : 0;

    if (prev == next) {
        const uint32_t who = nd << 16 | nv;

        TRACE(SWITCH_INFCONT, nd, nv, ran, (uint32_t)slice);
        if (trace_is_on(TRACE_CONTINUE)) {
            trace_record(TRACE_CONTINUE, 1, &who);
        }
        return;
    }
    TRACE(SWITCH_INFPREV, pd, pv, ran);
    TRACE(SWITCH_INFNEXT, nd, nv, waited, (uint32_t)slice);
    TRACE(SWITCH, pd, pv, nd, nv);
    if (!prev && trace_is_on(TRACE_RUNSTATE)) {
        sched_trace_idle(sc->rq.cpu, false);
    }
}

void sched_trace_choice(const struct sched_cpu *sc, const struct vcpu *prev,
                        int rest, const struct vcpu *next, nsec_t slice,
                        nsec_t now)
{
    trace_switch(sc, sc->is_idle ? NULL : prev, next, slice, now);
    if (!trace_is_on(TRACE_RUNSTATE)) {
        return;
    }
    if (prev && prev != next && prev->runstate.state != rest) {
        sched_trace_runstate(prev, rest);
    }
    if (next && next->runstate.state != RUNSTATE_running) {
        sched_trace_runstate(next, RUNSTATE_running);
    }
}
