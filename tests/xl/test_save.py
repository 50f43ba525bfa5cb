# SPDX-License-Identifier: GPL-2.0-or-later
"""Save, restore and migration of a guest with disk and network: point 4 of
issue 4; disks in files (qdisk): point 1."""

import pytest

from tests.xl.test_guest import SEEN

FILE = "/var/tmp/guest1.save"
# What there is of the guest afterwards.
STATE = ("xl list -v guest1; xl vcpu-list guest1; xl list -l guest1; "
         "xl block-list guest1; xl network-list guest1; "
         "id=$(xl domid guest1); for d in /local/domain/$id /libxl/$id "
         "/local/domain/0/backend/vbd/$id /local/domain/0/backend/vif/$id; "
         "do xenstore-ls -f $d; done")


def works(dom0, name, after):
    """The guest answers, reads its disk and still has its memory; what it
    and the store say is kept as what came after that operation."""
    address = dom0.address(name)
    dom0.run(f"ping -c 3 -w 30 {address}")
    dom0.record(f"{after}-state", STATE)
    dom0.shell.console(name)
    out = [dom0.shell.guest("guest disk /dev/xvda 16", timeout=120),
           dom0.shell.guest("cat /tmp/mark")]
    dom0.record_guest(f"{after}-dmesg", "dmesg | cut -d']' -f2-")
    dom0.record_guest(f"{after}-flags", SEEN["seen-flags"])
    dom0.shell.leave()
    assert "G: disk ok" in out[0], str(out[0])
    assert "still here" in out[1], str(out[1])


@pytest.fixture
def marked(pair):
    """guest1 up, with a file in its memory and no old messages."""
    pair.shell.console("guest1")
    pair.shell.guest("echo still here >/tmp/mark; dmesg -c >/dev/null")
    pair.shell.leave()
    return pair


@pytest.mark.part("save")
def test_save_restore(marked):
    """Saved to a file, gone, restored from it."""
    marked.run(f"mkdir -p /var/tmp; rm -f {FILE}")
    marked.record("save", f"xl save guest1 {FILE}", timeout=240)
    marked.gone("guest1")
    marked.record("save-refused", "xl restore /nowhere; "
                  "head -c 100000 /dev/urandom >/tmp/noise; "
                  f"xl restore /tmp/noise; head -c 9000000 {FILE} "
                  ">/var/tmp/short; xl restore /var/tmp/short; "
                  "rm /var/tmp/short; xl list", check=False, timeout=240)
    marked.record("restore", f"xl restore {FILE}", timeout=240)
    works(marked, "guest1", "restore")


@pytest.mark.part("save")
def test_checkpoint(marked):
    """`xl save -c`: the guest goes on as if nothing had been."""
    marked.run(f"rm -f {FILE}")
    marked.record("checkpoint", f"xl save -c guest1 {FILE}", timeout=240)
    works(marked, "guest1", "checkpoint")


@pytest.mark.part("save")
def test_migrate(marked):
    """Live migration to the same machine."""
    before = marked.run("xl domid guest1").text
    marked.record("migrate", "xl migrate -s '' guest1 'xl migrate-receive'",
                  timeout=300)
    assert marked.run("xl domid guest1").text != before
    works(marked, "guest1", "migrate")


@pytest.mark.part("qdisk")
def test_qdisk(clean):
    """A disk in a file through QEMU: ext4, 64 MiB."""
    clean.run("losetup -d /dev/guests/file", check=False)
    clean.forget("file")
    out = clean.run("xl create /etc/xen/file.cfg", timeout=120, check=False)
    assert not out.status, \
        str(clean.run("tail -n 50 /var/log/xen/qemu-dm-file.log"))
    clean.said("file", r"^guest: ready", 180)
    clean.shell.console("file")
    out = clean.shell.guest("guest disk /dev/xvda 64", timeout=240)
    clean.shell.leave()
    clean.run("losetup /dev/guests/file /var/lib/xen/images/file.img",
              check=False)
    assert "G: disk ok" in out, str(out)
