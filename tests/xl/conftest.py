# SPDX-License-Identifier: GPL-2.0-or-later
"""Machines of tests/xl/matrix.toml, and which tests run on which.

A test is marked @pytest.mark.part("guest") and gets the fixture `dom0`, a
Dom0: the shell of a machine's control domain. Each machine boots once, for
all its tests; with --long those marked so as well."""

import dataclasses
import pathlib
import re
import tomllib
import types

import pytest

from tests.boot import machine, toolstack

HERE = pathlib.Path(__file__).resolve().parent
RECORDS = machine.ROOT / "build" / "xl"
# Seconds from power on to the shell, on an idle machine.
BOOT = {"qemu": 120, "bochs": 600}
# On the hypervisor's console: never to be seen.
REFUSED = r"\((?:hospes|XEN)\).*(?:BUG|ASSERT|PANIC|FATAL|WARN)"


def _machines():
    table = tomllib.loads((HERE / "matrix.toml").read_text())
    for name, row in table["machine"].items():
        yield types.SimpleNamespace(name=name, **table["defaults"] | row)


MACHINES = tuple(_machines())
PARTS = ("info", "commands", "life-one", "life", "guest", "control", "qdisk",
         "unanswered", "save", "many", "chaos", "week", "end")


class Dom0:
    """A shell in the control domain of a row's machine, and its records."""

    def __init__(self, row, shell):
        self.row = row
        self.shell = shell
        self.run = shell.run
        self.folder = RECORDS / row.name
        self.folder.mkdir(parents=True, exist_ok=True)

    def record(self, name, command, **args):
        """Run a command and keep what it printed in build/xl/ROW/NAME."""
        out = self.run(command, **args)
        (self.folder / name).write_text(f"{out}\n")
        return out

    def record_guest(self, name, command):
        """As record(), of a command on the guest's console joined before."""
        out = self.shell.guest(command)
        (self.folder / name).write_text(f"{out}\n")
        return out

    def wait_until(self, command, pattern, timeout=60):
        """Repeat a command until its output has the pattern."""
        # What grep has for it.
        grep = pattern.replace(r"\d", "[0-9]")
        script = (f"for i in $(seq {timeout * 2}); do {command} 2>&1 | "
                  f"grep -qE -e '{grep}' && break; sleep 0.5; done; "
                  f"{command}")
        out = self.run(script, timeout=timeout + 30, check=False)
        if pattern not in out:
            raise machine.BedError(f"no /{pattern}/ within {timeout} s\n{out}")
        return out

    def gone(self, name, timeout=60):
        """Wait until a domain is there no more."""
        self.run(f"for i in $(seq {timeout * 2}); do xl domid {name} "
                 ">/dev/null 2>&1 || break; sleep 0.5; done; "
                 f"! xl domid {name}", timeout=timeout + 30)

    def said(self, name, pattern, timeout=90):
        """Wait for what a guest says on its console; return the log."""
        log = f"/var/log/xen/console/guest-{name}.log"
        return self.wait_until(f"tail -n 60 {log}", pattern, timeout)

    def address(self, name):
        """The IPv4 address of dom0's bridge or of a guest."""
        if name == "dom0":
            out = self.run("ip -4 -o addr show dev xenbr0")
        else:
            # Long ago, perhaps: said() looks at the last lines only.
            log = f"/var/log/xen/console/guest-{name}.log"
            out = self.wait_until(f"grep -a ready {log}",
                                  r"guest: ready.*/24", 90)
        return re.findall(r"\d+\.\d+\.\d+\.\d+(?=/24)", out.text)[-1]

    def forget(self, name):
        """Empty the log of a guest's console."""
        self.run(f": >/var/log/xen/console/guest-{name}.log", check=False)

    def free(self):
        """Free memory by `xl info`, in MiB."""
        out = self.run("xl info")
        return int(re.search(r"free_memory *: (\d+)", out.text)[1])

    def audit(self):
        """Free pages by the hypervisor's own count, which found no fault.

        Real Xen has no such key: its free memory, to the MiB."""
        if self.row.hypervisor != "hospes":
            return self.free()
        out = self.run("xl dmesg -c >/dev/null; xl debug-keys a; xl dmesg")
        assert r"audit: 0 faults" in out, str(out)
        return int(re.search(r"audit: (\d+) pages free", out.text)[1])

    def kill_all(self):
        """Destroy each domain but dom0."""
        self.run("for d in $(xl list | awk 'NR > 2 { print $2 }'); do "
                 "xl destroy $d; done; for i in $(seq 60); do "
                 "[ $(xl list | wc -l) = 2 ] && break; sleep 0.5; done",
                 timeout=90, check=False)


def pytest_addoption(parser):
    """--long and --machine."""
    parser.addoption("--long", action="store_true",
                     help="the machines that take long as well")
    parser.addoption("--machine", action="append", default=[],
                     help="only this row of matrix.toml (repeatable)")


def pytest_configure(config):
    """The mark that says which machines run a test."""
    config.addinivalue_line("markers", "part(name): of matrix.toml's parts")


def pytest_generate_tests(metafunc):
    """A test runs on each chosen machine that has its part."""
    if "dom0" not in metafunc.fixturenames:
        return
    option = metafunc.config.option
    parts = {m.args[0] for m in metafunc.definition.iter_markers("part")}
    rows = [r for r in MACHINES if parts & set(r.parts) and
            (r.name in option.machine if option.machine else
             option.long or not r.long)]
    metafunc.parametrize("boot", [
        pytest.param(r, id=r.name, marks=pytest.mark.xdist_group(r.name))
        for r in rows], indirect=True, scope="session")


def _order(item):
    """Machine by machine; on each from what asks least to what asks most."""
    parts = [PARTS.index(m.args[0]) for m in item.iter_markers("part")]
    return MACHINES.index(item.callspec.params["boot"]), min(parts)


def pytest_collection_modifyitems(config, items):
    """Leave out what no chosen machine runs, which pytest would skip."""
    ours = [i for i in items if "boot" in i.fixturenames]
    idle = [i for i in ours if i.callspec.params["boot"] not in MACHINES]
    config.hook.pytest_deselected(items=idle)
    items[:] = [i for i in items if i not in ours] + \
        sorted((i for i in ours if i not in idle), key=_order)


@pytest.fixture(scope="session")
def boot(request):
    """One machine, from power on; off again after its last test."""
    row = request.param
    setup = machine.Setup(bed=row.bed, cpus=row.cpus, mem=row.mem,
                          iommu=row.iommu)
    with toolstack.start(row.hypervisor, setup, f"xl-{row.name}", row.words,
                         BOOT[row.bed], options=row.options) as shell:
        yield Dom0(row, shell)


@pytest.fixture
def dom0(boot):     # pylint: disable=redefined-outer-name
    """The machine's control domain, its shell at a prompt.

    Whatever the test did, the hypervisor has not complained."""
    if boot.shell.dead:
        pytest.fail("the machine did not survive an earlier test")
    boot.shell.sync()
    begin = len(boot.shell.machine.text)
    yield boot
    boot.shell.machine.pump()
    bad = re.findall(REFUSED, boot.shell.machine.text[begin:])
    assert not bad, bad


@pytest.fixture
def clean(dom0):    # pylint: disable=redefined-outer-name
    """As dom0, with no other domain before and after."""
    dom0.kill_all()
    yield dom0
    dom0.kill_all()


@pytest.fixture
def pair(dom0):     # pylint: disable=redefined-outer-name
    """With guest1 and guest2 up; they stay for the next test."""
    names = ("guest1", "guest2")
    need = [n for n in names if dom0.run(f"xl domid {n}", check=False).status]
    for name in need:
        dom0.forget(name)
        dom0.record(f"create-{name}", f"xl create /etc/xen/{name}.cfg",
                    timeout=120)
    for name in need:
        dom0.said(name, r"^guest: ready.*/24", 240)
    return dom0
