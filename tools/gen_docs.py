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
                 ([f"`{a[0]}`", "no" if a[1] == "false" else "yes",
                   a[2].removeprefix("TARGET_").lower()] for _, a in
                  rows("core/hypercall/domctl.def", "DOMCTL")))


def refused():
    """Operations that answer with one error, and why not -ENOSYS."""
    both = [("domctl", a) for _, a in rows("core/hypercall/domctl.def",
                                           "DOMCTL_REFUSED")]
    both += [("sysctl", a) for _, a in rows("core/hypercall/sysctl.def",
                                            "SYSCTL_REFUSED")]
    return table(["hypercall", "operation", "answer"],
                 ([f"`{call}`", f"`{a[0]}`", f"-{a[1]}"] for call, a in both))


def sysctls():
    return table(["operation"], ([f"`{a[0]}`"] for _, a in
                                 rows("core/hypercall/sysctl.def", "SYSCTL")))


# Prefix of the ABI's names, hypercall; and what only looks like a sub-operation.
OPERATIONS = (("XENMEM_", "memory_op"), ("XENVER_", "xen_version"),
              ("CONSOLEIO_", "console_io"), ("GNTTABOP_", "grant_table_op"),
              ("VMASST_CMD_", "vm_assist"), ("VCPUOP_", "vcpu_op"),
              ("SCHEDOP_", "sched_op"), ("PHYSDEVOP_", "physdev_op"),
              ("HVMOP_", "hvm_op"), ("XENPF_", "platform_op"))
NO_OPERATION = "resource_"


def operations():
    """The sub-operations that a hypercall's sources tell apart."""
    text = "".join(open(p).read()
                   for p in sorted(glob.glob("core/hypercall/*.c")))
    found = {}
    for prefix, call in OPERATIONS:
        names = set(re.findall(rf"(?:case|==) {prefix}(\w+)", text))
        found[call] = (prefix, sorted(n for n in names
                                      if not n.startswith(NO_OPERATION)))
    rows_of = re.findall(r"ROW(?:_SIZED)?\((\w+), ",
                         open("core/evtchn/evtchn_op.c").read())
    found["event_channel_op"] = ("EVTCHNOP_", sorted(set(rows_of) - {"name"}))
    order = [a[1] for _, a in rows("core/hypercall/hypercalls.def",
                                   "HYPERCALL") if a[1] in found]
    return table(["hypercall", "prefix", "sub-operations"],
                 ([f"`{c}`", f"`{found[c][0]}`", ", ".join(found[c][1])]
                  for c in order))


def constant(path, name):
    """The value of a constant of a script of ours."""
    for node in ast.parse(open(path).read()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise KeyError(name)


def layers():
    path = "tests/lint/layers.py"
    by_layer, sources = {}, constant(path, "SOURCE_LAYERS")
    for folder, layer in constant(path, "LAYERS").items():
        above = sources.get(folder, layer)
        by_layer.setdefault(layer, []).append(
            f"`{folder}`" + (f" (sources: {above})" if above != layer else ""))
    return table(["layer", "folders"],
                 ([str(n), ", ".join(by_layer[n])]
                  for n in sorted(by_layer, reverse=True)))


def budgets():
    path = "tests/lint/sizes.py"
    lines = [[f"`{folder}`", str(limit)]
             for folder, limit in constant(path, "BUDGETS")]
    return table(["folder", "code lines"],
                 lines + [["all of them", str(constant(path, "TOTAL"))]])


def hooks():
    text = open("arch/x86/hvm/hvm_ops.h").read()
    body = re.search(r"struct hvm_ops \{(.*?)\n\};", text, re.S).group(1)
    names = re.findall(r"\(\*(\w+)\)\(", body)
    return [f"{len(names)} hooks: " + ", ".join(f"`{n}`" for n in names) + "."]


PARTS = {"command line": command_line, "boot steps": boot_steps,
         "locks": locks, "debug keys": keys, "hypercalls": hypercalls,
         "domctl": domctls, "sysctl": sysctls, "refused": refused,
         "operations": operations,
         "layers": layers, "budgets": budgets, "hooks": hooks}


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
