# SPDX-License-Identifier: GPL-2.0-or-later
"""The control domain with Debian's toolstack, on either hypervisor.

    with toolstack.start("xen", machine.Setup(cpus=2, mem=4096), "x") as sh:
        print(sh.run("xl info"))
"""

import contextlib
import dataclasses
import subprocess
import sys

from tests.boot import devices, machine, payload
from tests.boot.matrix import patience
from tests.boot.shell import Shell

ROOT = machine.ROOT
# Without what costs much under emulation and tests nothing of ours.
KERNEL = ("console=hvc0 panic=1 hospes.root=hospes-dom0 mitigations=off "
          "init_on_alloc=0 apparmor=0 audit=0")
DOM0_MEM = "768M"
# Bochs 2.7 has XRSTOR read what XSAVEC wrote from another place, so a Linux
# that switches tasks loses AVX registers: a processor without XSAVEC.
BOCHS_CPU = "corei7_haswell_4770"


def disk():
    """The root disk, built the first time and when it is out of date."""
    subprocess.run(["sh", str(ROOT / "dom0/linux/toolstack.sh")], check=True,
                   stdout=sys.stderr)
    return payload.DOM0 / "root.img"


def cpu(bed):
    """The model for Setup.cpu; empty: the default of the bed."""
    return BOCHS_CPU if bed == "bochs" else ""


def network():
    """QEMU's arguments for the card that the guests' bridge is put on."""
    return devices.net_arguments(["virtio_net"])


def options(hypervisor, words):
    """Words for the hypervisor, with a scheduler that Xen's tools know.

    Hospes's own default, rr, has no number of theirs: xl create fails."""
    if hypervisor == "xen" or "sched=" in words:
        return words
    return f"{words} sched=credit2".strip()


def load(hypervisor, words="", kernel="vmlinux", **args):
    """The payload; `words` are for dom0's kernel."""
    args.setdefault("dom0_mem", DOM0_MEM)
    args["options"] = options(hypervisor, args.get("options", ""))
    return payload.Payload(
        hypervisor, kernel=payload.dom0_file(kernel),
        initrd=payload.dom0_file("initrd.img"),
        cmdline=" ".join(w for w in (KERNEL, words) if w), **args)


@contextlib.contextmanager
def start(hypervisor, setup, name, words="", timeout=120, **args):
    """Boot to a shell on the second line; yields the Shell."""
    extra = setup.extra
    if setup.bed == "qemu":
        extra = (*extra, *network())
    iommu = setup.iommu or ("amd-iommu" if hypervisor == "xen" else "")
    setup = dataclasses.replace(setup, disk=disk(), second=True, extra=extra,
                                iommu=iommu, cpu=setup.cpu or cpu(setup.bed))
    words = f"hospes.shell=ttyS1 {words}".strip()
    with load(hypervisor, words, **args).start(setup, name) as m:
        m.expect(r"^rc: ", patience(timeout))
        sh = Shell(m)
        # What is sent before the line is open is lost.
        sh.wait(r"^shell: ready", 30)
        sh.run("PS1=")
        yield sh
