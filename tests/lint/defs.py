#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables (*.def): no row twice, rows that have a number in order, every
table expanded by somebody."""
import re
import sys

from common import Report, code_of, files, read

ROW = re.compile(r"^([A-Z][A-Z0-9_]*)\(([^\n]*)\)", re.M)

# Tables whose rows stand in an order of their own, or repeat a key.
UNORDERED = {"arch/x86/emul/decode_tables.def"}


def rows(path):
    """(macro, line number, arguments) of each row."""
    text = code_of(read(path))
    raw = read(path).split("\n")
    for match in ROW.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        source = raw[line - 1]
        args = source[source.index("(") + 1:]
        yield match.group(1), line, [a.strip() for a in args.split(",")]


def main():
    report = Report("defs")
    twice, order, unused = [], [], []
    users = "\n".join(read(p) for p in files(".c", ".h", ".py", ".S", ".def",
                                             ".mk", "Makefile"))
    for path in files(".def"):
        seen, last = {}, {}
        for macro, line, args in rows(path):
            key = (macro, tuple(args))
            if key in seen:
                twice.append(f"{path}:{line}: as line {seen[key]}")
            seen[key] = line
            if path in UNORDERED or not re.match(r"(0x)?[0-9a-fA-F]+$",
                                                 args[0]):
                continue
            number = int(args[0], 0)
            if number < last.get(macro, -1):
                order.append(f"{path}:{line}: {macro}({args[0]}) is out of "
                             "order")
            last[macro] = number
        if f"<{path}>" not in users and f'"{path}"' not in users:
            unused.append(f"{path}: nobody includes this table")
    report.rule("twice", twice)
    report.rule("order", order)
    report.rule("unused", unused)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
