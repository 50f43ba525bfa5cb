# SPDX-License-Identifier: GPL-2.0-or-later
"""Run the guest tests on a hypervisor in an emulator.

Every folder beside this file that has a test.c is one test of the guest
build/guest/guest.elf. Many run in one boot; the first test of a group boots
the machine and the others find their lines in its console. A test that ends
its domain, or takes the hypervisor down, costs only itself: the group goes on
behind it in another boot.

    pytest tests/guest --bed xen-qemu -k evtchn
"""

import dataclasses
import functools
import pathlib
import re

import pytest

from tests.boot import machine, payload

HERE = pathlib.Path(__file__).resolve().parent
ELF = machine.ROOT / "build" / "guest" / "guest.elf"
TEST = re.compile(r'^TEST\((\w+),\s*"(?:[^"]|"\s*")*",\s*([^)]*)\)', re.M)
BOOT_TIMEOUT = 60
TEST_TIMEOUT = 90
# Tests of one boot: their names are a command line, and a line of output.
MANY = 24


# Bochs 2.7 does these wrong under AMD-V (docs/testing.md); the same checks
# pass on its VT-x models and in QEMU.
VIRQ = "V_IRQ is not seen unless RFLAGS.IF changes with the entry"
BOCHS_AMD = {
    "apic_timer": VIRQ,
    "hvm_op": VIRQ,
    "smp": VIRQ,
    "shadows": VIRQ,
    "domctl_vcpu": VIRQ,
    "exceptions": "an exit leaves a single step pending in the host",
    "domain_life": "the shutdown intercept does not exist",
    "end_triple_fault": "the shutdown intercept does not exist",
}
# And this under VT-x with APIC virtualisation; without, they pass.
BOCHS_APICV = {
    "shadows": "a machine's interrupt lets a virtual one in, whatever IF says",
}
# Core scheduling.
CORES = {"domctl_vcpu": "affinities grow to whole cores"}
TIGERLAKE = {
    **BOCHS_APICV,
    "domain_life": "a second of its clock is 2.4 billion instructions",
}


@dataclasses.dataclass(frozen=True)
class Bed:
    """A hypervisor and the machine it is tested in.

    quick leaves out the hostile tests and those that end their domain; only is
    the flag of the tests that it is for; broken names tests that must fail there, with the reason."""
    hypervisor: str
    setup: machine.Setup
    options: str = "dom0_max_vcpus=2"
    quick: bool = False
    only: str = ""
    broken: dict = dataclasses.field(default_factory=dict)

    def has(self, flags):
        """Does a test with these flags run here?"""
        if "TEST_DOMU" in flags:
            return False
        if self.only or "TEST_BROKEN" in flags:
            return self.only in flags.split()
        return not self.quick or not re.search("TEST_(HOSTILE|ALONE)", flags)


def bochs(cpu="", cpus=1, threads=1, **more):
    """A bed on Bochs: model of its processor, how many, how many a core."""
    return Bed("hospes", machine.Setup(bed="bochs", mem=1024, cpu=cpu,
                                       cpus=cpus, threads=threads), **more)


# A device that can be told to do DMA anywhere below 4 GiB.
EDU = ("-device", "edu,dma_mask=0xffffffff")

BEDS = {
    "hospes-qemu": Bed("hospes", machine.Setup(mem=1024)),
    "hospes-noxsave": Bed("hospes", machine.Setup(
        mem=1024, cpu=machine.Qemu.MODEL + ",-xsave")),
    "hospes-amdvi": Bed("hospes", machine.Setup(
        mem=1024, cpus=2, iommu="amd-iommu", extra=EDU), quick=True),
    # A unit that caches what is absent, and does not snoop.
    "hospes-vtd": Bed("hospes", machine.Setup(
        mem=1024, cpus=2, extra=EDU,
        iommu="intel-iommu,caching-mode=on,aw-bits=48,snoop-control=on"),
        quick=True),
    "hospes-smp": Bed("hospes", machine.Setup(mem=1024, cpus=2),
                      "dom0_max_vcpus=4"),
    "hospes-cores": Bed("hospes", machine.Setup(mem=1024, cpus=4, threads=2),
                        "dom0_max_vcpus=4 sched_gran=core", quick=True,
                        broken=CORES),
    "hospes-broken": Bed(str(machine.ROOT / "build/broken/hospes"),
                         machine.Setup(mem=1024, cpus=2),
                         "dom0_max_vcpus=4", only="TEST_BROKEN"),
    "hospes-bochs": bochs(broken=BOCHS_APICV),
    "hospes-bochs-smp": bochs(cpus=2, options="dom0_max_vcpus=4",
                              broken=BOCHS_APICV),
    "hospes-bochs-cores": bochs(
        cpus=4, threads=2, options="dom0_max_vcpus=4 sched_gran=core",
        quick=True, broken=BOCHS_APICV | CORES),
    "hospes-bochs-noapicv": bochs(options="dom0_max_vcpus=2 apicv=no",
                                  quick=True),
    "hospes-bochs-haswell": bochs("corei7_haswell_4770", quick=True,
                                  broken=BOCHS_APICV),
    "hospes-bochs-tigerlake": bochs("tigerlake", quick=True, broken=TIGERLAKE),
    "hospes-bochs-amd": bochs("ryzen", quick=True, broken=BOCHS_AMD),
    # Xen gives dom0 its devices and their lines only behind an IOMMU.
    "xen-qemu": Bed("xen", machine.Setup(mem=1024, iommu="amd-iommu")),
    "xen-smp": Bed("xen", machine.Setup(mem=1024, cpus=2,
                                        iommu="amd-iommu"),
                   "dom0_max_vcpus=4"),
}

# What the hypervisor or the emulator does after a test that ends its domain:
# a pattern on the console, or a cause of machine.End.
ENDINGS = {
    "end_poweroff": ("poweroff", r"[Hh]alted|power"),
    "end_reboot": ("reset", r"[Rr]ebooting|reboot"),
    "end_crash": ("reset", r"[Cc]rashed|crash"),
    "end_triple_fault": ("reset", r"[Tt]riple|[Rr]eboot|[Cc]rash"),
}


def all_tests():
    """Names of all tests with their flags, in the order of their folders."""
    found = {}
    for source in sorted(HERE.glob("*/test.c")):
        for name, flags in TEST.findall(source.read_text()):
            found[name] = flags
    return found


def start(bed, name, tests):
    """Boot the guest with these tests; a context manager."""
    where = BEDS[bed]
    load = payload.Payload(
        where.hypervisor, kernel=ELF, dom0_mem="256M", options=where.options,
        cmdline=f"hv={where.hypervisor} tests={':'.join(tests)}")
    return load.start(where.setup, f"guest-{bed}-{name}")


def blocks(text):
    """The console of one boot, cut up by test: name to lines."""
    found = {}
    name = None
    for line in text.split("\n"):
        head = re.match(r"TEST (\w+): ", line)
        if head:
            name = head.group(1)
            found[name] = []
        elif name:
            found[name].append(line)
    return found


def run_part(bed, part, tests):
    """One boot; returns what it printed and the tests it did not finish."""
    with start(bed, part, tests) as m:
        try:
            m.expect(r"^guest: command line", timeout=BOOT_TIMEOUT)
            if "sched_gran=core" in BEDS[bed].options:
                assert "sched_gran=core: not" not in m.text
            for _ in tests:
                if m.expect(r"^(TEST|RESULT) ", TEST_TIMEOUT).group(1) == \
                        "RESULT":
                    break
            else:
                m.expect(r"^RESULT ", TEST_TIMEOUT)
        except machine.BedError as error:
            found = blocks(m.text)
            if found:
                last = list(found)[-1]
            else:
                last = tests[0]
                found[last] = []
            found[last].append(f"FAIL {last}/died: {error}")
            return found, tests[tests.index(last) + 1:]
        return blocks(m.text), []


@functools.lru_cache(maxsize=None)
def run_all(bed, names):
    """Console lines of the named tests, which can share a boot."""
    shared = {n: flags for n, flags in sorted(all_tests().items())
              if n in names}
    hostile = [n for n in shared if "TEST_HOSTILE" in shared[n]]
    found = {}
    part = 0
    for todo in [[n for n in shared if n not in hostile], hostile]:
        while todo:
            now, later = todo[:MANY], todo[MANY:]
            new, left = run_part(bed, f"{part}", now)
            found.update(new)
            todo = left + later
            part += 1
    return found


def pytest_generate_tests(metafunc):
    """One case for each bed and test."""
    beds = metafunc.config.getoption("--bed") or ["hospes-qemu"]
    tests = all_tests()
    for fixture in ("shared", "alone"):
        if fixture not in metafunc.fixturenames:
            continue
        cases = [(b, n) for b in beds for n, f in tests.items()
                 if BEDS[b].has(f) and n not in BEDS[b].broken
                 and ("TEST_ALONE" in f) == (fixture == "alone")]
        # Those that share a boot are for one of pytest's workers.
        group = {"shared": "{}", "alone": "{}-{}"}[fixture]
        metafunc.parametrize(f"bed,{fixture}", [
            pytest.param(*c, marks=pytest.mark.xdist_group(group.format(*c)))
            for c in cases], ids=[f"{b}-{n}" for b, n in cases])


def failures(lines):
    """The lines that say what went wrong."""
    return [line for line in lines if line.startswith("FAIL ")]


def chosen(session, bed):
    """Names of the shared tests of a bed that this run is for (-k, --bed)."""
    cases = [item.callspec.params for item in session.items
             if "shared" in getattr(item, "fixturenames", ())]
    return tuple(c["shared"] for c in cases
                 if c["bed"] == bed)


def test_differences_are_listed():
    """Every test that asks on which hypervisor it is has a row in the page."""
    page = (machine.ROOT / "docs" / "xen-differences.md").read_text()
    missing = [source.parent.name for source in sorted(HERE.glob("*/test*.c"))
               if "on_xen()" in source.read_text() and
               source.parent.name != "lib" and
               f"`{source.parent.name}`" not in page]
    assert not missing


def test_shared(request, bed, shared):
    """A test that leaves its domain alive."""
    lines = run_all(bed, chosen(request.session, bed)).get(shared)
    assert lines is not None, "the test did not start"
    if any(line.startswith("SKIP ") for line in lines):
        pytest.skip(lines[0])
    assert not failures(lines)


def test_alone(bed, alone):
    """A test that ends its domain, and what becomes of the machine."""
    cause, pattern = ENDINGS[alone]
    with start(bed, alone, [alone]) as m:
        m.expect(r"^RESULT \d+ passed 0 failed", BOOT_TIMEOUT, fatal=None)
        try:
            m.expect(pattern, 20, fatal=None)
        except machine.BedError:
            end = m.settle(5)
            assert end and end.cause in (cause, "reset", "poweroff")
