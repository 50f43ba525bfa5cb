# SPDX-License-Identifier: GPL-2.0-or-later
"""The devices dom0 is tested with: disks, network cards, a USB keyboard.

Disks are sparse files made anew for each test. Each network card has its own
user-mode network, on which the host is the router; a small HTTP server serves
one file of random bytes to it. virtio devices obey the IOMMU, which real Xen
puts before them and without which it changes nothing."""

import contextlib
import functools
import hashlib
import http.server
import os
import threading

VIRTIO = "disable-legacy=on,iommu_platform=on"
DISKS = {
    "ahci": "ide-hd,drive={0},bus=ide.1",
    "nvme": "nvme,drive={0},serial=hospes",
    "virtio": f"virtio-blk-pci,drive={{0}},{VIRTIO}",
}
# Linux's driver and QEMU's device. e1000 has neither MSI nor MSI-X, so it
# shows that the lines of the I/O APIC work.
NETS = {
    "e1000e": "e1000e",
    "virtio_net": f"virtio-net-pci,{VIRTIO}",
    "e1000": "e1000",
}
USB = ("-device", "qemu-xhci", "-device", "usb-kbd")
SERVED_BYTES = 2 << 20


def disk_arguments(folder, mib, kinds=tuple(DISKS)):
    """QEMU arguments for one empty disk of each kind, with room for mib."""
    args = []
    for kind in kinds:
        device = DISKS[kind]
        path = folder / f"{kind}.img"
        with open(path, "wb") as file:
            file.truncate((mib * 3 // 2 + 64) << 20)
        args += ["-drive", f"file={path},format=raw,if=none,id={kind},"
                 "cache=unsafe", "-device", device.format(kind)]
    return args


def bochs_disk_lines(folder, mib):
    """Lines of bochsrc for one empty IDE disk with room for mib."""
    path = folder / "piix.img"
    with open(path, "wb") as file:
        file.truncate((mib * 3 // 2 + 64) << 20)
    return ("ata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15",
            f"ata1-master: type=disk, mode=flat, path={path}")


def net_arguments(drivers=tuple(NETS)):
    """QEMU arguments for a network card for each of these drivers."""
    args = []
    for i, driver in enumerate(drivers):
        device = NETS[driver]
        args += ["-netdev", f"user,id={driver},net=10.0.{i + 2}.0/24",
                 "-device", f"{device},netdev={driver}"]
    return args


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        """Nothing: the log of pytest is no place for it."""


@contextlib.contextmanager
def http_file(folder):
    """Serve a file; yields what hospes.http and hospes.md5 have to say."""
    data = os.urandom(SERVED_BYTES)
    (folder / "file").write_bytes(data)
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{server.server_port}/file", hashlib.md5(data).hexdigest()
    finally:
        server.shutdown()
        server.server_close()
