# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian guest with two CPUs, a disk and a network: point 1 of issue 4.

The tests of this file and of test_control.py share two guests, which the
first to need them creates."""

import pytest

from tests.boot import devices

pytestmark = pytest.mark.part("guest")

# What a guest sees of its hypervisor.
SEEN = {
    "seen-sysfs": "cd /sys/hypervisor; "
                  "for f in $(find . -type f | sort); do "
                  "echo $f $(cat $f); done; cd /",
    "seen-devices": "ls /sys/bus/xen/devices; cat /sys/devices/system/"
                    "clocksource/clocksource0/*_clocksource",
    "seen-memory": "cat /proc/iomem /proc/ioports",
    "seen-flags": "grep -m1 ^flags /proc/cpuinfo | tr ' ' '\n' | sort",
    "seen-interrupts": "sed 's/  *[0-9][0-9]*//g' /proc/interrupts",
    "seen-dmesg": "dmesg | cut -d']' -f2-",
}


def test_create(pair):
    """Two of them, the kernel as shipped, up to their shell."""
    out = pair.record("list-guests", "xl list -v")
    for name in ("guest1", "guest2"):
        assert rf"^{name} +\d+ +256 +2 " in out, str(out)
    pair.record("xenstore-guest", "id=$(xl domid guest1); "
                "for d in /local/domain/$id /libxl/$id "
                "/local/domain/0/backend/vbd/$id "
                "/local/domain/0/backend/vif/$id; do xenstore-ls -f $d; done")
    pair.record("list-l-guest", "xl list -l guest1")
    pair.record("xentop-guest", "xentop -b -i 1")
    pair.record("lsevtchn-guest",
                "/usr/lib/xen-4.17/bin/lsevtchn $(xl domid guest1)")


def test_console(pair):
    """`xl console` leads to the guest's shell; it has both its CPUs."""
    pair.shell.console("guest1")
    cpus = pair.shell.guest("guest cpus 2")
    kind = pair.shell.guest("cat /sys/hypervisor/guest_type")
    for name, command in SEEN.items():
        pair.record_guest(name, command)
    pair.shell.leave()
    assert r"^G: cpus ok" in cpus, str(cpus)
    assert r"^PVH" in kind, str(kind)


def test_disk(pair):
    """ext4 on the phy: disk: 64 MiB written, read back and compared."""
    pair.shell.console("guest1")
    out = pair.shell.guest("guest disk /dev/xvda 64", timeout=240)
    pair.shell.leave()
    assert r"^G: disk ok" in out, str(out)


def test_network(pair):
    """Pings of dom0 and of the other guest, a file from dom0 by HTTP."""
    dom0 = pair.address("dom0")
    other = pair.address("guest2")
    pair.run("head -c 1000000 /dev/urandom >/srv/file")
    md5 = pair.run("md5sum </srv/file").text.split()[0]
    pair.shell.console("guest1")
    out = [pair.shell.guest(f"guest ping {dom0}"),
           pair.shell.guest(f"guest ping {other}"),
           pair.shell.guest(f"guest http http://{dom0}/file {md5}")]
    pair.shell.leave()
    for line in out:
        assert r"^G: \w+ ok" in line, str(line)


def test_outside(pair, scratch):
    """A file from beyond the bridge: the card sends the guest's pages."""
    if pair.row.bed != "qemu":
        pytest.skip("no network card")
    router = pair.run("cat /run/router.xenbr0").text
    with devices.http_file(scratch) as (where, md5):
        pair.shell.console("guest2")
        out = pair.shell.guest(f"guest http http://{router}:{where} {md5}")
        pair.shell.leave()
    assert r"^G: http ok" in out, str(out)
