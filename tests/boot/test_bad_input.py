# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines and modules that cannot work: one clear line, then a halt.

Each case has the pattern of the line that tells the user what is wrong. After
it the hypervisor may halt, power off or reset, as long as nothing triple
faults; where `lives` is set it has to go on instead. Nothing here needs a
working dom0, so each case takes a few seconds."""

import dataclasses
import struct

import pytest

from tests.boot import machine, payload
from tests.boot.matrix import patience

MIB = 1 << 20
LINE_TIMEOUT = 60
# How long a machine is watched after its line.
SETTLE = 3


@dataclasses.dataclass(frozen=True)
class Case:
    """One thing that is wrong, and the line that has to say so."""
    name: str
    line: str
    cpu: str = ""
    mem: int = 1024
    kernel: str = ""                    # how to spoil it; empty: as it is
    initrd_mib: int = 0
    options: str = ""
    dom0_mem: str = "512M"
    acpi: str = ""
    lives: bool = False                 # goes on: it only warns


CASES = (
    Case("no-svm", r"(no|lacks?|without|needs?|not|neither)\b.*(AMD-V|SVM|"
         r"VT-x|virtuali)|(AMD-V|SVM|VT-x|virtuali).*(not|missing|absent|"
         r"required|disabled|unavailable)",
         cpu="EPYC,-svm,-monitor"),
    Case("no-npt", r"(no|lacks?|without|needs?|not|neither)\b.*(nested pag|"
         r"NPT)|(nested pag|NPT).*(not|missing|absent|required|disabled)",
         cpu="EPYC,+svm,-npt,-monitor"),
    Case("no-modules", r"(no|without|lacks?|missing).*(module|kernel)",
         kernel="none"),
    Case("truncated-kernel", r"(kernel|module|bzImage|payload|vmlinuz).*"
         r"(truncated|short|corrupt|beyond|outside|cannot|damaged|bad)",
         kernel="truncated"),
    Case("corrupt-kernel", r"(kernel|module|payload|vmlinuz).*(corrupt|"
         r"unpack|decompress|damaged|cannot|bad)", kernel="corrupt"),
    Case("garbage-kernel", r"(kernel|module|image).*(neither|not an? |"
         r"unknown|format|recogni|magic|cannot)", kernel="garbage"),
    Case("elf-without-note", r"(PVH|ELF).*(note|entry)", kernel="no-note"),
    Case("initrd-too-large", r"(initrd|ramdisk|module).*(fit|large|big|"
         r"memory|room|space)", initrd_mib=160, dom0_mem="128M", mem=768),
    Case("dom0-mem-too-large", r"(dom0_mem|dom0).*(large|more|exceed|only|"
         r"reduce|than|not enough|fit|too)",
         dom0_mem="64G"),
    Case("too-little-ram", r"(too little|not enough|insufficient|out of|no room"
         r"|cannot|no)\b.*(memory|RAM)|(memory|RAM).*(too|enough|fit)", mem=72, dom0_mem=""),
    Case("acpi-madt-entry", r"(MADT|APIC).*(entry|length|bad|broken|"
         r"corrupt|invalid|short)", acpi="madt-entry"),
    Case("acpi-madt-checksum", r"(MADT|APIC|ACPI).*(checksum|sum)",
         acpi="madt-checksum"),
    Case("acpi-madt-length", r"(MADT|APIC|ACPI).*(length|size|short|"
         r"long|bad|broken|checksum)", acpi="madt-length"),
    Case("acpi-dmar-scope", r"DMAR.*broken", acpi="dmar-scope", lives=True),
    Case("acpi-dmar-nobody", r"VT-d is not used", acpi="dmar-nobody",
         lives=True),
    Case("unknown-option", r"frobnicate", options="frobnicate=1", lives=True),
    Case("ill-formed-option", r"maxcpus", options="maxcpus=many", lives=True),
)


def madt(fault):
    """A MADT of one CPU and one I/O APIC, with this fault."""
    body = struct.pack("<II", 0xfee00000, 1)
    body += struct.pack("<BBBBI", 0, 8, 0, 0, 1)
    body += struct.pack("<BBBBII", 1, 12, 0, 0, 0xfec00000, 0)
    if fault == "madt-entry":
        # An entry of no length: who adds it up never gets on.
        body += struct.pack("<BB6x", 2, 0)
    said = 0x7fffffff if fault == "madt-length" else 36 + len(body)
    table = acpi_table(b"APIC", 3, said, body)
    if fault == "madt-checksum":
        table[9] ^= 0x55
    return table


def dmar(fault):
    """A DMAR of one unit, with this fault."""
    scope = struct.pack("<BBxxBBBB", 1, 8, 0, 0, 2, 0)
    if fault == "dmar-scope":
        # Longer than the unit's entry.
        scope = struct.pack("<BBxxBBBB", 1, 80, 0, 0, 2, 0)
    unit = struct.pack("<HHBBHQ", 0, 16 + len(scope), 0, 0, 0, 0xfed90000)
    body = struct.pack("<BB10x", 38, 1) + unit + scope
    return acpi_table(b"DMAR", 1, 36 + len(body), body)


def acpi_table(name, revision, length, body):
    """Header and body, with the sum right."""
    head = struct.pack("<4sIBB6s8sI4sI", name, length, revision, 0, b"HOSPES",
                       b"BADTABLE", 1, b"TEST", 1)
    table = bytearray(head + body)
    table[9] = -sum(table) & 0xff
    return table


def elf(note):
    """A tiny ELF64 that halts; with no PVH note it cannot be dom0."""
    assert not note
    code = b"\xf4\xeb\xfd".ljust(4096, b"\x90")
    base = 0x100000
    head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 2, 62, 1, base,
                       64, 0, 0, 64, 56, 1, 0, 0, 0)
    head += struct.pack("<IIQQQQQQ", 1, 5, 4096, base, base, 4096, 4096, 4096)
    return head.ljust(4096, b"\0") + code


def spoil(how, folder):
    """The kernel of a case: the path of a file, or None."""
    if how == "none":
        return None
    good = payload.dom0_file("vmlinuz")
    if not how:
        return good
    data = bytearray(good.read_bytes())
    if how == "truncated":
        data = data[:len(data) // 2]
    elif how == "corrupt":
        middle = len(data) // 2
        for i in range(middle, middle + 4096):
            data[i] ^= 0xa5
    elif how == "garbage":
        data = bytearray(b"not a kernel at all\n" * 4096)
    elif how == "no-note":
        data = elf(note=False)
    path = folder / "kernel"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input(case, scratch):
    """The line comes, no dom0 starts, and nothing triple faults."""
    kernel = spoil(case.kernel, scratch)
    initrd, acpi = None, ()
    if case.initrd_mib:
        initrd = scratch / "initrd"
        with open(initrd, "wb") as file:
            file.truncate(case.initrd_mib * MIB)
    if case.acpi:
        kind = {"madt": madt, "dmar": dmar}[case.acpi.split("-")[0]]
        (scratch / "table").write_bytes(kind(case.acpi))
        acpi = (scratch / "table",)
    load = payload.Payload("hospes", kernel=kernel, cmdline="console=hvc0",
                           initrd=initrd, options=case.options,
                           dom0_mem=case.dom0_mem, acpi=acpi)
    setup = machine.Setup(mem=case.mem, cpu=case.cpu)
    with load.start(setup, f"bad-{case.name}") as m:
        # The banner shows the command line, which is no answer.
        m.expect(rf"^(?!.*Command line:).*(?i:{case.line})",
                 patience(LINE_TIMEOUT), fatal=None)
        if case.lives:
            m.expect(r"Linux version", patience(LINE_TIMEOUT))
        else:
            m.settle(SETTLE)
            assert "Linux version" not in m.text
        assert "Triple fault" not in m.qemu_log
        assert m.text.count("PANIC") <= 1
