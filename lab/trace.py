# SPDX-License-Identifier: GPL-2.0-or-later
"""Traces in the form of xentrace: reading, decisions, differences, replay."""
import bisect
import struct

CPU_CHANGE = 0x0001F003
RUNSTATE_CHANGE = 0x00021001
RUNSTATE_MASK = 0x0FFFF00F
RUNNING, RUNNABLE, BLOCKED, OFFLINE = range(4)
IDLE = 0x7FFF


class TraceError(Exception):
    """A file that is no trace."""


def records(path):
    """(time, cpu, event, words) of every record, in order of time."""
    with open(path, "rb") as f:
        data = f.read()
    out = []
    at, cpu, order = 0, 0, 0
    while at + 4 <= len(data):
        head, = struct.unpack_from("<I", data, at)
        event, extra = head & 0x0FFFFFFF, head >> 28 & 7
        has_time = head >> 31
        size = 4 + 8 * has_time + 4 * extra
        if at + size > len(data):
            raise TraceError(f"{path}: ends within a record at byte {at}; "
                             "record it again, or cut it there")
        words = struct.unpack_from(f"<{extra}I", data,
                                   at + 4 + 8 * has_time)
        if event == CPU_CHANGE:
            cpu = words[0]
        elif has_time:
            time, = struct.unpack_from("<Q", data, at + 4)
            out.append((time, order, cpu, event, words))
            order += 1
        at += size
    if not out:
        raise TraceError(f"{path}: no records; was it written by xentrace or "
                         "lab run --trace?")
    out.sort()
    return [(t, c, e, w) for t, _, c, e, w in out]


def state_changes(recs):
    """(time, cpu, domain, vcpu, old, new) of the run state records."""
    for time, cpu, event, words in recs:
        if event & RUNSTATE_MASK == RUNSTATE_CHANGE and words and \
                words[0] >> 16 != IDLE:
            yield (time, cpu, words[0] >> 16, words[0] & 0xFFFF,
                   event >> 8 & 3, event >> 4 & 3)


def shared_core_time(recs, threads):
    """Time that vCPUs of different domains ran on one core, its threads being
    neighbours by number; and how often that began, also for no time."""
    running, since, total, times = {}, {}, 0, 0
    for time, cpu, domain, _, old, new in state_changes(recs):
        core = cpu // threads
        if core in since:
            total += time - since.pop(core)
        if new == RUNNING:
            running[cpu] = domain
        elif old == RUNNING:
            running.pop(cpu, None)
        if len({running[c] for c in range(core * threads, (core + 1) * threads)
                if c in running}) > 1:
            since[core] = time
            times += 1
    return total, times


def decisions(recs):
    """(time, cpu, domain, vcpu): who began to run where."""
    return [(t, c, d, v) for t, c, d, v, _, new in state_changes(recs)
            if new == RUNNING]


def intervals(recs, end=None):
    """{cpu: [(from, to, domain, vcpu)]}: who ran when."""
    running, out = {}, {}
    last = 0
    for t, cpu, d, v, old, new in state_changes(recs):
        last = t
        if old == RUNNING and (d, v) in running:
            since, where = running.pop((d, v))
            out.setdefault(where, []).append((since, t, d, v))
        if new == RUNNING:
            running[(d, v)] = (t, cpu)
    for (d, v), (since, where) in running.items():
        out.setdefault(where, []).append((since, end or last, d, v))
    return out


def behaviour(recs):
    """{(domain, vcpu): [(run, sleep)]}: what each wanted, policy apart.

    Time that it waited to run is left out: that was the scheduler's.
    """
    since, ran, out, sleeping = {}, {}, {}, {}
    for t, _, d, v, old, new in state_changes(recs):
        who = (d, v)
        if old == RUNNING and who in since:
            ran[who] = ran.get(who, 0) + t - since.pop(who)
        if old in (BLOCKED, OFFLINE) and who in sleeping:
            out.setdefault(who, []).append(
                (max(1, ran.pop(who, 0)), t - sleeping.pop(who)))
        if new == RUNNING:
            since[who] = t
        if new in (BLOCKED, OFFLINE) and ran.get(who):
            sleeping[who] = t
    for who, left in ran.items():
        out.setdefault(who, []).append((max(1, left), 10**15))
    return out


def diff(a, b, context=5):
    """Lines that lay two decision sequences side by side, or none."""
    first = [(c, d, v) for _, c, d, v in a]
    second = [(c, d, v) for _, c, d, v in b]
    n = min(len(first), len(second))
    at = next((i for i in range(n) if first[i] != second[i]), n)
    if at == len(first) == len(second):
        return at, []
    lines = [f"the first {at} decisions are the same; then:"]

    def show(seq, i):
        if i >= len(seq):
            return "(ends)".ljust(36)
        t, c, d, v = seq[i]
        return f"{t / 1e6:14.6f} ms  CPU {c:<3} d{d}v{v}".ljust(36)

    for i in range(max(0, at - context), at + context + 1):
        mark = "|" if i != at else ">"
        lines.append(f"{mark} {i:8} {show(a, i)} | {show(b, i)}")
    return at, lines


def figures(recs, end):
    """{domain: (running ns, times it began to run, mean wait in ns)}."""
    since, ran, runs, waited, waits = {}, {}, {}, {}, {}
    for t, _, d, v, old, new in state_changes(recs):
        who = (d, v)
        if old == RUNNING and who in since:
            ran[d] = ran.get(d, 0) + t - since.pop(who)
        if new == RUNNABLE:
            waited[who] = t
        if new == RUNNING:
            since[who] = t
            runs[d] = runs.get(d, 0) + 1
            if who in waited:
                waits.setdefault(d, []).append(t - waited.pop(who))
    for (d, _), t in since.items():
        ran[d] = ran.get(d, 0) + end - t
    return {d: (ran.get(d, 0), runs[d],
                sum(waits.get(d, [0])) / max(1, len(waits.get(d, []))))
            for d in sorted(runs)}


def waits(recs, end):
    """(since, until, domain, vcpu): who could run and did not."""
    since = {}
    for t, _, d, v, _, new in state_changes(recs):
        if (d, v) in since:
            yield since.pop((d, v)), t, d, v
        if new == RUNNABLE:
            since[(d, v)] = t
    for (d, v), t in since.items():
        yield t, end, d, v


def waits_across(recs, reigns, end):
    """(ns, policies): a wait into which a change fell, from its beginning to
    its end, and whose reigns it touched."""
    starts = [t for t, _ in reigns]
    for since, until, _, _ in waits(recs, end):
        i = max(0, bisect.bisect_right(starts, since) - 1)
        j = bisect.bisect_left(starts, until)
        if j > i + 1:
            yield until - since, [name for _, name in reigns[i:j]]


def longest_waits(recs, reigns, end):
    """{policy: longest time in ns that somebody waited in one reign}.

    @reigns is [(time, policy)] in order of time; a wait across a change is
    counted in each reign for itself."""
    starts = [t for t, _ in reigns]
    out = dict.fromkeys((name for _, name in reigns), 0)
    for since, until, _, _ in waits(recs, end):
        i = max(0, bisect.bisect_right(starts, since) - 1)
        while since < until:
            to = min(until, starts[i + 1] if i + 1 < len(starts) else end)
            name = reigns[i][1]
            out[name] = max(out[name], to - since)
            since, i = max(to, since + 1), i + 1
    return out
