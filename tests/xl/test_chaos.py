# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends at bad moments: point 3 of issue 4. A second guest goes on all the
while, and says so at the end; the audit then finds nothing amiss."""

import random

import pytest

chaos = pytest.mark.part("chaos")

ROUNDS = 8
SMALL = "/etc/xen/small.cfg"
TINY = "/etc/xen/tiny.cfg"


@pytest.fixture
def witness(clean):
    """A guest with disk and network that must not notice a thing."""
    clean.forget("guest2")
    clean.run("xl create /etc/xen/guest2.cfg", timeout=120)
    clean.said("guest2", r"^guest: ready.*/24", 240)
    before = clean.run("xl domid guest2").text
    yield clean
    assert clean.run("xl domid guest2").text == before
    clean.shell.console("guest2")
    out = clean.shell.guest("guest disk /dev/xvda 16", timeout=120)
    clean.shell.leave()
    assert "G: disk ok" in out, str(out)
    clean.audit()


@chaos
def test_kill_any_time(witness):
    """A Linux guest destroyed after a random time, its creation included."""
    chance = random.Random(4)
    pages = []
    for _ in range(ROUNDS):
        wait = chance.uniform(0, 12)
        witness.run(f"xl create -q {SMALL} >/tmp/create 2>&1 & "
                    f"sleep {wait:.2f}; xl destroy small; wait",
                    timeout=120, check=False)
        witness.run("xl destroy small", check=False)
        witness.gone("small")
        pages.append(witness.audit())
    # The witness takes a page now and then, for its grant table; a page lost
    # with each guest is more.
    assert pages[0] - pages[-1] < ROUNDS - 1, pages


@chaos
def test_kernel_panic(witness):
    """A guest whose kernel panics is seen to have crashed."""
    witness.forget("small")
    witness.run("xl dmesg -c >/dev/null")
    # Debian's kernel does not let SysRq crash it unless told so.
    witness.run(f"""xl create {SMALL} 'on_crash="preserve"' """
                """'extra="console=hvc0 sysrq_always_enabled"'""",
                timeout=120)
    witness.said("small", r"^guest: ready", 180)
    witness.run("xl sysrq small c")
    witness.wait_until("xl list small", r"---sc-|----c-")
    out = witness.record("panic-dmesg", "xl dmesg")
    # Real Xen says nothing of what a guest reports of itself.
    if witness.row.hypervisor == "hospes":
        assert r"Domain d\d+ is crashed" in out, str(out)
    witness.run("xl destroy small")
    witness.gone("small")


@chaos
def test_floods(witness):
    """One guest floods dom0 with events and another with grants; a third
    comes and goes all the same."""
    for test in ("flood", "flood_grants"):
        witness.forget(test)
        witness.run(f"""xl create {TINY} 'name="{test}"' """
                    f"""'extra="tests={test} flood=forever """
                    f"""hv={witness.row.hypervisor}"'""")
        witness.said(test, rf"TEST {test}\b")
    witness.run("dd if=/dev/zero of=/tmp/z bs=1M count=64 && md5sum /tmp/z")
    witness.forget("other")
    witness.run(f"""xl create {TINY} 'name="other"' """
                f"""'extra="tests=version hv={witness.row.hypervisor}"'""")
    witness.said("other", r"^RESULT \d+ passed 0 failed")
    for test in ("flood", "flood_grants"):
        witness.run(f"xl destroy {test}")
        witness.gone(test)


@chaos
def test_hostile_front_ends(witness):
    """A guest that gives xenstored, the back ends and xenconsoled requests,
    references and indices that make no sense.

    What each of them answers is its own affair; that of the in-tree control
    domain is tested in tests/dom0."""
    witness.forget("front")
    witness.run(f"""xl create {TINY} 'name="front"' """
                """'disk=["phy:/dev/guests/guest1,xvda,w"]' """
                """'vif=["bridge=xenbr0"]' """
                """'extra="tests=hostile_frontend impatient=1"'""")
    witness.said("front", r"^RESULT", 120)
    witness.record("front-log",
                   "cat /var/log/xen/console/guest-front.log")
    # What it sends behind that, to the store and to the console.
    witness.run("sleep 3; xenstore-ls >/dev/null; xl list")
    witness.run("xl destroy front")
    witness.gone("front")


@chaos
def test_console_daemon(witness):
    """xenconsoled dies and is started again."""
    witness.run("kill -9 $(cat /run/xenconsoled.pid); sleep 1; "
                "/usr/lib/xen-4.17/bin/xenconsoled --log=guest "
                "--pid-file /run/xenconsoled.pid; sleep 2")


@chaos
def test_backend_gone(witness):
    """The back end of a guest's disk is torn away under it."""
    witness.forget("guest1")
    witness.run("xl create /etc/xen/guest1.cfg", timeout=120)
    witness.said("guest1", r"^guest: ready", 240)
    witness.run("xl block-detach guest1 xvda --force", check=False)
    witness.run("xl destroy guest1")
    witness.gone("guest1")


@pytest.mark.part("end")
def test_xenstored_killed(dom0):
    """xenstored is killed for good, which no tool survives: guests, dom0 and
    the hypervisor go on. The last that a machine sees."""
    dom0.kill_all()
    dom0.forget("guest2")
    dom0.run("xl create /etc/xen/guest2.cfg", timeout=120)
    address = dom0.address("guest2")
    dom0.shell.console("guest2")
    dom0.shell.guest("httpd -h /tmp")
    dom0.shell.guest("(sleep 20; guest disk /dev/xvda 16 >/tmp/later) & true")
    dom0.shell.leave()
    dom0.run("kill -9 $(cat /run/xenstore.pid)")
    dom0.run(f"ping -c 3 -w 30 {address}")
    dom0.wait_until(f"wget -q -O - http://{address}/later", r"^G: disk ok",
                    120)
    dom0.run("dd if=/dev/zero of=/tmp/z bs=1M count=64 && md5sum /tmp/z")
    dom0.run("timeout 20 xl debug-keys q && timeout 20 xl dmesg | tail")
