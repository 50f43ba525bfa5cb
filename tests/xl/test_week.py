# SPDX-License-Identifier: GPL-2.0-or-later
"""What a user tries in the first week: guests and the control domain changed
again and again while they work."""

import pytest

from tests.xl.test_chaos import witness

pytestmark = pytest.mark.part("week")
__all__ = ["witness"]

# In the guest, for ever: memory, the CPU and the disk.
LOAD = ("mkdir -p /mnt/disk; mount /dev/xvda /mnt/disk; "
        "(while :; do dd if=/dev/zero of=/mnt/disk/load bs=64k count=64 "
        "conv=fsync; md5sum /mnt/disk/load; done >/dev/null 2>&1) & true")
UNLOAD = ("kill %1; killall -q dd md5sum; "
          "until umount /mnt/disk; do sleep 1; done")


def load(dom0, name):
    """Have the guest work until unload()."""
    dom0.shell.console(name)
    dom0.shell.guest(LOAD)
    dom0.shell.leave()


def unload(dom0, name):
    """What the guest's kernel complained of meanwhile: nothing."""
    dom0.shell.console(name)
    dom0.shell.guest(UNLOAD)
    out = dom0.shell.guest("dmesg | grep -E 'BUG:|stalls|lockup|hung task|Oops'")
    dom0.shell.leave()
    assert out.status, str(out)


def test_pools(witness):    # pylint: disable=redefined-outer-name
    """A guest moved between pools, CPUs taken and given, under load."""
    if witness.row.cpus < 2:
        pytest.skip("one CPU")
    load(witness, "guest2")
    witness.run("""xl cpupool-cpu-remove Pool-0 1; """
                """xl cpupool-create 'name="two"' 'sched="credit2"' """
                """'cpus=["1"]'""")
    out = witness.run("for i in 1 2 3 4 5 6; do "
                      "xl cpupool-migrate guest2 two; sleep 0.$i; "
                      "xl vcpu-list guest2; "
                      "xl cpupool-migrate guest2 Pool-0; sleep 0.$i; done",
                      timeout=120)
    assert r"^guest2 +\d+ +0 +1 " in out, str(out)
    witness.run("xl cpupool-destroy two; xl cpupool-cpu-add Pool-0 1; "
                "for i in 1 0 1 0 1; do "
                "xl cpupool-cpu-remove Pool-0 $i; sleep 0.3; "
                "xl cpupool-cpu-add Pool-0 $i; done", timeout=120)
    assert r"^Pool-0 +0,1" in \
        witness.record("pools-after", "xl cpupool-list -c")
    unload(witness, "guest2")


def test_control_domain(clean):
    """dom0 gives a CPU and memory away and takes them back."""
    cpus = clean.row.cpus
    # Linux brings a CPU that it is given again up when it is told to.
    clean.run(f"for i in 1 2 3; do xl vcpu-set 0 1; xl vcpu-set 0 {cpus}; "
              "sleep 1; for c in /sys/devices/system/cpu/cpu[1-9]*/online; "
              "do [ ! -e $c ] || echo 1 >$c; done; done; "
              "xl vcpu-pin 0 all 0; xl vcpu-pin 0 all all", timeout=120)
    clean.wait_until("grep -c ^processor /proc/cpuinfo", rf"^{cpus}")
    clean.run("xl mem-set 0 600")
    clean.wait_until("xl list 0", r"^Domain-0 +0 +600 ")
    clean.run("xl mem-set 0 768")
    clean.wait_until("xl list 0", r"^Domain-0 +0 +76[78] ")
