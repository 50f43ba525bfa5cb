#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Write the generated parts of docs/ from the .def tables.

A page has them between "<!-- generated: NAME -->" and "<!-- end -->".
With --check nothing is written; exit status 1 if a page would change.
"""
import ast
import glob
import re
import sys


def rows(path, macro):
    """Arguments of every row of the macro, as strings without quotes."""
    text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
    for match in re.finditer(r"^(%s)\((.*?)\)$" % macro, text, re.M | re.S):
        yield match.group(1), split(match.group(2))


def split(text):
    """Arguments at top-level commas; neighbouring strings are joined."""
    args, depth, quoted, arg = [], 0, False, ""
    for c in text:
        if c == '"' and not arg.endswith("\\"):
            quoted = not quoted
        elif not quoted and c in "()":
            depth += 1 if c == "(" else -1
        if c == "," and not quoted and depth == 0:
            args.append(arg)
            arg = ""
        else:
            arg += c
    return [clean(a) for a in args + [arg]]


def clean(arg):
    arg = arg.strip()
    if arg.startswith('"') and arg.count('"') % 2 == 0 and "?" not in arg:
        return "".join(ast.literal_eval(s)
                       for s in re.findall(r'"(?:[^"\\]|\\.)*"', arg))
    return arg


def table(head, lines):
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    out += ["| " + " | ".join(x.replace("|", "\\|") for x in line) + " |"
            for line in lines]
    return out


def command_line():
    form = {"PARAM_BOOL": "boolean", "PARAM_UINT": "number",
            "PARAM_SIZE": "size", "PARAM_STR": "text",
            "PARAM_MEM": "`[size][,min:size][,max:size]`"}
    out = []
    for macro, args in rows("core/kernel/params.def", "PARAM_[A-Z]+"):
        name, text = args[1], args[-1]
        default = "" if macro == "PARAM_MEM" else args[2]
        default = {"false": "off", "true": "on", "": "-"}.get(default, default)
        if default.startswith("DEBUG ?"):
            default = "debug in debug builds, else info"
        out.append([f"`{name}`", form[macro], default, text])
    return table(["option", "value", "default", "meaning"], out)


def boot_steps():
    where = {"INIT": "boot CPU", "INIT_CPU": "every CPU",
             "INIT_CPU_CHECK": "every other CPU"}
    return table(["step", "where", "function"],
                 ([a[0], where[m], f"`{a[1]}`"] for m, a in
                  rows("core/init/initcalls.def", "INIT(?:_CPU|_CPU_CHECK)?")))


def locks():
    return table(["class", "level", "protects"],
                 ([f"`{a[0]}`", a[1], a[2]] for _, a in
                  rows("core/sync/lock_order.def", "LOCK_CLASS")))


def keys():
    return table(["key", "prints or does"],
                 ([f"`{a[0].strip(chr(39))}`", a[2]] for _, a in
                  rows("core/kernel/keys.def", "KEY")))


def hypercalls():
    return table(["number", "name", "arguments", "who may"],
                 ([a[0], f"`{a[1]}`", a[2], a[3].removeprefix("ACCESS_").lower()]
                  for _, a in rows("core/hypercall/hypercalls.def",
                                   "HYPERCALL")))


def domctls():
    return table(["operation", "answers", "on whom"],
                 ([f"`{a[0]}`", "yes" if a[1] == "true" else "no",
                   a[2].removeprefix("TARGET_").lower()] for _, a in
                  rows("core/hypercall/domctl.def", "DOMCTL")))


def sysctls():
    return table(["operation"], ([f"`{a[0]}`"] for _, a in
                                 rows("core/hypercall/sysctl.def", "SYSCTL")))


PARTS = {"command line": command_line, "boot steps": boot_steps,
         "locks": locks, "debug keys": keys, "hypercalls": hypercalls,
         "domctl": domctls, "sysctl": sysctls}


def fill(text):
    def replace(match):
        body = "\n".join(PARTS[match.group(1)]())
        return f"<!-- generated: {match.group(1)} -->\n{body}\n<!-- end -->"
    return re.sub(r"<!-- generated: (.*?) -->\n.*?<!-- end -->", replace,
                  text, flags=re.S)


def main():
    check = "--check" in sys.argv
    stale = []
    for path in sorted(glob.glob("docs/**/*.md", recursive=True)):
        old = open(path).read()
        new = fill(old)
        if new != old:
            stale.append(path)
            if not check:
                open(path, "w").write(new)
    for path in stale:
        print(f"{path}: {'out of date' if check else 'written'}")
    return 1 if check and stale else 0


sys.exit(main())
