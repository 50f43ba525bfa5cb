# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make run` gives: the guests of dom0/guest on the machine's devices."""

import re

from tests.boot import devices, machine, payload
from tests.dom0.tree import (GUEST, LEAVE, PATIENCE, PROMPT, WAIT, archive,
                             ask, inside, start)

GUESTS = machine.ROOT / "dom0" / "guest"
DISKS = {"virtio": "vda", "nvme": "nvme0n1", "ahci": "sda"}
CARDS = ("e1000e", "virtio_net")
MIB = 64
# Two that are not started, for what they ask of the disks.
WRONG = """
name = "late"
kernel = "guest.elf"
memory = 32
disk = [ '/dev/vda,,xvda,r' ]
name = "lost"
kernel = "guest.elf"
memory = 32
disk = [ '/dev/vdz,,xvda,r' ]
"""


def guests_of_run():
    """The guests of `make run`; each has a card more, and the first the disks
    of the machine instead of one in memory."""
    text = (GUESTS / "guests.cfg").read_text()
    disks = ", ".join(f"'/dev/{name},,xvd{letter}'"
                      for name, letter in zip(DISKS.values(), "abc"))
    text = text.replace("'target=ram:32M, vdev=xvda'", disks, 1)
    text = text.replace("host=one", f"host=one test=gateway:{len(CARDS)}", 1)
    return re.sub(r"(vif = \[ '[^']*')", r"\1, 'bridge=eth1'", text) + WRONG


def addresses(run):
    """What a guest's cards were leased, one on each network."""
    found = re.findall(r"inet (10\.0\.\d+\.\d+)/24", run("ip -4 addr"))
    assert [a.split(".")[2] for a in found] == ["2", "3"], found
    return found


def test_run(scratch):
    """Two guests and a third, with DHCP, pings and disks of the machine."""
    image = archive(scratch, guests_of_run(),
                    {"guest.elf": GUEST, **payload.guest_files()})
    extra = (*devices.disk_arguments(scratch, MIB, tuple(DISKS)),
             *devices.net_arguments(CARDS))
    with start(image, "run", mem=(1024, 192), extra=extra) as m:
        m.expect_prompt('late: another guest has disk "/dev/vda"',
                        60 * PATIENCE)
        m.expect_prompt('lost: there is no disk "/dev/vdz"', 10 * PATIENCE)
        m.expect_prompt(PROMPT, 10 * PATIENCE)
        shown = ask(m, "list")
        assert re.findall(r"^(\S+) +\d+ +\d+ +1 +[r-][b-]---- ", shown,
                          re.M) == ["Domain-0", "one", "two"], shown
        shown = ask(m, "block-list")
        for name in DISKS.values():
            assert re.search(rf"^/dev/{name} +\w+ +\d+ w", shown, re.M), shown
        m.send("console one\r")
        m.expect(r"^T: gateway ok", WAIT)
        m.send(LEAVE)
        m.expect_prompt(PROMPT, WAIT)
        with inside(m, "two") as run:
            two = addresses(run)
        with inside(m, "one") as run:
            one = addresses(run)
            for address in two:
                run(f"ping -c 3 {address}")
            said = run(f"/init disk {MIB}")
            assert said.count(f"{MIB} MiB are what was written") == 3, said
        ask(m, "create three", 60)
        with inside(m, "three") as run:
            addresses(run)
            for address in one:
                run(f"ping -c 3 {address}")
        with inside(m, "two") as run:
            run("{ while :; do :; done; } & true")
            run(f"ping -q {one[0]} > /tmp/ping & true")
        for name in ("credit", "bvt", "eevdf", "rtds", "pact", "credit2"):
            said = ask(m, f"policy rr {name} 200", 60)
            assert "says no" not in said, said
            ask(m, "debug-keys r")
            assert f"Pool 0, scheduler {name}," in ask(m, "dmesg"), name
        said = ask(m, "policy creditt")
        assert 'there is no scheduler "creditt"' in said, said
        # The machine's core has one thread.
        assert "error -95" in ask(m, "policy core")
        with inside(m, "two") as run:
            run("kill -INT $!; sleep 1")
            said = run("cat /tmp/ping")
            assert re.search(r" 0% packet loss", said), said
            run("kill %1")
        shown = ask(m, "network-list")
        for i, kind in enumerate(("e1000e", "virtio")):
            assert re.search(rf"^eth{i} +{kind} +[1-9]", shown, re.M), shown


def test_run_bochs(scratch):
    """One guest on VT-x, by its console, with its disk in memory."""
    image = archive(scratch, (GUESTS / "bochs" / "guests.cfg").read_text(),
                    payload.guest_files())
    with start(image, "run-bochs", bed="bochs", mem=(1024, 192)) as m:
        m.expect_prompt(PROMPT, 120 * PATIENCE)
        with inside(m, "one", 3 * WAIT) as run:
            run("/init disk 4")
        said = ask(m, "policy rr credit2 20", 120)
        assert "says no" not in said, said
        shown = ask(m, "list", 60)
        assert re.search(r"^one +1 +128 ", shown, re.M), shown
        assert "two" not in shown
