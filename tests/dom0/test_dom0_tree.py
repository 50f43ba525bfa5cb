# SPDX-License-Identifier: GPL-2.0-or-later
"""The in-tree control domain: its shell, small guests and Linux guests.

Small guests are the kernel of tests/guest."""

import re

import pytest

from tests.boot import machine, payload
from tests.dom0.tree import (GUEST, LEAVE, PATIENCE, PROMPT, archive, ask,
                             start)

SMALL = """\
name = "one"
kernel = "guest.elf"
extra = "tests=hello"
memory = 32
on_poweroff = "preserve"
name = "two"
kernel = "guest.elf"
extra = "tests=hello"
memory = 32 ; cpus = "9"
name = "big"
kernel = "guest.elf"
memory = 64000
name = "none"
kernel = "missing"
name = "noise"
kernel = "guests.cfg"
name = "bad"
kernl = "guest.elf"
name = "nopvh"
kernel = "hospes"
name = "rd"
kernel = "guest.elf"
ramdisk = "absent"
name = "disk"
kernel = "guest.elf"
disk = [ 'absent.img,raw,xvda,w' ]
name = "ram"
kernel = "guest.elf"
memory = 32
disk = [ 'ram:1G,,xvda' ]
"""

LINUX = """\
name = "one"
kernel = "vmlinux"
ramdisk = "initrd.img"
extra = "console=hvc0 quiet host=one addr=10.0.0.1/24 test=disk:8,ping:10.0.0.2"
memory = 192
disk = [ 'ram:16M,,xvda' ]
vif = [ '' ]
name = "two"
kernel = "vmlinux"
ramdisk = "initrd.img"
extra = "console=hvc0 quiet host=two addr=10.0.0.2/24"
memory = 192
vcpus = 2
vif = [ 'mac=00:16:3e:00:00:02' ]
"""

HOSTILE = """\
name = "good"
kernel = "guest.elf"
extra = "tests=hello"
memory = 32
on_poweroff = "preserve"
name = "bad"
kernel = "guest.elf"
extra = "tests=hostile_frontend"
memory = 48
disk = [ 'ram:1M,,xvda' ]
vif = [ '' ]
on_poweroff = "preserve"
"""


@pytest.mark.parametrize("hypervisor,bed", [
    ("hospes", "qemu"), ("hospes", "bochs"), ("xen", "qemu")])
def test_small_guests(scratch, hypervisor, bed):
    """Guests that cannot be are told of in one line; the others run."""
    image = archive(scratch, SMALL, {
        "guest.elf": GUEST, "hospes": machine.ROOT / "build" / "hospes"})
    own = 128 if hypervisor == "xen" else 16
    with start(image, f"small-{hypervisor}-{bed}", hypervisor, bed,
               (1024, own)) as m:
        wait = 60 * PATIENCE
        m.expect(r'guests\.cfg:18: unknown key "kernl": is "kernel" meant\?',
                 wait)
        m.expect(r'guests\.cfg:17: guest "bad" has no kernel', wait)
        m.expect(r'dom0: guest "one" runs', wait)
        m.expect_prompt(r'two: cpus = "9" is refused .*: "info" shows', wait)
        m.expect(r'dom0: guest "two" runs', wait)
        for line, text in (
                (10, r"big: the machine has not enough free memory.*: lower"),
                (13, r'none: there is no file "missing": put'),
                (15, r"noise: its kernel .* is neither an ELF file nor a "
                     "bzImage: name"),
                (None, r'dom0: guest "bad" is not started'),
                (19, r"nopvh: its kernel has no PVH entry .* needs "
                     "CONFIG_PVH"),
                (21, r'rd: there is no file "absent": put'),
                (24, r'disk: there is no file "absent.img": put'),
                (27, r"ram: no memory for disk xvda: give dom0 \d+ MiB")):
            m.expect_prompt(rf"guests\.cfg:{line}: {text}" if line else text,
                            wait)
        for _ in range(2):      # In the order in which they come to it.
            m.expect_prompt(r"(one|two): powered off", wait)
        m.expect_prompt(PROMPT, wait)
        ask(m, "uptime")
        rows = ask(m, "list")
        assert re.search(rf"^Domain-0 +0 +{own} +1 +r-----", rows, re.M), rows
        assert re.search(r"^one +\d+ +\d+ +1 +---s-- ", rows, re.M), rows
        assert "two" not in rows
        m.send("console one\r")
        m.expect(r"^RESULT \d+ passed 0 failed", wait)
        m.send(LEAVE)
        m.expect_prompt(PROMPT, wait)
        if hypervisor == "hospes":      # Xen ends with its dom0.
            m.send("crash\r")
            m.expect(r'^dom0: guest "one" goes on', wait, fatal=None)
            m.expect_prompt(PROMPT, wait)
        assert 'name = "one"' in ask(m, "store-ls /local/domain")
        ask(m, "destroy one")
        assert "one" not in ask(m, "list")
        assert "77 is not there" in ask(m, "destroy 77")
        assert "no such command" in ask(m, "frob")
        assert "usage: console GUEST" in ask(m, "console")
        ask(m, "create two")
        m.expect_prompt(r"two: powered off", wait)
        m.send("poweroff\r")
        if hypervisor == "xen":     # Its dom0 would do that by ACPI.
            m.expect(r"Dom0 halted", wait, fatal=None)
        elif bed == "qemu":
            assert m.wait_end(wait).cause in ("poweroff", "reset")


def test_nothing_leaks(scratch):
    """Memory is back after guests were made and destroyed."""
    image = archive(scratch, SMALL, {"guest.elf": GUEST})
    with start(image, "leaks") as m:
        m.expect_prompt(PROMPT, 60 * PATIENCE)
        m.expect_prompt(r"two: powered off", 60 * PATIENCE)
        ask(m, "destroy one")
        free = []
        for _ in range(4):
            ask(m, "create one -p", 60)
            ask(m, "destroy one")
            free.append(re.findall(r"free_memory +: (\d+)", ask(m, "info")))
        assert len(free[0]) == 2
        assert free == [free[0]] * 4


def test_hostile_guest(scratch):
    """A guest that hurts its servers gets errors, or one line and is cut off;
    its neighbour and dom0 go on."""
    image = archive(scratch, HOSTILE, {"guest.elf": GUEST})
    with start(image, "hostile") as m:
        wait = 60 * PATIENCE
        for device in ("vbd 51712", "vbd 51712", "vbd 51712", "vif 0"):
            m.expect_prompt(rf"bad: {device} is cut off: ", wait)
        m.expect_prompt("bad: its xenstore request is too long", wait)
        m.expect_prompt("bad: its console ring's indices make no sense", wait)
        m.send("\r")
        m.expect_prompt(PROMPT, wait)
        for name in ("bad", "good"):
            m.send(f"console {name}\r")
            m.expect(r"^RESULT \d+ passed 0 failed", wait)
            m.send(LEAVE)
            m.expect_prompt(PROMPT, wait)
        assert 'name = "good"' in ask(m, "store-ls /local/domain")
        ask(m, "destroy bad")
        ask(m, "destroy good")
        assert not re.search(r"^(good|bad) ", ask(m, "list"), re.M)


def test_no_archive():
    """Without guests there is a shell."""
    with start(None, "none") as m:
        m.expect(r"no archive of guests: give one as dom0's initrd",
                 60 * PATIENCE)
        m.expect_prompt(PROMPT, 20 * PATIENCE)
        assert "Ctrl-] leaves it" in ask(m, "help")


def test_damaged_archive(scratch):
    """The end of the archive is not there, and with it the kernel."""
    image = archive(scratch, SMALL, {"guest.elf": GUEST})
    with open(image, "r+b") as file:
        file.truncate(5000)
    with start(image, "damaged") as m:
        wait = 60 * PATIENCE
        m.expect("dom0: the archive is corrupt or truncated: make it", wait)
        m.expect_prompt(r'one: there is no file "guest.elf": put', wait)
        m.expect_prompt(PROMPT, wait)


def test_linux_guests(scratch):
    """Two Linux guests in 512 MiB: disk, network between them, shutdown."""
    image = archive(scratch, LINUX, payload.guest_files())
    with start(image, "linux", mem=(512, 72)) as m:
        wait = 150 * PATIENCE
        m.expect_prompt(PROMPT, wait)
        m.send("console one\r")
        m.expect(r"^T: disk ok", wait)
        m.expect(r"^T: ping ok", wait)
        m.expect_prompt(r"one:/#", wait)
        m.send(LEAVE)
        m.expect_prompt(PROMPT, wait)
        assert re.search(r"^51712 +4 +xvda", ask(m, "block-list one"), re.M)
        assert re.search(r"^0 +4 +00:16:3e:00:00:02",
                         ask(m, "network-list two"), re.M)
        assert len(re.findall(r"^two ", ask(m, "vcpu-list two"), re.M)) == 2
        m.send("shutdown two\r")
        m.expect_prompt(r"two: powered off", wait)
        m.send("\rconsole one\r")
        m.send("\rreboot -f\r")
        m.expect_prompt(r"one: reboots", wait)
        m.expect_prompt(PROMPT, wait)
        assert re.search(r"^one +3 ", ask(m, "list", 60), re.M)
