#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs all lint scripts; the last line is "N passed, N failed", in rules."""
import concurrent.futures
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = ("layers", "sizes", "headers", "names", "defs", "format")


def run(name):
    done = subprocess.run([sys.executable, os.path.join(HERE, name + ".py")],
                          capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    match = re.fullmatch(r"(\d+) passed, (\d+) failed",
                         lines[-1] if lines else "")
    if match is None:
        return lines + [f"{name}.py broke"], 0, 1
    return lines[:-1], int(match[1]), int(match[2])


def main():
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for lines, good, bad in pool.map(run, SCRIPTS):
            for line in lines:
                print(line)
            passed += good
            failed += bad
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
