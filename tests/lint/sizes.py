#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sizes: files, functions, nesting, parameters, hooks, conditional code,
and with --budget the code lines of each folder against docs/architecture.md.
"""
import re
import sys

from common import Report, code_of, files, functions, plain_of, read

FILE_LINES = 600
FUNCTION_LINES = 60
FUNCTION_HARD = 100
NESTING = 3
PARAMS = 6
COMPLEXITY = 15
HOOKS = 20
IFS_PER_1000 = 2
ASSEMBLY_LINES = 1500
ENTRY_LINES = 200

# Code lines, in the order of the architecture document.
BUDGETS = [
    ("boot", 1200), ("core/abi", 400), ("core/lib", 2000),
    ("core/arch", 400), ("core/sync", 500), ("core/mm", 1600),
    ("core/kernel", 1600), ("core/console", 600), ("core/trace", 600),
    ("core/domain", 1300), ("core/sched", 2400), ("core/evtchn", 1200),
    ("core/gnttab", 1800), ("core/vpci", 1800), ("core/hypercall", 3200),
    ("core/dom0", 1100), ("core/init", 300),
    ("arch/x86/asm", 400), ("arch/x86/hw", 1600), ("arch/x86/cpu", 2800),
    ("arch/x86/mm", 1200), ("arch/x86/hvm", 3400), ("arch/x86/p2m", 1700),
    ("arch/x86/emul", 2000), ("arch/x86/vdev", 3000), ("arch/x86/vmx", 2900),
    ("arch/x86/svm", 2200),
    ("drivers/serial", 400), ("drivers/video", 400), ("drivers/acpi", 1300),
    ("drivers/pci", 900), ("drivers/irq", 1000), ("drivers/timer", 600),
    ("drivers/iommu", 3300),
]
TOTAL = 25000
DOM0 = 9000             # The in-tree control domain, which is a guest.
PRIVILEGED = ("boot/", "core/", "arch/", "drivers/")


def code_lines(path):
    """Lines that hold more than blanks and comments."""
    return sum(1 for line in code_of(read(path)).split("\n") if line.strip())


def budget():
    """One line a folder. Budgets of folders are for judging, the total is
    the limit."""
    sums = {folder: 0 for folder, _ in BUDGETS}
    other = 0
    for path in files(".c", ".h", ".S", ".def"):
        if not path.startswith(PRIVILEGED):
            continue
        lines = code_lines(path)
        for folder in sums:
            if path.startswith(folder + "/"):
                sums[folder] += lines
                break
        else:
            other += lines
    for folder, limit in BUDGETS:
        is_over = sums[folder] > limit
        print(f"{folder:16} {sums[folder]:6} of {limit:6}"
              f"{'  OVER' if is_over else ''}")
    total = sum(sums.values()) + other
    print(f"{'elsewhere':16} {other:6}")
    print(f"{'privileged':16} {total:6} of {TOTAL:6}"
          f"{'  OVER' if total > TOTAL else ''}")
    dom0 = dom0_lines()
    print(f"{'dom0':16} {dom0:6} of {DOM0:6}"
          f"{'  OVER' if dom0 > DOM0 else ''}")
    return total > TOTAL or dom0 > DOM0


def dom0_lines():
    return sum(code_lines(path) for path in files(".c", ".h", ".S", ".def")
               if path.startswith("dom0/"))


def check_dom0(report):
    """A finding for each hundred lines above, begun or whole."""
    lines = dom0_lines()
    report.rule("dom0_size", [f"dom0: {lines} code lines, at most {DOM0}"] *
                -(-max(lines - DOM0, 0) // 100))


def check_files(report):
    hard, ifs, todo = [], [], []
    for path in files(".c", ".h", ".S", ".def", ".py", ".mk"):
        text = read(path)
        lines = text.count("\n")
        if lines > FILE_LINES:
            hard.append(f"{path}: {lines} lines, at most {FILE_LINES}")
        if path == "tests/lint/sizes.py":
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                todo.append(f"{path}:{number}: {line.strip()}")
        if path.endswith(".c") and not path.startswith("tests/"):
            count = len(re.findall(r"^\s*#\s*if", text, re.M))
            if count > max(2, lines * IFS_PER_1000 // 1000):
                ifs.append(f"{path}: {count} conditional parts")
    report.rule("file_lines", hard)
    report.rule("todo", todo)
    report.rule("ifs", ifs)


def check_functions(report):
    found = {key: [] for key in ("function_lines", "function_hard",
                                 "nesting", "params", "complexity")}
    for path in files(".c", ".h"):
        for f in functions(path):
            where = f"{path}:{f.line}: {f.name}():"
            # Cases of one line each make a table, not a long function.
            rows = len(re.findall(r"^\s*(case\b|default:).*(;|:|fallthrough;"
                                  r"|\})\s*$", f.body, re.M))
            lines = f.lines - (rows if rows > 8 else 0)
            if lines > FUNCTION_HARD:
                found["function_hard"].append(f"{where} {lines} lines")
            if lines > FUNCTION_LINES:
                found["function_lines"].append(
                    f"{where} {lines} lines, at most {FUNCTION_LINES}")
            if f.depth() > NESTING:
                found["nesting"].append(f"{where} nested {f.depth()} deep")
            if f.params > PARAMS:
                found["params"].append(f"{where} {f.params} parameters")
            if f.complexity() > COMPLEXITY and not path.startswith("tests/"):
                found["complexity"].append(
                    f"{where} {f.complexity()} decisions")
    for rule, findings in found.items():
        report.rule(rule, findings)


def check_hooks(report):
    """Structs of function pointers."""
    found = []
    for path in files(".h"):
        text = plain_of(read(path))
        for match in re.finditer(r"struct (\w+_ops) \{(.*?)\n\};", text,
                                 re.S):
            hooks = len(re.findall(r"\(\*\w+\)\s*\(", match.group(2)))
            if hooks > HOOKS:
                found.append(f"{path}: struct {match.group(1)} has {hooks} "
                             f"hooks, at most {HOOKS}")
    report.rule("hooks", found)


def check_assembly(report):
    found, total = [], 0
    for path in files(".S"):
        if not path.startswith(PRIVILEGED):
            continue
        lines = code_lines(path)
        total += lines
        if re.search(r"/(vmx|svm)_entry\.S$", path) and lines > ENTRY_LINES:
            found.append(f"{path}: {lines} lines, at most {ENTRY_LINES}")
    if total > ASSEMBLY_LINES:
        found.append(f"assembly: {total} lines, at most {ASSEMBLY_LINES}")
    report.rule("assembly", found)


def main():
    if "--budget" in sys.argv:
        return budget()
    report = Report("sizes")
    check_files(report)
    check_functions(report)
    check_hooks(report)
    check_assembly(report)
    check_dom0(report)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
