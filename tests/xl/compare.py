#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare what the tools printed on two machines: compare.py ROW ROW

Each test of tests/xl keeps the output of its commands in build/xl/ROW. What
differs between any two runs (domain numbers, times, UUIDs, addresses) is
replaced by its kind first; the rest is a difference of the hypervisors, and
docs/xl.md explains it. Exit status 1 if there is any."""

import difflib
import pathlib
import re
import sys

RECORDS = pathlib.Path(__file__).resolve().parents[2] / "build" / "xl"
# In this order; what an earlier one replaced is not seen by a later one.
KINDS = [
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
     "UUID"),
    (r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", "MAC"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*", "TIME"),
    (r"(\d+ days?, *)?\b\d+:\d\d:\d\d\b", "SPAN"),
    (r"(/local/domain/|/vm/|/libxl/|backend/\w+/)[1-9]\d*", r"\1ID"),
    (r'((?:domid|port|ring-ref|tty|pid|state|\w*-id) = )"[^"]*"', r'\1"N"'),
    # Columns of xl list and xl vcpu-list.
    (r"^((?:guest|tiny|first|other|small)\w* +)\d+", r"\1ID"),
    (r"([-r][-b][-p]\S* +)\d+\.\d+", r"\1SECONDS"),
    (r'("domid": )[1-9]\d*', r"\1ID"),
    # Which ports and grants a front end got.
    (r"^(\d{5} +\d+ +)\d+( +\d+ +)\d+ +\d+", r"\1ID\2PORT REF"),
    (r" \d+/\d+ +(?=/local)", " REF/REF "),
    # CPU(sec) of xentop.
    (r"^( *\S+ [-d][-s][-b][-c][-p][-r] +)\d+", r"\1SECONDS"),
    # A guest with nothing to do runs now and then.
    (r"(?<= )[-r][-b]([-p](?:[-s][-c][-d])?)(?= )", r"RB\1"),
    (r"(?<= )([-d][-s])[-b]([-c][-p])[-r](?= )", r"\1B\2R"),
    # Of its kernel's messages.
    (r"\d+\.\d+ (MHz|BogoMIPS)( \(lpj=\d+\))?", r"\1"),
    (r"(?<=audit\()\d+\.\d+", "TIME"),
    (r"(?<=sched_clock: Marking stable ).*", "TIME"),
    (r"(?<=\(elapsed )\d+\.\d+", "TIME"),
    (r"\(\d+\): drop_caches", "(PID): drop_caches"),
    # What Shell counts its commands by.
    (r"(?<='==')'\d+'", "'N'"),
    (r"\b([Dd]omain )[1-9]\d*\b", r"\1ID"),
    (r"(?<![\w.-])\d+\.\d(?![\w.-])", "SECONDS"),
    (r" +$", ""),
    (r"  +", "  "),
    # What the network has carried so far, of xentop.
    (r"^( *\S+ ..B..R( +\S+){8}) +\d+ +\d+", r"\1 KIB KIB"),
]
# Lines on which the hypervisors differ by nature.
SAID = (r"^(?:cc_comp|xen_(?:extra|version|changeset|commandline)|build_id|"
        r"free_memory|cpu_mhz| hrtimer: interrupt took| Xen version:)")


def normal(text):
    """The lines that matter, with what varies replaced by its kind."""
    lines = []
    for line in text.splitlines():
        if re.match(SAID, line):
            continue
        for pattern, kind in KINDS:
            line = re.sub(pattern, kind, line)
        lines.append(line)
    return lines


def main():
    """ROW ROW"""
    first, second = (RECORDS / name for name in sys.argv[1:3])
    one, other = ({p.name for p in f.iterdir()} for f in (first, second))
    names = sorted(one & other)
    count = 0
    for name in names:
        both = [folder / name for folder in (first, second)]
        texts = [normal(p.read_text()) for p in both]
        diff = list(difflib.unified_diff(*texts, *map(str, both), n=0,
                                         lineterm=""))
        count += bool(diff)
        print("\n".join(diff) if diff else f"=== {name}: the same")
    for folder, alone in ((first, one - other), (second, other - one)):
        if alone:
            print(f"only in {folder}: {' '.join(sorted(alone))}")
    print(f"{len(names) - count} the same, {count} differ")
    return count != 0 or one != other


if __name__ == "__main__":
    sys.exit(main())
