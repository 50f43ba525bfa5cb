# SPDX-License-Identifier: GPL-2.0-or-later
"""What is computed from the simulator's numbers: shares, indices, sums."""


def jain(values):
    """Jain's fairness index of @values; 1 is equal, 1/n is one for all."""
    squares = sum(v * v for v in values)
    return sum(values) ** 2 / (len(values) * squares) if squares else 1.0


def fair_shares(wants, capacity):
    """Shares of @capacity by weight, none above its own limit.

    @wants: list of (weight, limit). Water is filled up until it is used or
    all are at their limits.
    """
    share = [0.0] * len(wants)
    open_ = set(range(len(wants)))
    left = capacity
    while open_ and left > 1e-12:
        weights = sum(wants[i][0] for i in open_)
        full = {i for i in open_
                if left * wants[i][0] / weights >= wants[i][1] - share[i]}
        if not full:
            for i in open_:
                share[i] += left * wants[i][0] / weights
            break
        for i in full:
            left -= wants[i][1] - share[i]
            share[i] = wants[i][1]
        open_ -= full
    return share


# Policies that do not share by what guests weigh, or do not share at all.
WEIGHTLESS = ("rr",)
UNSHARED = ("null", "rtds", "arinc653", "tableau")


def weight_of(guest, policy):
    """What a vCPU of @guest counts under @policy; pact's is its share."""
    if policy in WEIGHTLESS:
        return 1
    if policy == "pact":
        return (guest["contract"] or {}).get("share") or 0.02
    return guest["weight"] or 256


def add_weight_errors(result, instances, cpus_of_pool, policies):
    """For guests that always want to run: how far from their fair part."""
    for pool in {g["pool"] for _, g in instances}:
        if policies[pool] in UNSHARED:
            continue
        mine = [(r, g) for r, (_, g) in zip(result["guests"], instances)
                if g["pool"] == pool]
        hogs = [(r, g) for r, g in mine if g["load"] == "hog" and
                not g["affinity"] and g["start"] == 0 and not g["stop"]]
        others = sum(sum(r["cpu_ns"]) for r, g in mine
                     if (r, g) not in hogs)
        capacity = cpus_of_pool[pool] - others / result["duration_ns"]
        wants = []
        for _, g in hogs:
            limit = float(g["vcpus"])
            if g["cap"]:
                limit = min(limit, g["cap"] / 100)
            wants.append((weight_of(g, policies[pool]) * g["vcpus"], limit))
        for (r, _), fair in zip(hogs, fair_shares(wants, capacity)):
            got = sum(r["cpu_ns"]) / result["duration_ns"]
            r["fair_share"] = fair
            r["weight_error"] = (got - fair) / fair if fair else 0.0


def summarise(result, exp, instances):
    """Add what only Python computes to one run's result."""
    cpus = {i: len(set(p["cpus"] or ())) for i, p in enumerate(exp["pool"])}
    cpus[0] = exp["cpus"] - sum(n for i, n in cpus.items() if i > 0)
    seconds = result["duration_ns"] / 1e9
    add_weight_errors(result, instances, cpus,
                      [p["policy"] for p in exp["pool"]] or ["credit2"])
    for r in result["guests"]:
        used = sum(r["cpu_ns"])
        r["share"] = used / result["duration_ns"]
        r["throughput"] = r["jobs"] / seconds
        r["jain"] = jain(r["cpu_ns"])
    hogs = [r["share"] / r["fair_share"] for r in result["guests"]
            if r.get("fair_share")]
    result["jain"] = jain(hogs) if hogs else None
    result["weight_error"] = max(
        (abs(r["weight_error"]) for r in result["guests"]
         if "weight_error" in r), default=None)
    result["misses"] = sum(r["misses"] for r in result["guests"])
    result["jobs"] = sum(r["jobs"] for r in result["guests"])
    result["utilisation"] = result["busy_ns"] / (
        exp["cpus"] * result["duration_ns"])
    result["decisions_per_s"] = result["decisions"] / seconds
    return result


def group_by_table(result, exp):
    """One entry for each [[guest]] table: its domains together."""
    groups = []
    at = 0
    for g in exp["guest"]:
        mine = result["guests"][at:at + g["count"]]
        at += g["count"]
        groups.append({
            "name": g["name"], "load": g["load"], "domains": len(mine),
            "jobs": sum(r["jobs"] for r in mine),
            "misses": sum(r["misses"] for r in mine),
            "share": sum(r["share"] for r in mine),
            "throughput": sum(r["throughput"] for r in mine),
            "jain": jain([r["share"] for r in mine]),
            "weight_error": max((abs(r["weight_error"]) for r in mine
                                 if "weight_error" in r), default=None),
            **{kind: merge([r[kind] for r in mine])
               for kind in ("delay", "wait", "response")},
        })
    return groups


def merge(hists):
    """Histograms as the simulator writes them, added up."""
    buckets = {}
    for h in hists:
        for top, n in h["cdf"]:
            buckets[top] = buckets.get(top, 0) + n
    cdf = sorted(buckets.items())
    count = sum(n for _, n in cdf)
    total = sum(h["mean"] * h["count"] for h in hists)
    return {
        "count": count, "mean": total / count if count else 0.0,
        "p50": quantile(cdf, count, 0.5), "p99": quantile(cdf, count, 0.99),
        "p999": quantile(cdf, count, 0.999),
        "max": max((h["max"] for h in hists), default=0), "cdf": cdf,
    }


def quantile(cdf, count, share):
    seen = 0
    for top, n in cdf:
        seen += n
        if seen >= count * share:
            return top
    return 0
