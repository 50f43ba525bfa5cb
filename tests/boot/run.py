#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boot a control domain and give its console to the terminal (make run).

The hypervisor's and dom0's console is the machine's serial line, which is
this terminal; Ctrl-] ends the machine, with the in-tree dom0 three of them:
one leaves a guest's console. With --test a Linux dom0 runs its self tests
instead and the machine ends by itself."""

import argparse
import os
import pathlib
import select
import sys
import termios
import tty

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from tests.boot import devices, machine, payload, toolstack  # noqa: E402  pylint: disable=wrong-import-position

QUIT = b"\x1d"
KERNEL = "console=hvc0"


def interact(m, quits=1):
    """Join the terminal and the machine's console until either ends.

    So many QUIT in a row end the machine, fewer are passed on."""
    stdin, stream = sys.stdin.fileno(), m.stream
    raw = os.isatty(stdin)
    old = termios.tcgetattr(stdin) if raw else None
    sources = [stdin]
    tail = b""
    try:
        if raw:
            tty.setraw(stdin)
        while True:
            ready = select.select([*sources, stream.child_fd], [], [], 0.5)[0]
            if stdin in ready:
                data = os.read(stdin, 1024)
                tail = (tail + data)[-quits - len(data):]
                if QUIT * quits in tail:
                    return
                tail = tail[-quits:]
                if data:
                    os.write(stream.child_fd, data)
                else:
                    sources.clear()
            try:
                text = stream.read_nonblocking(1 << 16, timeout=0.05)
            except machine.pexpect.TIMEOUT:
                continue
            except machine.pexpect.EOF:
                m.end = m.wait_end(10)
                return
            sys.stdout.write(text)
            sys.stdout.flush()
    finally:
        if raw:
            termios.tcsetattr(stdin, termios.TCSADRAIN, old)


def parse():
    """The options, which the Makefile's variables become."""
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--bed", choices=("qemu", "bochs"), default="qemu")
    p.add_argument("--hypervisor", default="hospes",
                   help="hospes, xen or a file")
    p.add_argument("--uefi", action="store_true")
    p.add_argument("--disk", action="store_true",
                   help="boot from a disk, not a CD")
    p.add_argument("--smp", type=int, default=2, help="number of CPUs")
    p.add_argument("--mem", type=int, default=2048, help="MiB of memory")
    p.add_argument("--cpu", default="", help="CPU model of the bed")
    p.add_argument("--iommu", default=None,
                   help="QEMU's device, e.g. intel-iommu,intremap=on")
    p.add_argument("--options", default="loglvl=all",
                   help="for the hypervisor")
    p.add_argument("--dom0-mem", help="default 512M, with the toolstack "
                   + toolstack.DOM0_MEM)
    p.add_argument("--dom0", choices=("small", "linux", "hospes"),
                   default="hospes", help="hospes: the in-tree control "
                   "domain; small: Debian's kernel; linux: with Debian's "
                   "toolstack, on a disk")
    p.add_argument("--files", nargs="*", default=(), metavar="FILE",
                   type=pathlib.Path,
                   help="more files for the in-tree control domain, or others "
                   "of that name: guests.cfg, kernels, initrds, disks")
    p.add_argument("--kernel", default="",
                   help="vmlinuz, vmlinux or a file")
    p.add_argument("--append", default="", help="for dom0's kernel")
    p.add_argument("--test", default="",
                   help="run these self tests, e.g. xen,cpus,time,dmesg")
    p.add_argument("--image", metavar="FILE",
                   help="only write the boot image to FILE")
    args = p.parse_args()
    for file in args.files:
        if not file.is_file():
            p.error(f"there is no file {file}")
    return args


def in_tree(args):
    """The in-tree control domain with its guests.

    Each file is there twice: in the archive, and as the disk it may be."""
    files = args.files
    if not files and args.bed == "bochs":
        files = [payload.ROOT / "dom0/guest/bochs/guests.cfg"]
    size = sum(f.stat().st_size for f in files)
    mem = payload.TREE_DOM0_MEM + (2 * size >> 20)
    return payload.Payload(
        args.hypervisor, kernel=pathlib.Path(args.kernel or payload.TREE_DOM0),
        options="dom0_max_vcpus=1 " + args.options,
        initrd=payload.guests(*files), dom0_mem=args.dom0_mem or f"{mem}M",
        cmdline=args.append)


def linux(args, full):
    """Debian's kernel, alone or with Debian's toolstack."""
    words = [toolstack.KERNEL if full else KERNEL, args.append]
    if args.test:
        words.append(f"hospes.test={args.test}")
    # Bochs would unpack it for a minute and a half.
    name = args.kernel or ("vmlinux" if args.bed == "bochs" else "vmlinuz")
    kernel = pathlib.Path(name)
    if not kernel.exists():
        kernel = payload.dom0_file(name)
    return payload.Payload(
        args.hypervisor, kernel=kernel,
        options=toolstack.options(args.hypervisor, args.options) if full
        else args.options,
        initrd=payload.dom0_file("initrd.img"),
        dom0_mem=args.dom0_mem or (toolstack.DOM0_MEM if full else "512M"),
        cmdline=" ".join(w for w in words if w))


def main():
    """See --help."""
    args = parse()
    xen = args.hypervisor == "xen"
    full = args.dom0 == "linux"
    load = in_tree(args) if args.dom0 == "hospes" else linux(args, full)
    extra = ()
    if args.bed == "qemu":
        extra = (*(toolstack.network() if full else devices.net_arguments()),
                 *devices.USB)
    if args.iommu is None:
        args.iommu = "amd-iommu" if xen else ""
    setup = machine.Setup(
        bed=args.bed, cpus=args.smp, mem=args.mem, extra=extra,
        cpu=args.cpu or (toolstack.cpu(args.bed) if full else ""),
        firmware="uefi" if args.uefi else "bios", iommu=args.iommu,
        media="disk" if args.disk else "cdrom",
        disk=toolstack.disk() if full else None)
    if args.image:
        image = load.image(setup)
        pathlib.Path(args.image).write_bytes(image.read_bytes())
        print(args.image)
        return 0
    print(f"{args.bed}: {args.hypervisor}, {args.smp} CPUs, {args.mem} MiB, "
          f"{setup.firmware}; {'three ' if args.dom0 == 'hospes' else ''}"
          "Ctrl-] ends it")
    with load.start(setup, f"run-{os.getpid()}") as m:
        interact(m, 3 if args.dom0 == "hospes" else 1)
    print(f"\n{args.bed}: {m.end.cause if m.end else 'ended'}; console in "
          f"{m.path('console')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
