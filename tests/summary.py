#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the parts of `make test` and add up their results.

    summary.py NAME=COMMAND ...

Each part runs to its end whatever the others did, its output going to the
terminal. Its result is the last line "N passed, N failed" it prints; a part
that prints none counts as one, passed if its exit status is 0. The last line
printed is the sum, and the exit status says whether all is well."""

import re
import subprocess
import sys
import time


def run(name, command):
    """Run one part; return (passed, failed)."""
    print(f"=== {name}: {command}", flush=True)
    begin = time.monotonic()
    found = None
    with subprocess.Popen(command, shell=True, text=True, errors="replace",
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as part:
        for line in part.stdout:
            print(line, end="", flush=True)
            match = re.match(r"(\d+) passed, (\d+) failed\s*$", line)
            found = match or found
    status = part.returncode
    passed, failed = (int(found[1]), int(found[2])) if found else (0, 0)
    if status and not failed:
        failed = 1
    if not found and not status:
        passed = 1
    seconds = time.monotonic() - begin
    print(f"=== {name}: {passed} passed, {failed} failed, {seconds:.0f} s",
          flush=True)
    return passed, failed


def main():
    """NAME=COMMAND ..."""
    sums = [run(*part.split("=", 1)) for part in sys.argv[1:]]
    passed = sum(good for good, _ in sums)
    failed = sum(bad for _, bad in sums)
    print(f"{passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
