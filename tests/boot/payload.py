# SPDX-License-Identifier: GPL-2.0-or-later
"""What is booted: Hospes or Debian's own Xen, and what runs as dom0.

    p = Payload("xen", kernel=elf, cmdline="foo", options="loglvl=all")
    with p.start(Setup(cpus=2), "my-test") as m:
        ...
    result = run_elf(elf, hypervisor="hospes", final=r"^DONE")

The same dom0 runs on both hypervisors, on the same machine but for the CPU
features which this QEMU breaks for Xen. Xen gives a PVH dom0 its devices only
behind an IOMMU, so it gets one; Hospes maps dom0 1:1 and needs none.
"""

import dataclasses
import pathlib
import subprocess
import sys
import time

from tests.boot import machine

ROOT = machine.ROOT
sys.path.insert(0, str(ROOT / "boot" / "image"))
import mkimage  # noqa: E402  pylint: disable=wrong-import-position

HOSPES = ROOT / "build" / "hospes"
DOM0 = ROOT / "build" / "dom0"
XEN = DOM0 / "xen"
# QEMU 7.2 reports RDTSCP as RDTSC and breaks lazy FPU switching by XSAVE.
XEN_CPU = machine.Qemu.MODEL + ",-rdtscp,-xsave"
CONSOLE = "console=com1 com1=115200,8n1"
# The in-tree control domain: `make build/dom0.elf`.
TREE_DOM0 = ROOT / "build" / "dom0.elf"
# What it needs with the guests of dom0/guest, in MiB.
TREE_DOM0_MEM = 192


def dom0_file(name):
    """A file of the control domain: vmlinuz, vmlinux, initrd.img or xen.

    Fetches and builds them the first time (tools/fetch_debs.sh and
    dom0/linux/build.sh)."""
    path = DOM0 / name
    if not path.exists():
        subprocess.run(["sh", str(ROOT / "dom0/linux/build.sh")], check=True,
                       stdout=sys.stderr)
    return path


def guests(*files):
    """The archive of the in-tree control domain's guests; with files more."""
    subprocess.run(["sh", str(ROOT / "dom0/guest/build.sh"), *files],
                   check=True, stdout=sys.stderr)
    return DOM0 / ("run.img" if files else "guests.img")


def guest_files():
    """Kernel and initrd of those guests, by their names in the archive."""
    guests()
    return {"vmlinux": DOM0 / "guest-vmlinux",
            "initrd.img": DOM0 / "small.img"}


@dataclasses.dataclass(frozen=True)
class Payload:
    """A hypervisor with its command line, and modules with theirs."""
    hypervisor: str = "hospes"          # hospes, xen or the path of an image
    kernel: object = None               # dom0's kernel; None: no module
    cmdline: str = ""
    initrd: object = None
    options: str = ""                   # more options for the hypervisor
    dom0_mem: str = "512M"              # empty: leave it out
    console: str = CONSOLE
    acpi: tuple = ()                    # files: tables for the firmware's

    def command_line(self, iommu):
        """The hypervisor's own command line."""
        words = [self.console]
        if self.hypervisor == "xen":
            words.append("dom0=pvh")
            if not iommu:
                words.append("dom0-iommu=none")
        if self.dom0_mem:
            words.append(f"dom0_mem={self.dom0_mem}")
        return " ".join(w for w in words + [self.options] if w)

    def image(self, setup):
        """Build (or find) the image for a machine; return its path."""
        binary = {"hospes": HOSPES, "xen": XEN}.get(self.hypervisor)
        binary = binary or pathlib.Path(self.hypervisor)
        if binary == XEN:
            binary = dom0_file("xen")
        modules = []
        if self.kernel:
            modules.append((self.kernel, self.cmdline))
        if self.initrd:
            modules.append((self.initrd, ""))
        kind = "iso-bios" if setup.bed == "bochs" else "iso"
        if setup.media == "disk":
            kind = "disk"
        return mkimage.build(binary, self.command_line(setup.iommu), modules,
                             kind, self.acpi)

    def setup(self, setup):
        """The setup with what this hypervisor needs of the machine."""
        if self.hypervisor == "xen" and setup.bed == "qemu" and not setup.cpu:
            return dataclasses.replace(setup, cpu=XEN_CPU)
        return setup

    def start(self, setup, name=""):
        """Start it on a machine; the result is a context manager."""
        setup = self.setup(setup)
        name = name or f"{pathlib.Path(self.hypervisor).name}-{setup.name}"
        return machine.start(setup, self.image(setup), name)


@dataclasses.dataclass(frozen=True)
class Result:
    """What one run of an ELF left: its lines, its end, and the seconds."""
    lines: list
    end: machine.End
    seconds: float
    match: object


def run_elf(elf, hypervisor="hospes", cmdline="", final=None, timeout=60,
            setup=machine.Setup(mem=1024), name="", **payload):
    """Run one ELF as dom0's kernel; collect the console.

    `final` is a pattern whose line ends the run; without it the run lasts
    until the guest ends the machine (isa-debug-exit at port 0xf4, poweroff).
    Xen runs without an IOMMU unless the setup has one. `payload` goes to
    Payload (options=, initrd=, dom0_mem=). Raises BedError when neither comes
    in time."""
    name = name or f"{pathlib.Path(elf).stem}-{hypervisor}-{setup.name}"
    payload.setdefault("dom0_mem", "128M")
    load = Payload(hypervisor, kernel=elf, cmdline=cmdline, **payload)
    begin = time.monotonic()
    with load.start(setup, name) as m:
        match = m.expect(final, timeout) if final else None
        if match:
            m.kill()
        end = m.wait_end(timeout) if not match else m.end
        return Result(m.lines, end, time.monotonic() - begin, match)
