# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tools say of the machine and of dom0: point 1 of issue 4."""

import pytest

pytestmark = pytest.mark.part("info")

# A name for the record, the command, and what its output must have.
COMMANDS = [
    ("info", "xl info", r"^xen_version *: 4\.17"),
    ("info-n", "xl info -n", r"^cpu_topology"),
    ("list", "xl list -v", r"^Domain-0 +0 "),
    ("list-l", "xl list -l", r'"domid": 0'),
    ("vcpu-list", "xl vcpu-list", r"^Domain-0 +0 +0 "),
    ("uptime", "xl uptime", r"^Domain-0 +0 "),
    ("dmesg", "xl dmesg", r"command line|Command line"),
    ("cpupool-list", "xl cpupool-list", r"^Pool-0 "),
    ("sched", "xl sched-credit2", r""),
    ("claims", "xl claims", r"^Domain-0 "),
    ("debug-keys", "xl debug-keys q && xl dmesg | tail -n 200",
     r"d0v|omain 0"),
    ("xentop", "xentop -b -i 1", r"^ *Domain-0 "),
    ("xenstore-ls", "xenstore-ls -f", r'^/local/domain/0/name = "Domain-0"'),
    ("xenstore-read", "xenstore-read /local/domain/0/domid", r"^0$"),
    ("xen-cpuid", "xen-cpuid -p", r"(?i)raw|policy"),
    ("xenpm", "xenpm get-cpu-topology", r"^CPU"),
    ("lsevtchn", "/usr/lib/xen-4.17/bin/lsevtchn 0", r"VCPU 0"),
]


@pytest.mark.parametrize("name,command,pattern", COMMANDS,
                         ids=[c[0] for c in COMMANDS])
def test_command(dom0, name, command, pattern):
    """The command succeeds and says the right kind of thing."""
    out = dom0.record(name, command)
    assert pattern in out, str(out)


def test_no_such_domain(dom0):
    """Refusals are those of Xen, and the tools say so; the exit status is
    not always that of the operation."""
    out = dom0.record("refused", "xl destroy 77; xl pause 77; "
                      "xl vcpu-pin 77 0 0; xl mem-max 77 100", check=False)
    assert r"Domain 77:" in out, str(out)
    assert dom0.run("xl destroy 77", check=False).status


# A record of each kind that a CPU makes which sometimes idles.
RECORDS = (r"runstate_change d0v0 running->blocked",
           r"runstate_change d0v0 blocked->runnable",
           r"runstate_change d0v0 runnable->running",
           r"runstate_change d32767v0 runnable->running",
           r"runstate_change d32767v0 running->runnable",
           r"sched_switch prev d0v0.* next d32767v0",
           r"switch_infprev|sched_switch prev|infprev")


def test_trace(dom0):
    """xentrace reads the rings, xenalyze understands what it wrote."""
    dom0.run("xentrace -D -S 256 -e 0x0002f000 -T 3 /tmp/t", timeout=60)
    out = dom0.record("xenalyze", "xenalyze --dump-all /tmp/t 2>/tmp/e | "
                      "head -n 2000; cat /tmp/e", timeout=120)
    for pattern in RECORDS:
        assert pattern in out, f"{pattern}\n{out}"
    assert r"FATAL|[Ww]hoops|[Uu]nknown" not in out, str(out)
    out = dom0.record("xenalyze-summary", "xenalyze --summary /tmp/t 2>&1")
    assert r"Domain 0" in out, str(out)
