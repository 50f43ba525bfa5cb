# SPDX-License-Identifier: GPL-2.0-or-later
"""Birth and death of small guests: points 1 to 3 of issue 4."""

import re

import pytest

TINY = "/etc/xen/tiny.cfg"


def tiny(dom0, extra="", *, flags="", name="tiny", check=True):
    """`xl create` of the test guest; `extra` names its tests."""
    # What the test guest expects is Xen's own in some places.
    extra += f" hv={dom0.row.hypervisor}" if extra else ""
    words = [f"""'extra="tests={extra}"'"""] if extra else []
    return dom0.run(" ".join(["xl create", flags, TINY,
                              f"""'name="{name}"'""", *words]), check=check)


@pytest.mark.part("life")
@pytest.mark.part("life-one")
def test_one(clean):
    """A guest is created, speaks on its console and is destroyed; all of
    its memory comes back."""
    tiny(clean, "version", name="first")
    clean.said("first", r"^RESULT \d+ passed 0 failed")
    clean.gone("first")
    before = clean.free()
    tiny(clean)
    clean.record("tiny-list", "xl list -v")
    clean.record("tiny-vcpu-list", "xl vcpu-list tiny")
    assert clean.free() < before
    clean.run("xl destroy tiny")
    clean.gone("tiny")
    assert clean.free() == before


@pytest.mark.part("life")
def test_paused(clean):
    """`xl create -p`, then unpause."""
    tiny(clean, flags="-p")
    assert r"^tiny +\d+ +20 +1 +--p---" in \
        clean.record("tiny-paused", "xl list tiny")
    clean.run("xl unpause tiny")
    clean.said("tiny", r"TEST stay")


@pytest.mark.part("life")
def test_crash(clean):
    """A guest that says it crashed, kept to be looked at."""
    clean.run(f"""xl create {TINY} 'on_crash="preserve"' """
              """'extra="tests=end_crash"'""")
    clean.wait_until("xl list tiny", r"---sc-|----c-")
    clean.record("crash-list", "xl list -v tiny")
    clean.record("crash-dmesg", "xl dmesg | tail -n 20")
    clean.run("xl destroy tiny")
    clean.gone("tiny")


@pytest.mark.part("life")
def test_triple_fault(clean):
    """A guest that has lost its way reboots, or is destroyed if it may
    not; the hypervisor's log names it."""
    clean.run("xl dmesg -c >/dev/null")
    clean.run(f"""xl create {TINY} 'on_reboot="destroy"' """
              """'extra="tests=end_triple_fault"'""")
    clean.gone("tiny")
    out = clean.record("fault-dmesg", "xl dmesg")
    assert r"(?i)triple fault" in out, str(out)


@pytest.mark.part("life")
def test_reboot(clean):
    """A guest that reboots gets a new domain each time, as long as the xl
    that created it watches over it."""
    clean.run("xl dmesg -c >/dev/null")
    clean.run(f"""xl create {TINY} 'extra="tests=end_reboot"'""")
    if clean.row.hypervisor == "hospes":
        # Each lives for a moment only: the log has counted them.
        clean.wait_until("xl dmesg | grep -c 'is to be restarted'",
                         r"^([3-9]|[0-9][0-9]+)")
    else:
        clean.wait_until("xl list", r"^tiny +([3-9]|[0-9][0-9]+) ")
    # What it was building when it was killed has no name yet.
    clean.run("killall xl; sleep 1; for d in $(xl list | "
              "awk 'NR > 2 { print $2 }'); do xl destroy $d; done",
              check=False)
    clean.gone("tiny")


@pytest.mark.part("life")
def test_bad_kernel(clean):
    """Kernels and sizes that cannot work are refused and leave nothing."""
    before = clean.free()
    clean.run("head -c 65536 /dev/urandom >/tmp/noise")
    for bad in ('kernel="/tmp/noise"', 'kernel="/nowhere"',
                'memory=1000000', 'vcpus=1000'):
        out = clean.run(f"xl create {TINY} '{bad}'", check=False)
        assert out.status, str(out)
    assert clean.free() == before
    assert clean.run("xl list | wc -l").text == "2"


@pytest.mark.part("life")
def test_flood(clean):
    """A guest that floods dom0 with events, and takes all ports it gets,
    for ever, is a nuisance at most."""
    tiny(clean, "flood flood=forever", name="flood")
    clean.said("flood", r"TEST flood")
    clean.run("dd if=/dev/zero of=/tmp/z bs=1M count=64 && md5sum /tmp/z")
    tiny(clean, "version", name="other")
    clean.said("other", r"^RESULT \d+ passed 0 failed")
    clean.run("xl destroy flood")
    clean.gone("flood")


@pytest.mark.part("many")
def test_ten_at_once(clean):
    """Ten guests at once, ten times; no page is lost, and the audit finds
    each event channel and grant where it belongs."""
    tiny(clean, "version", name="g0")
    clean.gone("g0")
    before = clean.free()
    pages = []
    for _ in range(10):
        clean.run("for i in 0 1 2 3 4 5 6 7 8 9; do "
                  f"""xl create -q {TINY} "name='g$i'" || break; done""",
                  timeout=180)
        assert clean.run("xl list | wc -l").text == "12"
        clean.run("for i in 0 1 2 3 4 5 6 7 8 9; do xl destroy g$i; done",
                  timeout=120)
        for i in range(10):
            clean.gone(f"g{i}")
        pages.append(clean.audit())
    assert clean.free() == before
    # The first round may have made tables of dom0's for what it mapped.
    assert len(set(pages[1:])) == 1, pages


@pytest.mark.part("many")
def test_eight_cpus(clean):
    """A guest with eight virtual CPUs brings up and uses all of them."""
    clean.forget("guest2")
    clean.run("xl create /etc/xen/guest2.cfg vcpus=8", timeout=120)
    clean.said("guest2", r"^guest: ready", 240)
    clean.record("eight-vcpu-list", "xl vcpu-list guest2")
    clean.shell.console("guest2")
    out = [clean.shell.guest("guest cpus 8"),
           clean.shell.guest("for i in 0 1 2 3 4 5 6 7; do taskset "
                             "$(printf %x $((1 << i))) md5sum "
                             "/usr/bin/busybox & done; wait", timeout=120)]
    clean.shell.leave()
    assert "^G: cpus ok" in out[0], str(out[0])
    assert len(set(re.findall("[0-9a-f]{32}", out[1].text))) == 1, str(out[1])
    assert out[1].text.count("/usr/bin/busybox") >= 8, str(out[1])
