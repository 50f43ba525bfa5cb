# SPDX-License-Identifier: GPL-2.0-or-later
"""Do two traces of one experiment agree?

They do if one begins with the whole sequence of decisions of the other, or
else if what each domain got is within TOLERANCE: its CPU time, how often it
began to run, and its mean wait, where COST_NS more or less is the costs'.
"""
from trace import (decisions, diff, figures, longest_waits, state_changes,
                   waits, waits_across)

TOLERANCE = 0.01
COST_NS = 1000
WHAT = ("CPU time", "began to run", "mean wait")


def parts(x, y):
    """Relative differences of two domains' figures."""
    out = [(q / p - 1) if p else float(q != p) for p, q in zip(x, y)]
    if abs(y[2] - x[2]) <= COST_NS:
        out[2] = 0.0
    return out


def verdict(a, b, end):
    """(agree, text) for two lists of records."""
    one, two = decisions(a), decisions(b)
    same, _ = diff(one, two)
    if same and same == min(len(one), len(two)):
        return True, f"verdict: the same {same} decisions"
    left, right = figures(a, end), figures(b, end)
    worst = (0.0, "nothing", "")
    for d in sorted(left.keys() | right.keys()):
        found = parts(left.get(d, (0, 0, 0)), right.get(d, (0, 0, 0)))
        worst = max(worst, *((abs(p), what, f" of d{d}")
                             for p, what in zip(found, WHAT)))
    agree = worst[0] <= TOLERANCE
    return agree, (f"verdict: {same} decisions the same, statistics "
                   f"{'agree' if agree else 'DIFFER'}; most by "
                   f"{100 * worst[0]:.2f} %, {worst[1]}{worst[2]}")


def side_by_side(a, b, end, names=()):
    """Lines: where two lists of records part, what each domain got in both,
    and the verdict."""
    same, lines = diff(decisions(a), decisions(b))
    yield f"the same decisions: {same} of {len(decisions(a))}"
    yield from lines
    yield (f"{'':20} {'CPU time':>22} {'':8} {'began to run':>17} {'':8} "
           f"{'mean wait, us':>20}")
    left, right = figures(a, end), figures(b, end)
    for d in sorted(left.keys() | right.keys()):
        name = names[d] if d < len(names) else f"d{d}"
        x, y = left.get(d, (0, 0, 0)), right.get(d, (0, 0, 0))
        part = [100 * p for p in parts(x, y)]
        yield (f"{name:20} {x[0] / 1e6:10.3f} {y[0] / 1e6:8.3f} ms "
               f"{part[0]:+6.2f} % {x[1]:8} {y[1]:8} {part[1]:+6.2f} % "
               f"{x[2] / 1e3:9.2f} {y[2] / 1e3:9.2f} {part[2]:+6.2f} %")
    yield verdict(a, b, end)[1]


def reigns(exp):
    """[(time, policy)] of the pool whose policy changes; [] if none does."""
    for a in exp["action"]:
        if a["do"] == "policy" and a["every"]:
            times = range(a["at"], exp["duration"], a["every"])
            return [(0, exp["pool"][a["pool"]]["policy"])] + [
                (t, a["policies"][i % len(a["policies"])])
                for i, t in enumerate(times)]
    return []


def longest_wait(recs):
    """How long somebody waited at most, ns; at the end of @recs as well."""
    end = max(t for t, *_ in state_changes(recs))
    return max(until - since for since, until, _, _ in waits(recs, end))


def longer_by_changes(recs, rows, end, alone):
    """By how many ns the longest wait into which a change fell is longer than
    the longest under any one of its policies, which @alone has by name.  Who
    waits under null waits for its end: that is left out."""
    return max(ns - max(alone[name] for name in names)
               for ns, names in waits_across(recs, rows, end)
               if "null" not in names)


def reign_lines(exp, a, b, alone):
    """Lines: the longest wait in a reign of each policy, in both traces, and
    what it is under the policy alone."""
    rows = reigns(exp)
    if rows:
        end = exp["duration"]
        yield (f"{len(rows) - 1} changes of policy; the longest wait in one "
               "reign, ms, and under the policy alone:")
        one, two = (longest_waits(r, rows, end) for r in (a, b))
        for name in one:
            yield (f"{name:20} {one[name] / 1e6:10.3f} {two[name] / 1e6:10.3f}"
                   f" {alone[name] / 1e6:10.3f}")
        one, two = (longer_by_changes(r, rows, end, alone) for r in (a, b))
        yield (f"{'longer by a change':20} {one / 1e6:10.3f} "
               f"{two / 1e6:10.3f}")
