# SPDX-License-Identifier: GPL-2.0-or-later
"""The in-tree control domain: its shell, small guests and Linux guests.

Small guests are the kernel of tests/guest. An archive is made for each test
of the files it names; it is dom0's initrd."""

import os
import re
import shutil
import subprocess

import pytest

from tests.boot import machine, payload

GUEST = machine.ROOT / "build" / "guest" / "guest.elf"
PATIENCE = float(os.environ.get("HOSPES_PATIENCE", "1"))
PROMPT = r"hospes> "
LEAVE = "\x1d"

SMALL = """\
name = "one"
kernel = "guest.elf"
extra = "tests=hello"
memory = 32
on_poweroff = "preserve"
name = "two"
kernel = "guest.elf"
extra = "tests=hello"
memory = 32
name = "big"
kernel = "guest.elf"
memory = 64000
name = "none"
kernel = "missing"
name = "noise"
kernel = "guests.cfg"
name = "bad"
kernl = "guest.elf"
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


def archive(folder, config, files):
    """A cpio archive of the configuration and the files."""
    tree = folder / "files"
    tree.mkdir()
    (tree / "guests.cfg").write_text(config)
    names = ["guests.cfg"]
    for name, source in files.items():
        shutil.copyfile(source, tree / name)
        names.append(name)
    image = folder / "guests.img"
    with open(image, "wb") as out:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=tree,
                       input="\n".join(names).encode(), stdout=out,
                       check=True)
    return image


def start(image, name, hypervisor="hospes", bed="qemu"):
    """Boot the control domain with the archive.

    For apicv=no see docs/testing.md, of Bochs."""
    load = payload.Payload(hypervisor, kernel=payload.TREE_DOM0,
                           initrd=image, dom0_mem="128M",
                           options="dom0_max_vcpus=1 apicv=no")
    return load.start(machine.Setup(bed=bed, mem=1024), f"tree-{name}")


def ask(m, text, timeout=20):
    """What a command prints, up to the next prompt."""
    m.send(text + "\r")
    m.expect_prompt(re.escape(text), timeout * PATIENCE)
    m.expect_prompt(PROMPT, timeout * PATIENCE)
    return m.stream.before.replace("\r", "")


@pytest.mark.parametrize("hypervisor,bed", [
    ("hospes", "qemu"), ("hospes", "bochs"), ("xen", "qemu")])
def test_small_guests(scratch, hypervisor, bed):
    """Guests that cannot be are told of in one line; the others run."""
    image = archive(scratch, SMALL, {"guest.elf": GUEST})
    with start(image, f"small-{hypervisor}-{bed}", hypervisor, bed) as m:
        wait = 60 * PATIENCE
        m.expect(r'guests\.cfg:18: unknown key "kernl": is "kernel" meant\?',
                 wait)
        m.expect(r'guests\.cfg:17: guest "bad" has no kernel', wait)
        m.expect(r'dom0: guest "one" runs', wait)
        m.expect(r'dom0: guest "two" runs', wait)
        m.expect_prompt(r"big: the machine has not enough free memory", wait)
        m.expect_prompt(r'none: there is no file "missing"', wait)
        m.expect_prompt(r"noise: is neither an ELF file nor a bzImage", wait)
        m.expect(r'dom0: guest "bad" is not started', wait)
        m.expect_prompt(r"two: powered off", wait)
        m.expect_prompt(PROMPT, wait)
        ask(m, "uptime")
        rows = ask(m, "list")
        assert re.search(r"^Domain-0 +0 +128 +1 +r-----", rows, re.M), rows
        assert re.search(r"^one +\d+ +\d+ +1 +---s-- ", rows, re.M), rows
        assert "two" not in rows
        m.send("console one\r")
        m.expect(r"^RESULT \d+ passed 0 failed", wait)
        m.send(LEAVE)
        m.expect_prompt(PROMPT, wait)
        assert 'name = "one"' in ask(m, "store-ls /local/domain")
        ask(m, "destroy one")
        assert "one" not in ask(m, "list")
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


def test_no_archive():
    """Without guests there is a shell."""
    with start(None, "none") as m:
        m.expect(r"no archive of guests: give one as dom0's initrd",
                 60 * PATIENCE)
        m.expect_prompt(PROMPT, 20 * PATIENCE)
        assert "Ctrl-] leaves it" in ask(m, "help")


def test_linux_guests(scratch):
    """Two Linux guests: disk, network between them, shutdown."""
    image = archive(scratch, LINUX, {
        "vmlinux": payload.dom0_file("vmlinux"),
        "initrd.img": payload.guests().with_name("guest.img")})
    with start(image, "linux") as m:
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
