# SPDX-License-Identifier: GPL-2.0-or-later
"""VT-x that cannot work, on Bochs: one clear line each.

Older models lack EPT or unrestricted guests. What no model has, Bochs's
debugger makes: it stops the hypervisor at an instruction and changes the
register that holds what the machine said, or what it is to be told."""

import dataclasses
import re
import subprocess

import pytest

from tests.boot import machine, payload
from tests.boot.matrix import patience

DEBUG = machine.ROOT / "build" / "hospes.debug"
ELF = machine.ROOT / "build" / "guest" / "guest.elf"
LINE_TIMEOUT = 60
SETTLE = 3
IA32_FEATURE_CONTROL = 0x3a
GUEST_RIP = 0x681e


def instructions(function):
    """The code of a function: pairs of address and text."""
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}",
         str(DEBUG)], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"^([0-9a-f]{16}):\t(\S.*?)\s*$", text, re.MULTILINE)


def stop_behind_rdmsr(function, msr):
    """Debugger commands: run until the function has read that MSR."""
    code = instructions(function)
    load = next(i for i, (_, text) in enumerate(code)
                if re.match(rf"mov\s+\${msr:#x},%ecx", text))
    read = next(i for i in range(load, len(code)) if code[i][1] == "rdmsr")
    return (f"lb 0x{code[read + 1][0]}", "c", "d 1")


def stop_at_vmwrite(function, field):
    """The same, until it is about to write a field; and the register."""
    code = instructions(function)
    write = next(i for i in range(1, len(code))
                 if code[i][1].startswith("vmwrite")
                 and re.match(rf"mov\s+\${field:#x},%", code[i - 1][1]))
    register = re.match(r"vmwrite\s+%(\w+),", code[write][1]).group(1)
    return (f"lb 0x{code[write][0]}", "c", "d 1"), register


def locked_off():
    """The firmware locked the register without switching VT-x on."""
    return (*stop_behind_rdmsr("vmx_cpu_enable", IA32_FEATURE_CONTROL),
            "set rax = 1")


def bad_rip():
    """An instruction pointer beyond 4 GiB with a 32-bit code segment."""
    stop, register = stop_at_vmwrite("vmx_run_changed", GUEST_RIP)
    return (*stop, f"set {register} = 0x100000000")


@dataclasses.dataclass(frozen=True)
class Case:
    """A model, what the debugger does, and the lines that have to come."""
    name: str
    lines: tuple
    cpu: str = ""
    debugger: object = tuple


CASES = (
    Case("no-vmx", (r"neither.*(AMD-V|VT-x)|(AMD-V|VT-x).*(not|missing)",),
         cpu="p4_prescott_celeron_336"),
    Case("no-ept", (r"no extended page tables \(EPT\).*required",),
         cpu="core2_penryn_t9600"),
    Case("no-unrestricted", (r"no unrestricted guests.*required",),
         cpu="corei5_lynnfield_750"),
    Case("locked-off", (r"locked off by the firmware.*set-up",),
         debugger=locked_off),
    Case("entry-fails", (r"RIP", r"guest_rip +0000000100000000",
                          r"Domain d0 crashed: VM entry failed",
                          r"hardware domain d0 stopped: crash"), debugger=bad_rip),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vmx_error(case):
    """The lines come in order, and the hypervisor is still there."""
    setup = machine.Setup(bed="bochs", mem=512, cpu=case.cpu,
                          debugger=case.debugger())
    load = payload.Payload("hospes", kernel=ELF, cmdline="tests=hello",
                           dom0_mem="128M", options="noreboot")
    with load.start(setup, f"vmx-{case.name}") as m:
        for line in case.lines:
            m.expect(line, patience(LINE_TIMEOUT), fatal=None)
        m.settle(SETTLE)
        assert "TEST hello" not in m.text
        assert m.text.count("PANIC") <= 1
        log = m.path("bochs").read_text("utf-8", "replace")
        assert "3rd" not in log
