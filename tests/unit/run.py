#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs unit test binaries, two at a time, and adds up their last lines.

A binary that crashes (a sanitizer's finding, for one) counts as one failure.
Prints the output of what failed, and a last line "N passed, N failed".
"""
import concurrent.futures
import os
import re
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from tests.boot.matrix import patience  # noqa: E402  pylint: disable=wrong-import-position

# On an idle machine; a laden one gets more (tests/boot/matrix.py).
TIMEOUT_S = 120


def run(path):
    """Returns (name, passed, failed, output)."""
    limit = patience(TIMEOUT_S)
    name = os.path.basename(path)
    env = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1",
               ASAN_OPTIONS="detect_leaks=0:abort_on_error=0")
    try:
        done = subprocess.run([path], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=limit,
                              env=env, check=False)
    except subprocess.TimeoutExpired as late:
        return name, 0, 1, (late.stdout or b"").decode(errors="replace") + \
            f"no end after {limit:.0f} s\n"
    text = done.stdout.decode(errors="replace")
    lines = text.splitlines()
    match = re.fullmatch(r"(\d+) passed, (\d+) failed",
                         lines[-1] if lines else "")
    if match is None or (done.returncode != 0 and match[2] == "0"):
        return name, 0, 1, text + f"exit code {done.returncode}\n"
    return name, int(match[1]), int(match[2]), text


def main():
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, good, bad, text in pool.map(run, sys.argv[1:]):
            passed += good
            failed += bad
            if bad:
                print(f"--- {name}")
                print(text, end="")
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
