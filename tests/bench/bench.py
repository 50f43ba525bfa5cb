#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Instruction counts of Hospes beside Debian's own Xen, on the same machine.

The benchmark guest (tests/bench/guest) runs as PVH dom0 of each hypervisor in
an emulator that makes one instruction one tick of the TSC, and prints medians.
QEMU runs with -icount, so every figure is the same in every run; --repeat
shows that. On Bochs (VT-x) only Hospes runs unless --xen is given.

The boot row is the time from GRUB's hand-off to the first C statement of
dom0: both ends are read from the wall clock of an HDA controller, the first
one by a probe which GRUB loads in place of the hypervisor and which is padded
to its size. Bochs has no such clock, but its TSC runs from power on: there the
row is what the hypervisor says that it took, up to its entry of dom0.
"""

import argparse
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.boot import machine, payload  # noqa: E402

GUEST = machine.ROOT / "build" / "guest"
BENCH = GUEST / "bench.elf"
PROBE = GUEST / "probe.elf"
HDA = ("-device", "intel-hda,addr=3")
HDA_MHZ = 24
MEM_MIB = 1024
PAGE = 4096
# RAM of a machine of 1 GiB by its E820 map: 130 pages are holes and firmware.
MACHINE_PAGES = MEM_MIB * 256 - 130
MIB = 1 << 20
TIMEOUT = 300

# A goal relative to Xen's figure of the same run.
THIRD = "a third"

# The first is the default of both hypervisors.
POLICIES = ("credit2", "credit")
# id, title, goal, for each policy
SCHED_ROWS = (
    ("decision", "decision alone (yield, less null hypercall)", 300),
    ("yield_switch", "yield with a switch", 1000),
    ("wake_busy", "wake to running, busy CPU", THIRD),
    ("wake_idle", "wake to running, idle CPU", THIRD),
)

# id, title, goal (None: shown only)
ROWS = (
    ("million", "a million instructions (the ruler)", None),
    ("rdtsc", "RDTSC", None),
    ("hypercall", "null hypercall", 250),
    ("cpuid", "CPUID exit", 300),
    ("rdmsr", "RDMSR APIC_BASE", 300),
    ("x2apic_tpr", "x2APIC read TPR", 300),
    ("x2apic_eoi", "x2APIC EOI write", 350),
    ("self_ipi", "x2APIC self-IPI to the handler", 700),
    ("port", "I/O port handled in the hypervisor", 400),
    ("pci_latch", "PCI address latch 0xCF8", 400),
    ("ioapic_read", "IOAPIC register read", 1000),
    ("ioapic_write", "IOAPIC register write", 1000),
    ("apic_timer", "set an APIC one-shot timer", 700),
    ("timer_hlt", "timer to handler out of HLT, lateness", 1500),
    ("yield", "yield, nothing else to run", 550),
    ("evtchn_self", "event channel to self until the handler", 900),
    ("evtchn_masked", "event channel send, masked", 600),
    ("evtchn_bind", "bind an IPI port and close it", 1800),
    ("multicall", "multicall of 32", 5000),
    ("singleshot", "Xen singleshot timer set", 900),
    ("ipi_round_apic", "IPI round trip, two vCPUs in HLT, APIC", 4500),
    ("ipi_round_event", "the same by event channel", 4500),
    *((f"{row} {policy}", f"{title}, {policy}", goal)
      for row, title, goal in SCHED_ROWS for policy in POLICIES),
    ("decrease_1", "decrease_reservation, 1 page", 2500),
    ("populate_1", "populate_physmap, 1 page", 2500),
    ("decrease_64", "decrease_reservation, 64 pages", 60000),
    ("populate_64", "populate_physmap, 64 pages", 60000),
    ("grant_copy_4096", "grant copy of 4096 bytes", 2000),
    ("grant_copy_64", "grant copy of 64 bytes", 1500),
    ("grant_map", "grant map", 2000),
    ("grant_unmap", "grant unmap", 2000),
    ("add_to_physmap", "add_to_physmap", 2000),
    ("pair_grant_copy", "grant copy of a page, between domains", 2000),
    ("pair_grant_map", "grant map and unmap, between domains", 4000),
    ("pair_foreign", "foreign page mapped and unmapped", THIRD),
    ("pair_event", "event round trip of two domains in HLT", THIRD),
    ("pair_populate", "populate_physmap of a domain, per page", THIRD),
    ("pair_create", "domain creation to its first instruction", THIRD),
    ("pair_destroy", "domain destruction, per GiB", THIRD),
    ("vcpu_start", "start of a second vCPU", 3000),
    ("boot", "hand-off to dom0's first instruction", 60_000_000),
    ("first_guest", "hand-off to the first guest of dom0.elf", 150_000_000),
    ("memory", "KiB kept from domains, 1 GiB machine",
     4096 + MEM_MIB * 1024 * 4 // 1000),
    ("lines", "privileged code lines", 25_000),
)
# Not measured: the count of targets for Xen's x86 code.
XEN_LINES = 295_000


def run(hypervisor, bed, tests, iommu="", cpus=1, policy=POLICIES[0]):
    """One boot of the benchmark guest; returns its BENCH lines as words."""
    setup = machine.Setup(bed=bed, mem=MEM_MIB, icount=True, iommu=iommu,
                          cpus=cpus, extra=HDA if bed == "qemu" else ())
    load = payload.Payload(hypervisor, kernel=BENCH, dom0_mem="512M",
                           cmdline=f"hv={hypervisor} tests={tests}",
                           options=f"dom0_max_vcpus=2 sched={policy}")
    name = f"bench-{hypervisor}-{bed}-{tests}-{policy}"
    with load.start(setup, name) as m:
        m.expect(r"^RESULT ", TIMEOUT)
        found = {}
        for line in m.lines:
            words = line.split()
            if len(words) > 2 and words[0] == "BENCH":
                found[words[1]] = words[2:]
        cycles = re.search(r"Boot: (\d+) cycles", m.text)
        if cycles:
            found["boot_cycles"] = [cycles.group(1)]
        return found


def handoff(hypervisor, iommu):
    """The HDA clock when GRUB jumps to an image of this hypervisor's size."""
    size = (payload.HOSPES if hypervisor == "hospes"
            else payload.dom0_file("xen")).stat().st_size
    data = PROBE.read_bytes()
    padded = GUEST / f"probe-{hypervisor}.elf"
    padded.write_bytes(data + bytes(max(0, size - len(data))))
    setup = machine.Setup(mem=MEM_MIB, icount=True, iommu=iommu, extra=HDA)
    load = payload.Payload(str(padded), kernel=BENCH, dom0_mem="512M",
                           cmdline=f"hv={hypervisor} tests=boot",
                           options="dom0_max_vcpus=2")
    with load.start(setup, f"bench-probe-{hypervisor}") as m:
        return int(m.expect(r"PROBE ([0-9a-f]{8}) ", TIMEOUT).group(1), 16)


def boot_row(hypervisor, bed):
    """Nanoseconds (= instructions) of the boot row, and the memory words."""
    # Real Xen shows dom0 its devices only behind an IOMMU.
    iommu = "amd-iommu" if hypervisor == "xen" and bed == "qemu" else ""
    found = run(hypervisor, bed, "boot", iommu)
    clock = found.get("boot_wall_clock")
    if bed == "bochs" and "boot_cycles" in found:
        return int(found["boot_cycles"][0]), found.get("memory_pages")
    if bed != "qemu" or not clock:
        return None, found.get("memory_pages")
    ticks = (int(clock[0]) - handoff(hypervisor, iommu)) & 0xffffffff
    return ticks * 1000 // HDA_MHZ, found.get("memory_pages")


def guest_row(bed):
    """Instructions until the in-tree control domain lets its first guest run,
    a Linux whose kernel is not compressed: what the hypervisor took until
    dom0's entry, and dom0 from there on by its own clock. On both machines
    an instruction is a tick of the time stamp counter."""
    load = payload.Payload("hospes", kernel=payload.TREE_DOM0,
                           initrd=payload.guests(), dom0_mem="128M",
                           options="dom0_max_vcpus=1")
    setup = machine.Setup(bed=bed, mem=MEM_MIB, icount=bed == "qemu")
    with load.start(setup, f"bench-first-guest-{bed}") as m:
        m.expect(r'guest "one" runs', TIMEOUT)
        cycles = re.search(r"Boot: (\d+) cycles", m.text)
        first, last = re.findall(r"(\d+) us since boot", m.text)[:2]
        mhz = float(re.search(r"TSC at ([\d.]+) MHz", m.text).group(1))
        return int(cycles.group(1)) + int((int(last) - int(first)) * mhz)


def medians(found):
    """The BENCH lines of a boot: id to number, or to a text."""
    return {name: " ".join(words[1:]) if words[0] == "none"
            else int(words[0]) for name, words in found.items()}


def scheduling(hypervisor, bed, default):
    """The rows of the scheduler, of each policy; default is the first's."""
    values = {}
    for policy in POLICIES:
        found = dict(default)
        if policy != POLICIES[0]:
            found = medians(run(hypervisor, bed, "bench_busy", policy=policy))
        found |= medians(run(hypervisor, bed, "bench_idle", cpus=2,
                             policy=policy))
        found["decision"] = found["yield"] - found["hypercall"]
        for row, _, _ in SCHED_ROWS:
            values[f"{row} {policy}"] = found.get(row)
    return values


def measure(hypervisor, bed):
    """All rows of one hypervisor: id to number, or to a text."""
    values = medians(run(hypervisor, bed, "bench"))
    values |= scheduling(hypervisor, bed, values)
    lines = code_lines() if hypervisor == "hospes" else XEN_LINES
    if lines:
        values["lines"] = lines
    if hypervisor == "hospes":
        values["first_guest"] = guest_row(bed)
    boot, memory = boot_row(hypervisor, bed)
    if boot is not None:
        values["boot"] = boot
    if memory and "total" in memory:
        pages = dict(zip(memory[::2], memory[1::2]))
        # The machine's memory, not what a hypervisor counts as its total.
        kept = MACHINE_PAGES - int(pages["free"]) - int(pages["own"])
        values["memory"] = kept * PAGE // 1024
    return values


def code_lines():
    """Privileged code lines, as `make size` counts them."""
    run = subprocess.run(["make", "-s", "size"], cwd=machine.ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         check=False)
    found = re.search(r"^privileged\s+(\d+)", run.stdout, re.MULTILINE)
    return int(found.group(1)) if found else None


def show(value):
    """A number with thousands separated, or a dash."""
    return f"{value:,}" if isinstance(value, int) else "-"


def table(xen, hospes):
    """Print the rows; return how many goals were missed."""
    missed = 0
    print(f"{'operation':53}{'Xen':>14}{'Hospes':>14}{'goal':>13}"
          f"{'Xen/Hospes':>12}  reached")
    for name, title, goal in ROWS:
        x, h = xen.get(name), hospes.get(name)
        if goal == THIRD:
            goal = x // 3 if isinstance(x, int) else None
        both = isinstance(x, int) and isinstance(h, int) and h
        ratio = f"{x / h:.1f}" if both else "-"
        reached = ""
        if goal is not None and hospes:
            ok = isinstance(h, int) and h <= goal
            reached = "yes" if ok else "NO"
            missed += not ok
        print(f"{title:53}{show(x):>14}{show(h):>14}{show(goal):>13}"
              f"{ratio:>12}  {reached}")
        for who, value in (("Xen", x), ("Hospes", h)):
            if isinstance(value, str):
                print(f"    {who}: {value}")
    return missed


def main():
    """Command line: see --help."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--bed", choices=("qemu", "bochs"), default="qemu")
    parser.add_argument("--only", choices=("xen", "hospes"))
    parser.add_argument("--xen", action="store_true",
                        help="run Xen on Bochs, too")
    parser.add_argument("--repeat", type=int, default=1,
                        help="run so often and compare")
    args = parser.parse_args()
    who = [args.only] if args.only else ["xen", "hospes"]
    if args.bed == "bochs" and not args.xen and not args.only:
        who = ["hospes"]
    results = {}
    differences = 0
    for name in who:
        results[name] = measure(name, args.bed)
        for _ in range(args.repeat - 1):
            again = measure(name, args.bed)
            for row, value in results[name].items():
                if again.get(row) != value:
                    differences += 1
                    print(f"{name}: {row} {value}, then {again.get(row)}")
    missed = table(results.get("xen", {}), results.get("hospes", {}))
    if args.repeat > 1:
        print(f"{differences} figures differ between runs")
    if "hospes" in results:
        print(f"{missed} goals not reached")


if __name__ == "__main__":
    try:
        main()
    except (machine.BedError, payload.mkimage.ImageError) as failure:
        sys.exit(f"bench: {failure}")
