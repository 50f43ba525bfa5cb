#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The form of files: licence line, opening paragraph, guards, width, tabs,
private headers, and nothing that belongs to one machine only."""
import os
import re
import sys

from common import Report, code_of, files, read

SPDX = "SPDX-License-Identifier: GPL-2.0-or-later"
SOURCES = (".c", ".h", ".S", ".def")
SCRIPTS = (".py", ".mk", ".sh", ".ld")
WIDTH, WIDTH_TABLE = 80, 100

# Paths and hosts of one machine. Built from parts: this file is checked too.
PRIVATE = re.compile(
    "/" + "work/|/" + r"root/\.|/" + r"home/\w|artif" + "actory|"
    r"\bgo" + r"proxy\b|\.inter" + r"nal\b|://(?:\d+\.){3}\d+")

# Where inline assembly and packed access to hardware may live (style, 5.8).
INLINE_ASM = re.compile(
    r"^(arch/x86/(asm|cpu|mm|svm|vmx|hvm)/|core/lib/(compiler|util)\.h|"
    r"core/arch/arch_(cpu|io)\.h|core/sync/(atomic|barrier|spinlock)\.h|"
    r"boot/|tests/|dom0/|lab/)")


def check_spdx(path, text):
    first = text.split("\n", 2)[:2]
    if not any(SPDX in line for line in first):
        return f"{path}:1: no line {SPDX}"
    return None


def check_paragraph(path, text):
    """C files open with a comment of at least one sentence."""
    match = re.match(r"/\* SPDX[^\n]*\*/\n(/\*.*?\*/)", text, re.S)
    if not match or len(match.group(1)) < 25:
        return f"{path}:2: no paragraph says what the file does"
    return None


def check_guard(path, text):
    want = re.sub(r"\W", "_", path).upper()
    match = re.search(r"^#ifndef (\w+)\n#define (\w+)", text, re.M)
    if not match or match.group(1) != want or match.group(2) != want:
        return f"{path}: the include guard is not {want}"
    return None


def check_lines(path, text, findings):
    is_table = path.endswith(".def") or "arch/x86/hw/" in path
    width = WIDTH_TABLE if is_table else WIDTH
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{path}:{number}:"
        # A string that is shown to the user may run on.
        limit = WIDTH_TABLE if '"' in line else width
        if len(line) > limit and path.endswith(SOURCES):
            findings["width"].append(f"{where} {len(line)} columns")
        if "\t" in line and path.endswith(SOURCES):
            findings["tabs"].append(f"{where} a tab")
        if line != line.rstrip():
            findings["blanks"].append(f"{where} blanks at the end")
        if PRIVATE.search(line):
            findings["private"].append(f"{where} belongs to one machine: "
                                       f"{line.strip()}")
    if text and not text.endswith("\n"):
        findings["blanks"].append(f"{path}: no newline at the end")


def check_priv(path, text, findings):
    for match in re.finditer(r"#include <([^>]*_priv\.h)>", text):
        if os.path.dirname(match.group(1)) != os.path.dirname(path) and \
                not path.startswith(("tests/", "lab/")):
            findings["priv"].append(
                f"{path}: {match.group(1)} belongs to another folder")


def check_code(path, text, findings):
    code = code_of(text)
    if not path.startswith(("tests/", "lab/")):
        for match in re.finditer(r"^\s*typedef\s+struct\s+\w+", code, re.M):
            number = code.count("\n", 0, match.start()) + 1
            findings["typedef"].append(f"{path}:{number}: typedef of struct")
    if "asm" in code and not INLINE_ASM.match(path):
        for match in re.finditer(r"\b(__)?asm(__)?\b", code):
            number = code.count("\n", 0, match.start()) + 1
            findings["inline_asm"].append(
                f"{path}:{number}: inline assembly in this file")
    for match in re.finditer(r"^\s+(unsigned |signed )?(u?int\d*(_t)?|int|"
                             r"bool|char|short|long)\s+\w+\s*:\s*\d+\s*;",
                             code, re.M):
        number = code.count("\n", 0, match.start(1)) + 1
        if not path.startswith(("tests/", "core/abi/")):
            findings["bitfield"].append(f"{path}:{number}: C bitfield")


def main():
    report = Report("headers")
    rules = ("spdx", "paragraph", "guard", "width", "tabs", "blanks",
             "private", "priv", "typedef", "inline_asm", "bitfield")
    findings = {rule: [] for rule in rules}
    for path in files(*SOURCES, *SCRIPTS, "Makefile", ".md", ".in", ".txt"):
        text = read(path)
        if path.endswith(SOURCES + SCRIPTS + ("Makefile",)) and text:
            findings["spdx"].append(check_spdx(path, text))
        if path.endswith(SOURCES):
            findings["paragraph"].append(check_paragraph(path, text))
            check_priv(path, text, findings)
        if path.endswith((".c", ".h")):
            check_code(path, text, findings)
        if path.endswith(".h"):
            findings["guard"].append(check_guard(path, text))
        check_lines(path, text, findings)
    for rule in rules:
        report.rule(rule, [f for f in findings[rule] if f])
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
