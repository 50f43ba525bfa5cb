# SPDX-License-Identifier: GPL-2.0-or-later
"""What `xl` does to a running guest: point 1 of issue 4."""

import pytest

pytestmark = pytest.mark.part("control")

# What the guest and its back ends have been told of its size.
MEMORY = "xenstore-ls -f /local/domain/$(xl domid guest1)/memory"


def state(dom0, name):
    """The State column of `xl list`."""
    return dom0.run(f"xl list {name}").text.split()[-2]


def test_vcpus(pair):
    """vcpu-list, vcpu-pin to a CPU and back, vcpu-set to 1 and back."""
    pair.record("guest-vcpu-list", "xl vcpu-list guest1")
    pair.run("xl vcpu-pin guest1 1 0")
    # One CPU is all there are on a small machine.
    assert r"^guest1 +\d+ +1 .* (0|all) / all" in \
        pair.record("guest-vcpu-pin", "xl vcpu-list guest1")
    pair.run("xl vcpu-pin guest1 all all all")
    assert r"^guest1 +\d+ +1 .* all / all" in pair.run("xl vcpu-list guest1")
    pair.run("xl vcpu-set guest1 1")
    pair.wait_until("xl vcpu-list guest1", r"^guest1 +\d+ +1 .*--p")
    pair.record("guest-vcpu-set", "xl vcpu-list guest1")
    pair.record("guest-vcpu-refused", "xl vcpu-set guest1 3; "
                "xl vcpu-set --ignore-host guest1 3; "
                "xl vcpu-pin guest1 7 0; xl vcpu-pin guest1 0 77",
                check=False)
    pair.run("xl vcpu-set --ignore-host guest1 2")
    pair.shell.console("guest1")
    pair.shell.guest("echo 1 >/sys/devices/system/cpu/cpu1/online")
    out = pair.shell.guest("guest cpus 2")
    pair.shell.leave()
    assert "G: cpus ok" in out, str(out)


def test_memory(pair):
    """mem-set down and up, mem-max."""
    pair.run("xl mem-set guest1 200")
    pair.wait_until("xl list guest1", r"^guest1 +\d+ +(200|199) ")
    pair.record("guest-mem-set", f"xl list guest1; {MEMORY}")
    pair.record("guest-mem-refused", "xl mem-set guest1 280; "
                "xl mem-set guest1 99999; xl mem-max guest1 1", check=False)
    pair.run("xl mem-set guest1 256")
    pair.wait_until("xl list guest1", r"^guest1 +\d+ +256 ")
    pair.run("xl mem-max guest1 300")
    pair.record("guest-mem-max", f"xl list -l guest1; {MEMORY}")


def test_pause(pair):
    """A paused guest does not answer, an unpaused one does."""
    address = pair.address("guest1")
    pair.record("guest-pause", "xl pause guest1; xl list -v guest1; "
                "xl vcpu-list guest1")
    assert "p" in state(pair, "guest1")
    assert pair.run(f"ping -c 1 -W 3 {address}", check=False).status
    pair.run("xl unpause guest1")
    assert "p" not in state(pair, "guest1")
    pair.run(f"ping -c 2 -w 20 {address}")


def test_block(pair):
    """A second disk comes, is written to, and goes."""
    pair.record("block-attach",
                "xl block-attach guest1 phy:/dev/guests/file xvdb w")
    pair.record("block-list", "xl block-list guest1")
    pair.shell.console("guest1")
    there = pair.shell.guest("sleep 1; guest disk /dev/xvdb 16", timeout=120)
    pair.shell.leave()
    pair.record("block-detach", "xl block-detach guest1 xvdb; "
                "xl block-detach guest1 xvdz; xl block-list guest1",
                check=False)
    assert "G: disk ok" in there, str(there)
    assert "51728" not in pair.run("xl block-list guest1")


def test_interface(pair):
    """A second interface comes and goes."""
    pair.record("network-attach", "xl network-attach guest1 "
                "bridge=xenbr0 mac=00:16:3e:00:01:01")
    pair.record("network-list", "xl network-list guest1")
    pair.shell.console("guest1")
    there = pair.shell.guest("sleep 1; cat /sys/class/net/eth1/address")
    pair.shell.leave()
    pair.record("network-detach", "xl network-detach guest1 1; "
                "xl network-detach guest1 7; xl network-list guest1",
                check=False)
    assert "00:16:3e:00:01:01" in there, str(there)
    assert "00:16:3e:00:01:01" not in pair.run("xl network-list guest1")


def test_sysrq(pair):
    """The guest's kernel answers a magic SysRq, and an NMI."""
    pair.run("xl sysrq guest1 h")
    pair.said("guest1", r"sysrq: HELP")
    pair.run("xl trigger guest1 nmi 0")
    pair.said("guest1", r"Dazed and confused")
    pair.record("guest-sysrq", "tail -n 20 /var/log/xen/console/guest-guest1"
                ".log | grep -aE 'sysrq|NMI|Dazed' | sed 's/.*\\] //'")
    pair.record("guest-trigger", "xl trigger guest1 power; "
                "xl trigger guest1 sleep; xl trigger guest1 nmi 9; "
                "xl trigger guest1 nothing", check=False)


def test_rename(pair):
    """rename, domid, domname, uptime."""
    pair.run("xl rename guest1 other")
    assert "^other$" in pair.record("guest-rename", "xl rename other guest2; "
                                    "xl domname $(xl domid other)")
    assert "other" in pair.record("guest-uptime", "xl uptime other")
    pair.run("xl rename other guest1")


def test_reboot(pair):
    """A reboot gives a new domain of the same name."""
    before = pair.run("xl domid guest1").text
    pair.forget("guest1")
    pair.run("xl dmesg -c >/dev/null")
    pair.record("guest-reboot", "xl reboot guest1")
    pair.said("guest1", r"guest: ready", 180)
    pair.record("guest-reboot-dmesg", "xl dmesg")
    assert pair.run("xl domid guest1").text != before


def test_shutdown(pair):
    """An orderly end of one guest, destruction of the other."""
    pair.record("guest-shutdown", "xl shutdown -w guest1", timeout=120)
    pair.gone("guest1")
    pair.record("guest-destroy", "xl destroy guest2")
    pair.gone("guest2")
    pair.record("list-after", "xl list; "
                "xenstore-ls -f /local/domain/0/backend; "
                "xenstore-ls -f /libxl; xenstore-ls -f /vm")
