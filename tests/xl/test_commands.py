# SPDX-License-Identifier: GPL-2.0-or-later
"""Each command of point 1 of issue 4 on one small guest, for compare.py.

The test guest is up in a moment on real Xen as well, where a Debian guest
takes minutes; what asks a guest's kernel for something is in test_control.py.
"""

import pytest

from tests.xl.test_life import TINY

STORE = ("id=$(xl domid tiny); for d in {}; do xenstore-ls -f $d; done")
# A name for the record, the command, and what its output must have.
COMMANDS = [
    ("list", "xl list -v tiny", r"^tiny +\d+ +20 +1 "),
    ("list-l", "xl list -l tiny", r'"type": "pvh"'),
    ("vcpu-list", "xl vcpu-list tiny", r"^tiny +\d+ +1 "),
    ("vcpu-pin", "xl vcpu-pin tiny 1 0; xl vcpu-list tiny; "
     "xl vcpu-pin tiny all all all; xl vcpu-list tiny", r"/ all$"),
    ("vcpu-set", "xl vcpu-set tiny 1; "
     + STORE.format("/local/domain/$id/cpu"), r'cpu/1.* = "offline"'),
    ("vcpu-refused", "xl vcpu-set tiny 3; xl vcpu-pin tiny 7 0; "
     "xl vcpu-pin tiny 0 77; xl vcpu-pin tiny 0 none", r"[Ee]rror"),
    ("mem-set", "xl mem-set tiny 16; "
     + STORE.format("/local/domain/$id/memory"), r'target = "16384"'),
    ("mem-refused", "xl mem-set tiny 99999; xl mem-max tiny 1", r"error"),
    ("mem-max", "xl mem-max tiny 40; xl list -l tiny | grep mem",
     r"memkb"),
    ("pause", "xl pause tiny; xl list tiny; xl vcpu-list tiny; "
     "xl unpause tiny; xl list tiny", r"[-b]p---"),
    ("block-attach", "xl block-attach tiny phy:/dev/guests/file xvdb w; "
     "xl block-list tiny; "
     + STORE.format("/local/domain/0/backend/vbd/$id"), r"^51728 "),
    ("block-detach", "xl block-detach tiny xvdz; "
     "xl block-detach tiny xvdb --force; xl block-list tiny", r"^Vdev "),
    ("network-attach", "xl network-attach tiny bridge=xenbr0 "
     "mac=00:16:3e:00:01:01; xl network-list tiny; "
     + STORE.format("/local/domain/0/backend/vif/$id"),
     r"00:16:3e:00:01:01"),
    ("network-detach", "xl network-detach tiny 7; "
     "xl network-detach tiny 0 --force; xl network-list tiny", r"^Idx "),
    ("sysrq", "xl sysrq tiny h; "
     + STORE.format("/local/domain/$id/control"), r"sysrq"),
    ("trigger", "for t in power sleep reset init s3resume nothing; do "
     "echo $t; xl trigger tiny $t; done; xl trigger tiny nmi 9", r"nothing"),
    ("rename", "xl rename tiny other; xl domid tiny; "
     "xl domname $(xl domid other); xl rename other Domain-0; "
     "xl rename other tiny", r"^other$"),
    ("uptime", "xl uptime tiny", r"^tiny "),
    ("xentop", "xentop -b -i 1", r"^ *tiny "),
    ("store", STORE.format("/local/domain/$id /libxl/$id"), r"console/tty"),
    ("lsevtchn", "/usr/lib/xen-4.17/bin/lsevtchn $(xl domid tiny)",
     r"VCPU 0"),
    ("sched", "xl sched-credit2; xl sched-credit2 -d tiny -w 512 -c 50; "
     "xl sched-credit2 -d tiny", r"512 +50"),
    ("claims", "xl claims", r"^tiny "),
    ("destroy", "xl destroy tiny; xl list; xenstore-ls -f /libxl; "
     "xenstore-ls -f /vm; xenstore-ls -f /local/domain/0/backend",
     r"^Domain-0 "),
]


@pytest.mark.part("commands")
def test_commands(clean):
    """Every command says what it should; none stops the ones behind it."""
    clean.run(f"xl create {TINY} vcpus=2")
    clean.said("tiny", r"TEST stay")
    wrong = []
    for name, command, pattern in COMMANDS:
        out = clean.record(f"cmd-{name}", command, check=False)
        if pattern not in out:
            wrong.append(f"{name}: no /{pattern}/\n{out}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.part("unanswered")
@pytest.mark.parametrize("command", ["shutdown", "reboot"])
def test_unanswered(clean, command):
    """What a guest has to do, asked of one that does not listen."""
    clean.run(f"xl create {TINY} vcpus=2")
    out = clean.record(f"cmd-{command}", f"xl {command} tiny; "
                       + STORE.format("/local/domain/$id/control"),
                       check=False, timeout=120)
    assert r'shutdown = "' in out, str(out)
