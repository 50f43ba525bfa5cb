#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the instructions of one benchmark row go: by function and by line.

QEMU logs every instruction that the hypervisor executes while the guest
repeats one row of the benchmark; the log is counted as it comes. It begins
when the guest says so and then waits a while. Figures are per VM entry, so a
row of two exits shows half its cost twice.

    tests/bench/profile.py hypercall
    tests/bench/profile.py --lines evtchn_self
    tests/bench/profile.py --policy credit yield_switch
"""

import argparse
import bisect
import collections
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from tests.bench import bench  # noqa: E402
from tests.boot import machine, payload  # noqa: E402

ELF = machine.ROOT / "build" / "hospes.debug"
TEXT = (0xffffffff80000000, 0x400000)
SKIP_ENTRIES = 40
TRACE = re.compile(rb"\[[0-9a-f]+/([0-9a-f]{16})/")


def symbols():
    """Sorted addresses of functions, and their names."""
    out = subprocess.run(["nm", "-n", str(ELF)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    rows = [line.split() for line in out.splitlines()]
    rows = [(int(r[0], 16), r[2]) for r in rows
            if len(r) == 3 and r[1] in "tT"]
    return [r[0] for r in rows], [r[1] for r in rows]


def vmrun_address():
    """Where the guest is entered."""
    out = subprocess.run(["objdump", "-d", "--no-show-raw-insn", str(ELF)],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    return int(re.search(r"([0-9a-f]{16}):\s+vmrun", out).group(1), 16)


class Counter:
    """Counts addresses from a FIFO; forgets what ran before the row."""

    def __init__(self, fifo):
        self.fifo = fifo
        self.vmrun = vmrun_address()
        self.counts = collections.Counter()
        self.entries = 0
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        """The thread: lines "Trace 0: ... [cs/pc/flags/...]"."""
        window = collections.deque(maxlen=4)
        current = collections.Counter()
        with open(self.fifo, "rb") as log:
            for line in log:
                m = TRACE.search(line)
                if not m:
                    continue
                pc = int(m.group(1), 16)
                current[pc] += 1
                if pc == self.vmrun:
                    window.append(current)
                    current = collections.Counter()
                    self.entries += 1
                    # Keep the middle of the run: neither boot nor output.
                    if len(window) == 4:
                        self.take(window[0])

    def take(self, one):
        """One entry's instructions, if it looks like its neighbours."""
        total = sum(one.values())
        self.sizes = getattr(self, "sizes", collections.defaultdict(list))
        self.sizes[total].append(one)


def main():
    """Command line: see --help."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("row")
    parser.add_argument("--lines", action="store_true", help="by source line")
    parser.add_argument("--policy", choices=bench.POLICIES,
                        default=bench.POLICIES[0])
    parser.add_argument("--top", type=int, default=45)
    args = parser.parse_args()
    fifo = machine.ROOT / "build" / "profile.fifo"
    fifo.unlink(missing_ok=True)
    os.mkfifo(fifo)
    counter = Counter(str(fifo))
    monitor = machine.ROOT / "build" / "profile.monitor"
    setup = machine.Setup(mem=bench.MEM_MIB, icount=True, extra=bench.HDA + (
        "-dfilter", f"{TEXT[0]:#x}+{TEXT[1]:#x}", "-D", str(fifo),
        "-monitor", f"unix:{monitor},server=on,wait=off"))
    load = payload.Payload("hospes", kernel=bench.BENCH, dom0_mem="512M",
                           cmdline=f"hv=hospes tests=bench row={args.row}",
                           options=f"dom0_max_vcpus=2 sched={args.policy}")
    with load.start(setup, f"profile-{args.row}") as m:
        m.expect(r"^TEST bench", 60)
        with socket.socket(socket.AF_UNIX) as to_qemu:
            to_qemu.connect(str(monitor))
            to_qemu.sendall(b"singlestep on\nlog exec,nochain\n")
            m.expect(rf"^BENCH {args.row} ", 600)
    counter.thread.join(5)
    # The row is what was repeated most.
    best = sorted(counter.sizes.items(), key=lambda kv: -len(kv[1]))[:3]
    for total, entries in best:
        print(f"{len(entries)} entries of {total} instructions")
    addresses, names = symbols()
    for total, entries in best:
        report(args, total, entries[0], addresses, names)


def report(args, total, counts, addresses, names):
    """Print one kind of exit."""
    print(f"--- {total} instructions")
    by_name = collections.Counter()
    if args.lines:
        pcs = list(counts)
        out = subprocess.run(["addr2line", "-e", str(ELF)],
                             input="\n".join(f"{pc:x}" for pc in pcs),
                             check=True, stdout=subprocess.PIPE,
                             text=True).stdout.splitlines()
        for pc, where in zip(pcs, out):
            by_name[where.replace(str(machine.ROOT) + "/", "")] += counts[pc]
    else:
        for pc, n in counts.items():
            by_name[names[bisect.bisect_right(addresses, pc) - 1]] += n
    for name, n in by_name.most_common(args.top):
        print(f"{n:8} {name}")


if __name__ == "__main__":
    main()
