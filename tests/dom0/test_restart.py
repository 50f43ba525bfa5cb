# SPDX-License-Identifier: GPL-2.0-or-later
"""The control domain is killed; guests do not notice, nor do their disks."""

import hashlib
import re
import struct

from tests.boot import devices, payload
from tests.dom0.tree import GUEST, PROMPT, WAIT, archive, ask, inside, start

DISKS = {"virtio": "vda", "nvme": "nvme0n1", "ahci": "sda"}
CARDS = ("virtio_net", "e1000e")
MIB = 16
GUESTS = """\
name = "one"
kernel = "vmlinux"
ramdisk = "initrd.img"
extra = "console=hvc0 quiet host=one test=gateway:2"
memory = 192
disk = [ 'ram:16M,,xvda', '/dev/vda,,xvdb', '/dev/nvme0n1,,xvdc',
         '/dev/sda,,xvdd' ]
vif = [ 'bridge=eth0', 'bridge=eth1' ]
name = "two"
kernel = "vmlinux"
ramdisk = "initrd.img"
extra = "console=hvc0 quiet host=two"
memory = 192
vcpus = 2
vif = [ 'bridge=eth1' ]
name = "three"
autostart = 0
kernel = "vmlinux"
memory = 192
"""


def kill(m, after, life, names=("one", "two")):
    """Kills it behind so many copies for guests; waits until it is back."""
    m.send(f"crash {after}\r" if after else "crash\r")
    m.expect(r"PANIC: asked for", WAIT, fatal=None)
    m.expect(r"dom0: starting it again", WAIT, fatal=None)
    m.expect(rf"dom0: life {life}", WAIT)
    for name in names:
        m.expect(rf'dom0: guest "{name}" goes on', WAIT)
    m.expect_prompt(PROMPT, WAIT)


def rounds(run, before):
    """How often each disk of a guest was written to and read, or its store:
    once all of it went on, in a minute at most."""
    now = before
    for _ in range(60):
        found = run("sleep 1; cat /run/rounds.* 2>/dev/null || true")
        now = [int(n) for n in re.findall(r"^(\d+)$", found, re.M)]
        if len(now) == len(before) and all(map(int.__lt__, before, now)):
            return now
    raise AssertionError(f"{before} rounds, then {now}")


def test_restart(scratch):
    """Five times in a row, four of them in the midst of a request, while a
    guest writes to a disk of each kind and both its cards are in use, and the
    other to the store."""
    image = archive(scratch, GUESTS, payload.guest_files())
    extra = (*devices.disk_arguments(scratch, MIB, tuple(DISKS)),
             *devices.net_arguments(CARDS))
    with start(image, "restart", extra=extra) as m:
        m.expect_prompt(PROMPT, WAIT)
        with inside(m, "two") as run:
            other = re.search(r"inet (10\.0\.3\.\d+)/", run("ip -4 addr"))[1]
            run("(/init store all &)")
        with inside(m, "one") as run:
            run(f"/init churn {MIB}")
            rounds(run, [0] * 4)
            run(f"(ping {other} & ping 10.0.2.2 &) >/dev/null")
        for life, after in enumerate((0, 1, 6, 33, 80), 2):
            kill(m, after, life)
            with inside(m, "one") as run:
                for address in (other, "10.0.2.2", "10.0.3.2"):
                    run(f"ping -c 2 {address}")
                rounds(run, rounds(run, [-1] * 4))
            with inside(m, "two") as run:
                rounds(run, rounds(run, [-1]))
        with inside(m, "two") as run:
            run("touch /run/stop; until [ -e /run/stopped ]; do sleep 1; done;"
                " [ ! -e /run/bad ] || { cat /run/bad; false; }")
            last = int(re.search(r"^(\d+)$", run("cat /run/rounds.store"),
                                 re.M)[1]) - 1
        assert f'short = "r{last}"' in ask(m, "store-ls /local/domain/2/data")
        with inside(m, "one") as run:
            run(f"/init settle {MIB}")
            assert "errors: 0" in run(
                "echo errors: $(dmesg | grep -ci 'i/o error\\|xen.*fail')")
            sums = re.findall(r"([0-9a-f]{32})  /dev/xvd[bcd]",
                              run("md5sum /dev/xvd[bcd]"))
        assert sums == [
            hashlib.md5((scratch / f"{kind}.img").read_bytes()).hexdigest()
            for kind in DISKS]
        rows = ask(m, "list")
        assert len(re.findall(r"^(?:one|two) ", rows, re.M)) == 2, rows
        m.send("crash 20\rcreate three\r")
        m.expect(r"PANIC: asked for", WAIT, fatal=None)
        m.expect(r"dom0: domain 3 was half made", WAIT)
        m.expect_prompt(PROMPT, WAIT)
        m.send("shutdown two\r")
        m.expect_prompt(r"two: powered off", WAIT)
        m.send("shutdown one\r")
        m.expect_prompt(r"one: powered off", WAIT)
        ask(m, "create two", 60)
        rows = ask(m, "list")
        assert re.findall(r"^(\w+) ", rows, re.M) == ["Name", "two"], rows


def with_note(folder):
    """The kernel of tests/guest with the note that lets it be started again:
    a third program header and the note, in the room before its first page."""
    elf = bytearray(GUEST.read_bytes())
    at, = struct.unpack_from("<Q", elf, 0x20)
    count, = struct.unpack_from("<H", elf, 0x38)
    load = struct.unpack_from("<IIQQQQQQ", elf, at)
    note = struct.pack("<III8sQ", 7, 8, 1, b"Hospes", load[3] + load[6])
    end = at + 56 * count
    assert end + 56 < 0x800 and not any(elf[end:0x800 + len(note)])
    struct.pack_into("<IIQQQQQQ", elf, end, 4, 4, 0x800, 0, 0, len(note),
                     len(note), 4)
    struct.pack_into("<H", elf, 0x38, count + 1)
    elf[0x800:0x800 + len(note)] = note
    path = folder / "again.elf"
    path.write_bytes(elf)
    return path


def test_crashes_for_ever():
    """Eleven crashes within a minute end the machine."""
    with start(None, "restart-for-ever") as m:
        for _ in range(11):
            m.expect_prompt(PROMPT, WAIT)
            m.send("crash\r")
        m.expect("dom0: crashed 11 times within a minute", WAIT, fatal=None)
        assert m.text.count("starting it again") == 10
        assert m.wait_end(WAIT).cause == "reset"


def test_gave_its_kernel_away(scratch):
    """One whose frames may be another domain's by now is not started again."""
    payload.run_elf(with_note(scratch), cmdline="tests=end_crash",
                    name="restart-refused", final="dom0: cannot be started "
                    "again: it gave memory of its kernel away")


def test_triple_fault(scratch):
    """It is a crash for one that can be started again: ten times a minute."""
    run = payload.run_elf(with_note(scratch), cmdline="tests=end_triple_fault",
                          name="restart-triple", final="dom0: crashed 11 times")
    text = "\n".join(run.lines)
    assert text.count("d0v0: triple fault") == 11
    assert text.count("starting it again") == 10
