#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs clang-tidy, two files at a time: tidy.py FILE... -- FLAG...
Prints each finding once, and a last line "N passed, N failed", in files."""
import concurrent.futures
import re
import subprocess
import sys

from common import ROOT

FINDING = re.compile(r"^(?:" + re.escape(ROOT) + r"/)?([^\s:]+:\d+:\d+: "
                     r"(?:warning|error): .*)$", re.M)


def main():
    split = sys.argv.index("--")
    paths, flags = sys.argv[1:split], sys.argv[split + 1:]

    def tidy(path):
        done = subprocess.run(
            ["clang-tidy", "--quiet", path, "--", *flags], cwd=ROOT,
            capture_output=True, text=True, check=False)
        return done.returncode, FINDING.findall(done.stdout)

    seen, failed = set(), 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, (code, findings) in zip(paths, pool.map(tidy, paths)):
            for finding in findings:
                if finding not in seen:
                    print(finding)
                    seen.add(finding)
            if code != 0 and not findings:
                print(f"{path}: clang-tidy could not read it")
            failed += bool(findings) or code != 0
    print(f"{len(paths) - failed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
