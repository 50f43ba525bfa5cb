#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Names: at least 95 % of the public functions begin with the name of their
file or folder, none with an underscore, and predicates return bool."""
import os
import re
import sys

from common import Report, files, functions, plain_of, read

SHARE = 95
OWN = ("boot/", "core/", "arch/", "drivers/")

# Names that a standard or the language gives: no prefix of ours.
STANDARD = {
    "memcpy", "memmove", "memset", "memcmp", "memchr", "strlen", "strnlen",
    "strcmp", "strncmp", "strchr", "strrchr", "strstr", "snprintf",
    "vsnprintf", "__stack_chk_fail", "malloc", "free",
}

# Folders whose functions carry another agreed prefix (docs/style.md).
PREFIXES = {
    "core/hypercall": ("hcall", "do", "domctl", "sysctl"),
    "core/arch": ("arch", "guest", "p2m", "irq", "cpu"),
    "core/evtchn": ("evtchn",),
    "core/console": ("con", "printk"),
    "core/sync": ("spin", "atomic", "rcu", "quiesce"),
    "core/domain": ("vcpu", "dom"),
    "arch/x86/mm": ("pt", "page", "tlb", "map", "arch", "mm"),
    "arch/x86/cpu": ("arch", "cpu", "trap", "tsc"),
    "arch/x86/hvm": ("hvm", "arch", "guest", "vcpu"),
    "arch/x86/p2m": ("p2m", "ept", "npt", "arch"),
    "boot": ("boot", "mb2", "efi"),
    "drivers/serial": ("uart",),
    "drivers/irq": ("irq", "ioapic", "i8259", "arch"),
}


def allowed(path):
    """Prefixes that fit a file: its own name, its folders', agreed ones."""
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    out = {stem, stem.split("_")[0]}
    out.update(folder.split("/")[-2:])
    while folder:
        out.update(PREFIXES.get(folder, ()))
        folder = os.path.dirname(folder)
    return out - {"core", "x86"}


def fits(name, prefixes):
    return any(name == p or name.startswith(p + "_") or
               (len(p) > 2 and name.startswith(p)) for p in prefixes)


def main():
    report = Report("names")
    public, misfits, underscore = 0, [], []
    for path in files(".c"):
        if not path.startswith(OWN):
            continue
        for f in functions(path):
            if f.name in STANDARD:
                continue
            if f.name.startswith("_"):
                underscore.append(f"{path}:{f.line}: {f.name}() begins with "
                                  "an underscore")
            if f.is_static:
                continue
            public += 1
            if not fits(f.name, allowed(path)):
                misfits.append(f"{path}:{f.line}: {f.name}() does not begin "
                               "with its file or folder")
    share = 100 - 100 * len(misfits) // max(public, 1)
    # Within the share the misfits are taste.
    report.rule("prefix", misfits if share < SHARE else [])
    report.rule("underscore", underscore)

    predicates = []
    for path in files(".h"):
        if not path.startswith(OWN):
            continue
        text = plain_of(read(path))
        for match in re.finditer(
                r"^(?:static inline )?(?:__must_check )?(int|unsigned int|"
                r"void)\s+\*?(\w*_?(?:is|has|can)_\w+)\(", text, re.M):
            predicates.append(f"{path}: {match.group(2)}() is a predicate: "
                              "return bool")
    report.rule("predicates", predicates)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
