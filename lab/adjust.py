# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest's policy is told, in the simulator and on the machine."""


def adjust_words(g, policy):
    """What the guest's policy takes of its parameters: the form of
    XEN_DOMCTL_scheduler_op (0: none, 1: credit2's, 2: rtds's) and three
    numbers for it, of which in the second form 0 is what the policy has."""
    weight, us = g["weight"] or 0, 1000
    if policy == "rtds":
        v = g["reserve"]
        return [2, v["period"] // us, v["budget"] // us, int(v["extra"])] \
            if v else [0] * 4
    if policy in ("pact", "tableau"):
        v = g["contract"]
        return [2, v["delay"] // us, round(v["share"] * 1000),
                int(not g["cap"])] if v else [0] * 4
    if policy == "bvt":
        v = g["warp"] or {"by": 0, "limit": 0, "unwarp": 0}
        return [2, v["by"] // us, v["limit"] // us,
                v["unwarp"] // 10**6 << 16 | weight]
    if policy == "eevdf":
        return [2, (g["request"] or 0) // us, weight, 0]
    return [1, weight or 256, g["cap"] or 0, 0]
