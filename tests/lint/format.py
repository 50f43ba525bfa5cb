#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Form, by clang-format with the .clang-format of the root. People break
lines where the meaning breaks, so a source may differ from clang-format's
taste in places; it fails when it differs in more than PER_100_LINES."""
import collections
import concurrent.futures
import re
import shutil
import subprocess
import sys

from common import ROOT, Report, files, read

PER_100_LINES = 12
FREE = 5
BATCH = 40


def differences(paths):
    """Number of places in each file, from one clang-format."""
    done = subprocess.run(["clang-format", "--dry-run", *paths], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    counts, lines = collections.Counter(), {}
    for path, number in re.findall(r"^([^:\n]+):(\d+):\d+: warning:",
                                   done.stderr, re.M):
        if path not in lines:
            lines[path] = read(path).split("\n")
        # Where a macro's backslashes stand is nobody's business.
        if not lines[path][int(number) - 1].endswith("\\"):
            counts[path] += 1
    return counts


def main():
    report = Report("format")
    if shutil.which("clang-format") is None:
        print("format: clang-format is not installed")
        print("0 passed, 1 failed")
        return 1
    paths = [p for p in files(".c") if not p.startswith("tests/")]
    batches = [paths[i:i + BATCH] for i in range(0, len(paths), BATCH)]
    counts = collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for found in pool.map(differences, batches):
            counts.update(found)
    findings = []
    for path in paths:
        lines = read(path).count("\n")
        if counts[path] > FREE + lines * PER_100_LINES // 100:
            findings.append(f"{path}: clang-format would change "
                            f"{counts[path]} places")
    report.rule("clang_format", findings)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
