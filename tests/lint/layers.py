#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may include whom: the rules of docs/architecture.md, "Layers"."""
import re
import sys

from common import Report, files, read

LAYERS = {
    "core/abi": 0, "core/lib": 0, "core/arch": 0,
    "core/sync": 1, "arch/x86/asm": 1, "arch/x86/hw": 0, "arch/x86/cpu": 1,
    "arch/x86/mm": 1,
    "core/mm": 2, "core/kernel": 2, "core/console": 2, "core/trace": 2,
    "drivers": 3,
    "core/domain": 4, "core/sched": 4, "core/evtchn": 4, "core/gnttab": 4,
    "core/vpci": 4,
    "arch/x86/p2m": 4, "arch/x86/emul": 4, "arch/x86/vdev": 4,
    "arch/x86/hvm": 4, "arch/x86/vmx": 4, "arch/x86/svm": 4,
    "core/hypercall": 5, "core/dom0": 5,
    "boot": 6, "core/init": 6,
}

# Sources whose headers are of a lower layer: they implement the contracts of
# core/arch and of the locks with what the layers above their headers offer.
SOURCE_LAYERS = {"arch/x86/asm": 4, "arch/x86/cpu": 3, "arch/x86/mm": 3, "core/sync": 2}

# Failing, printing and knowing one's CPU: layer 1 may ask for them.
SERVICES = {
    "core/kernel/bug.h", "core/kernel/cpu.h", "core/kernel/panic.h",
    "core/kernel/symbols.h", "core/kernel/softirq.h",
    "core/kernel/param.h", "core/console/printk.h",
    "core/console/console.h", "core/init/init.h",
}

# Who may take the start-up information of the boot loader, which is data.
BOOT_DATA = {"boot/boot_info.h"}

# Single upward includes, each with its reason.
UPWARD = {
    # Generates the offsets of structs of every layer for assembly.
    ("arch/x86/asm/asm_offsets.c", "arch/x86/hvm/vcpu_state.h"),
    # The one door to the dispatcher, on the shortest path there is.
    ("arch/x86/hvm/hvm_hypercall.c", "core/hypercall/hypercall.h"),
}

SUBSYSTEMS = ("core/sched", "core/evtchn", "core/gnttab", "core/vpci")
BACK_ENDS = ("arch/x86/vmx", "arch/x86/svm")
OUTSIDE = ("tests/", "dom0/", "lab/", "tools/")

INCLUDE = re.compile(r"^\s*#\s*include\s*(.*)$", re.M)


def folder_of(path):
    """The longest folder of LAYERS that the path is in, or None."""
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        if path in LAYERS:
            return path
    return None


def includes(path):
    """(line number, included name) for each include line."""
    text = read(path)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1).strip()


def check_layers(path, name):
    mine, theirs = folder_of(path), folder_of(name)
    if mine is None or theirs is None or mine == theirs:
        return None
    if name in SERVICES and LAYERS[mine] >= 1 or name in BOOT_DATA or \
            (path, name) in UPWARD:
        return None
    layer = LAYERS[mine]
    if not path.endswith(".h"):
        layer = SOURCE_LAYERS.get(mine, layer)
    if LAYERS[theirs] > layer:
        return f"layer {layer} includes layer {LAYERS[theirs]}"
    return None


def check_back_ends(path, name):
    for end in BACK_ENDS:
        if name.startswith(end + "/") and not path.startswith(end + "/"):
            return "a back end is included from outside"
    return None


def check_core(path, name):
    if path.startswith("core/") and name.startswith("arch/"):
        return "core includes arch; use core/arch"
    return None


def check_drivers(path, name):
    if path.startswith("drivers/") and name.startswith("core/domain/"):
        return "a driver knows domains"
    return None


def check_subsystems(path, name):
    """Siblings of layer 4 use core/domain and not each other."""
    for one in SUBSYSTEMS:
        for other in SUBSYSTEMS:
            if one != other and path.startswith(one + "/") and \
                    name.startswith(other + "/") and \
                    name != "core/sched/sched_unit.h":
                return "subsystems of layer 4 include each other"
    return None


def check_abi(path, name):
    if path.startswith("core/abi/") and \
            not re.match(r"core/abi/|xen/|std(int|bool|def)\.h", name):
        return "core/abi includes from outside"
    if name.startswith("xen/") and not path.startswith("core/abi/") and \
            path != "core/lib/errno.h":
        return "use the wrappers of core/abi"
    return None


# What the control domain shares: the ABI, the library, and what processors
# are like, with their instructions.
DOM0_SHARES = ("dom0/", "core/abi/", "core/lib/", "arch/x86/hw/",
               "arch/x86/asm/", "arch/x86/cpu/msr.h", "core/arch/arch_io.h",
               "sys/", "xen/")


def check_dom0(path, name):
    if path.startswith("dom0/") and "/" in name and \
            not name.startswith(DOM0_SHARES):
        return "dom0 includes more than it may share with the hypervisor"
    return None


def check_emul(path, name):
    """Pure: nothing but core/lib."""
    if path.startswith("arch/x86/emul/") and \
            not name.startswith(("arch/x86/emul/", "core/lib/", "std")):
        return "the emulator includes more than core/lib"
    return None


RULES = {
    "layers": check_layers,
    "back_ends": check_back_ends,
    "core_arch": check_core,
    "drivers": check_drivers,
    "subsystems": check_subsystems,
    "abi": check_abi,
    "dom0": check_dom0,
    "emul": check_emul,
}


def cycles(graph):
    """Include cycles, each once, as "a -> b -> a"."""
    state, found = {}, []

    def visit(node, trail):
        state[node] = 1
        for other in sorted(graph.get(node, ())):
            if state.get(other) == 1:
                at = trail.index(other)
                found.append(" -> ".join(trail[at:] + [other]))
            elif other not in state:
                visit(other, trail + [other])
        state[node] = 2

    for node in sorted(graph):
        if node not in state:
            visit(node, [node])
    return found


def main():
    report = Report("layers")
    findings = {rule: [] for rule in RULES}
    form, domain_header, graph = [], [], {}
    for path in files(".c", ".h", ".S"):
        own = not path.startswith(OUTSIDE)
        for line, spelled in includes(path):
            match = re.match(r"<([^>]+)>", spelled)
            if not match:
                if own and not re.match(r"[A-Z_]+(\(|$)", spelled):
                    form.append(f"{path}:{line}: include with <...> from "
                                f"the root: {spelled}")
                continue
            name = match.group(1)
            graph.setdefault(path, set()).add(name)
            for rule, check in RULES.items():
                if path.startswith("tests/"):
                    continue
                text = check(path, name)
                if text:
                    findings[rule].append(f"{path}:{line}: {text}: {name}")
    if len(graph.get("core/domain/domain.h", ())) > 6:
        domain_header.append("core/domain/domain.h: more than 6 includes")
    for rule, found in findings.items():
        report.rule(rule, found)
    report.rule("form", form)
    report.rule("domain_header", domain_header)
    report.rule("cycles", cycles(graph))
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
