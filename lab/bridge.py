# SPDX-License-Identifier: GPL-2.0-or-later
"""An experiment on the hypervisor, in an emulator: `lab run --on`.

The jobs of every vCPU are drawn here as the simulator draws them, so both
sides do the same work. They go as dom0's module to lab/guest/load.c; what
comes back are the rings of the hypervisor's trace, which become a file in the
form of xentrace, its time beginning with the experiment, its domains numbered
as the simulator's.
"""
import math
import os
import re
import struct
import subprocess
import sys

from adjust import adjust_words
from experiment import ExperimentError, guest_instances
from trace import CPU_CHANGE, RUNSTATE_CHANGE, RUNSTATE_MASK, IDLE

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
MAGIC = 0x314442414C534F48
FOREVER, RELEASED, SLEEPS = range(3)
MASK = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15
VCPUS = 4
GUESTS = 24
LEAD_NS = 400_000_000
PLAYED = ("hog", "periodic", "sporadic", "server", "io", "boot", "play")


class Stream:
    """A vCPU's random numbers, as sim_load.c has them."""

    def __init__(self, seed):
        self.state = seed & MASK

    def exponential(self, mean):
        """As exponential() there."""
        z = self.state = self.state + GOLDEN & MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        z ^= z >> 31
        x = -math.log1p(-((z >> 11) * 2.0**-53)) * mean
        return 1 + int(min(x, 30.0 * mean))


def released(g, start, gaps, works, end):
    """Jobs of a load whose jobs are released."""
    at, jobs = start, []
    if g["load"] == "server":
        at += gaps.exponential(g["period"])
    while at < end:
        jobs.append((at, works.exponential(g["work"]) if g["random"]
                     else g["work"]))
        if g["load"] == "server":
            at += gaps.exponential(g["period"])
        elif g["load"] == "sporadic":
            at += g["period"] + gaps.exponential(g["wait"] or g["period"])
        else:
            at += g["period"]
    return jobs


def sleeps(g, gaps, works, length):
    """Jobs of a load that sleeps after each."""
    if g["load"] == "play":
        pairs = [(sleep, run) for run, sleep in g["play"]]
        once = sum(map(sum, pairs)) or 1
        return (pairs * (length // once + 1))[:1 << 20]
    jobs, spent, done = [], 0, 0
    while spent < length and (g["load"] != "boot" or done < g["total"]):
        work = works.exponential(g["work"]) if g["random"] else g["work"]
        wait = gaps.exponential(g["wait"]) if g["random"] else g["wait"]
        jobs.append((wait, work))
        spent += work + wait
        done += work
    return jobs


def vcpu_words(exp, g, start, seed):
    """One vCPU in the table: mode, start, stop, jobs."""
    works, gaps = Stream(seed), Stream(~seed)
    end = min(exp["duration"], g["stop"] or exp["duration"])
    if g["load"] == "hog":
        mode, jobs = FOREVER, []
    elif g["load"] in ("periodic", "sporadic", "server"):
        mode, jobs = RELEASED, released(g, start, gaps, works, end)
    else:
        mode, jobs = SLEEPS, sleeps(g, gaps, works, exp["duration"])
    words = [mode, start, g["stop"], len(jobs)]
    for job in jobs:
        words += job
    return words


def check(exp, bed):
    """What the guests cannot play is an error."""
    what = None
    for g in exp["guest"]:
        if g["load"] not in PLAYED:
            what = f"key 'load': '{g['load']}' is only simulated"
        elif g["vcpus"] > VCPUS:
            what = f"key 'vcpus': a guest has at most {VCPUS} there"
    pools = len(exp["pool"])
    if pools == 2:
        if exp["cpus"] != 2 or exp["pool"][1]["cpus"] != [1] or \
                any(g["pool"] == 0 for g in exp["guest"]):
            what = "[[pool]]: of two the second has CPU 1 and all guests"
    elif exp["pool"][0]["granularity"] == "core":
        if exp["cpus"] != exp["machine"]["threads"]:
            what = "[machine]: by cores it has one core"
    elif pools > 2 or exp["cpus"] > 1:
        what = "[machine]: one CPU; the emulators' others take its time"
    if any(a["do"] != "policy" or a["pool"] != pools - 1 or not a["every"]
           for a in exp["action"]) or len(exp["action"]) > pools - 1:
        what = ("[[action]]: one, do = 'policy' with 'every', of a second "
                "pool")
    if sum(g["count"] for g in exp["guest"]) > GUESTS:
        what = f"at most {GUESTS} guests"
    if any(p["frame"] or p["ratelimit"] for p in exp["pool"]):
        what = "[[pool]]: no 'frame' and no 'ratelimit'"
    if bed == "bochs" and exp["pool"][0]["granularity"] == "core":
        what = "[[pool]]: by cores only on qemu"
    if exp["pool"][-1]["slice"] % 10**6:
        what = "key 'slice': whole milliseconds"
    if what:
        raise ExperimentError(f"{exp['path']}: --on cannot play it: {what}; "
                              "run it without --on, or change it by --set")


def policy_ids(sim):
    """Names and numbers of the policies."""
    text = subprocess.run([sim, "-l"], check=True, capture_output=True,
                          text=True).stdout
    return {name: int(number) for name, number in
            (line.split() for line in text.splitlines())}


def table(exp, seed, ids, bed):
    """The module for load.c; @ids: of the policies."""
    words, n, pages = [], 0, 0
    policy = exp["pool"][-1]["policy"]
    for name, g in guest_instances(exp):
        nth = int(name.rsplit("-", 1)[1]) if g["count"] > 1 else 0
        vcpus, need = [], 0
        for v in range(g["vcpus"]):
            n += 1
            one = vcpu_words(exp, g, g["start"] + nth * g["spread"] +
                             v * g["step"], seed * GOLDEN + n)
            need += len(one) // 512 + 2
            vcpus += one
        masks = [sum(1 << c for c in g[key]) if g[key] else MASK
                 for key in ("affinity", "soft")]
        words += [g["vcpus"], need, *adjust_words(g, policy), *masks, *vcpus]
        pages += need
    ring = 1 << min(13, (exp["duration"] // 10**9 + 1).bit_length() + 9)
    head = [MAGIC, ids[policy], exp["duration"],
            LEAD_NS + pages * 20_000, ring, exp["cpus"],
            sum(1 for _ in guest_instances(exp)), len(exp["pool"]) - 1,
            int(bed == "bochs")]
    turns = []
    for a in exp["action"]:
        head += [a["at"], a["every"]]
        turns = [ids[p] for p in a["policies"]]
    head += [0] * (11 - len(head)) + [len(turns), *turns]
    return struct.pack(f"<{len(head) + len(words)}Q", *head, *words)


def run(exp, seed, bed, where, sim):
    """Run it; the path of the trace."""
    check(exp, bed)
    sys.path.insert(0, ROOT)
    try:
        from tests.boot import machine, payload
    except ImportError as e:
        raise ExperimentError(f"--on: {e}; run 'make setup'") from e
    elf = os.path.join(ROOT, "build", "guest", "load.elf")
    for path in (elf, os.path.join(ROOT, "build", "hospes")):
        if not os.path.exists(path):
            raise ExperimentError(f"{path} is not built; run 'make lab-on'")
    policy = exp["pool"][-1]["policy"]
    module = os.path.join(where, f"{exp['name']}-{bed}.table")
    with open(module, "wb") as f:
        f.write(table(exp, seed, policy_ids(sim), bed))
    raw = os.path.join(where, f"{exp['name']}-{bed}.rings")
    # Port 0xe9 is the hypervisor's; here is a second one like it, or COM2.
    extra = ("-chardev", f"file,id=rings,path={raw}",
             "-device", "isa-debugcon,iobase=0x402,chardev=rings")
    if bed == "bochs":
        extra = (f"com2: enabled=1, mode=file, dev={raw}",)
    by_core = exp["pool"][0]["granularity"] == "core"
    setup = machine.Setup(bed=bed, mem=1024, cpus=exp["cpus"], icount=True,
                          threads=exp["cpus"] if by_core else 1, extra=extra)
    load = payload.Payload(
        "hospes", kernel=elf, initrd=module, dom0_mem="256M",
        options="dom0_max_vcpus=1 sched="
        f"{'credit2' if policy == 'rr' else 'rr'} sched_slice_ms="
        f"{exp['pool'][-1]['slice'] // 10**6}"
        f"{' sched_gran=core' if by_core else ''}")
    seconds = exp["duration"] // 10**9
    with load.start(setup, f"lab-{exp['name']}-{bed}") as m:
        try:
            line = m.expect(r"^((RESULT|FAIL).*)|(Scheduler \S+ of pool .*)",
                            120 + 60 * seconds).group(0)
        except machine.BedError as e:
            raise ExperimentError(
                f"{exp['path']}: on {bed}: {e}; a policy whose turns never "
                "end needs a pool without the control domain, see "
                "lab/experiments/first.toml") from e
        if not re.fullmatch(r"RESULT \d+ passed 0 failed", line):
            raise ExperimentError(f"{exp['path']}: on {bed}: {line}; see "
                                  f"{m.path('console')}")
        m.wait_end(120)
    trace = os.path.join(where, f"{exp['name']}-{bed}.trace")
    with open(raw, "rb") as f:
        convert(f.read(), exp, trace)
    return trace


def convert(data, exp, path):
    """The rings as they came into a file of the simulator's form."""
    at = data.rfind(struct.pack("<Q", MAGIC))
    if at < 0:
        raise ExperimentError(f"{exp['path']}: no trace came back")
    head = struct.unpack_from("<8Q", data, at)
    at += 64
    with open(path, "wb") as f:
        for _ in range(head[7]):
            cpu, size = struct.unpack_from("<2I", data, at)
            out = window(data[at + 8:at + 8 + size], head, exp)
            f.write(struct.pack("<3I", CPU_CHANGE | 2 << 28, cpu, len(out)))
            f.write(out)
            at += 8 + size


def window(ring, head, exp):
    """Records of the experiment's domains and of its time."""
    t0, system, stamp, mul, shift, first = head[1:7]
    shift -= 2**64 if shift >> 63 else 0
    out, at = bytearray(), 0
    while at + 12 <= len(ring):
        top, tsc = struct.unpack_from("<IQ", ring, at)
        extra = top >> 28 & 7
        if not top >> 31:
            at += 4 + 4 * extra
            continue
        words = list(struct.unpack_from(f"<{extra}I", ring, at + 12))
        at += 12 + 4 * extra
        if top & 0x0FFFFFFF == 0x0001F001:
            raise ExperimentError("the trace has lost records; make the "
                                  "experiment shorter")
        delta = tsc - stamp
        delta = delta << shift if shift >= 0 else delta >> -shift
        time = system + (delta * mul >> 32) - t0
        if not 0 <= time <= exp["duration"] or not words:
            continue
        domain = words[0] >> 16
        if top & RUNSTATE_MASK == RUNSTATE_CHANGE and domain != IDLE:
            if domain < first:
                continue
            words[0] -= first << 16
        out += struct.pack(f"<IQ{extra}I", top, time, *words)
    return bytes(out)
