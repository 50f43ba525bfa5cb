# SPDX-License-Identifier: GPL-2.0-or-later
"""Ends at bad moments: point 3 of issue 4. A second guest goes on all the
while, and says so at the end."""

import random

import pytest

pytestmark = pytest.mark.part("chaos")

ROUNDS = 8
SMALL = "/etc/xen/small.cfg"


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


def test_kill_any_time(witness):
    """A Linux guest destroyed after a random time, its creation included."""
    chance = random.Random(4)
    before = witness.free()
    for _ in range(ROUNDS):
        wait = chance.uniform(0, 12)
        witness.run(f"xl create -q {SMALL} >/tmp/create 2>&1 & "
                    f"sleep {wait:.2f}; xl destroy small; wait",
                    timeout=120, check=False)
        witness.run("xl destroy small", check=False)
        witness.gone("small")
    assert witness.free() == before


def test_kernel_panic(witness):
    """A guest whose kernel panics is seen to have crashed."""
    witness.forget("small")
    # Debian's kernel does not let SysRq crash it unless told so.
    witness.run(f"""xl create {SMALL} 'on_crash="preserve"' """
                """'extra="console=hvc0 sysrq_always_enabled"'""",
                timeout=120)
    witness.said("small", r"^guest: ready", 180)
    witness.run("xl sysrq small c")
    witness.wait_until("xl list small", r"---sc-|----c-")
    witness.run("xl destroy small")
    witness.gone("small")


def test_console_daemon(witness):
    """xenconsoled dies and is started again."""
    witness.run("kill -9 $(cat /run/xenconsoled.pid); sleep 1; "
                "/usr/lib/xen-4.17/bin/xenconsoled --log=guest "
                "--pid-file /run/xenconsoled.pid; sleep 2")


def test_backend_gone(witness):
    """The back end of a guest's disk is torn away under it."""
    witness.forget("guest1")
    witness.run("xl create /etc/xen/guest1.cfg", timeout=120)
    witness.said("guest1", r"^guest: ready", 240)
    witness.run("xl block-detach guest1 xvda --force", check=False)
    witness.run("xl destroy guest1")
    witness.gone("guest1")
