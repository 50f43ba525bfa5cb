# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernel as dom0, from GRUB to power off, on Hospes and on Xen.

Each row of tests/matrix.toml is one test: a machine boots, dom0 runs the
tests of dom0/linux/selftest.sh, and each of their lines has to say ok."""

import re

import pytest

from tests.boot import devices, machine, payload
from tests.boot.matrix import BOOTS, patience

KERNEL = "console=hvc0 panic=1"
# Seconds from the last result to the end of the machine.
END_TIMEOUT = 60


def options(row, folder, served):
    """Words of dom0's command line, and arguments of the bed, for a row."""
    words = [KERNEL, f"hospes.test={row.tests}", f"hospes.cpus={row.vcpus}",
             f"hospes.end={row.end}"]
    extra = []
    names = row.tests.split(",")
    if "disk" in names and row.bed == "bochs":
        words += ["hospes.disks=piix", f"hospes.mib={row.mib}"]
        extra += devices.bochs_disk_lines(folder, row.mib)
    elif "disk" in names:
        words += ["hospes.disks=" + ",".join(devices.DISKS),
                  f"hospes.mib={row.mib}"]
        extra += devices.disk_arguments(folder, row.mib)
    if "net" in names:
        words += ["hospes.nets=" + ",".join(devices.NETS),
                  f"hospes.http={served[0]}", f"hospes.md5={served[1]}"]
        extra += devices.net_arguments()
    if "usb" in names:
        extra += devices.USB
    return " ".join(words), tuple(extra)


def run(row, folder, served):
    """Boot one row; return its results as (name, passed, text) and its End."""
    cmdline, extra = options(row, folder, served)
    load = payload.Payload(
        row.hypervisor, kernel=payload.dom0_file(row.kernel), cmdline=cmdline,
        initrd=payload.dom0_file("initrd.img"),
        options=f"dom0_max_vcpus={row.vcpus} loglvl=all {row.options}")
    xen = row.hypervisor == "xen"
    setup = machine.Setup(bed=row.bed, cpus=row.cpus, mem=row.mem, cpu=row.cpu,
                          firmware=row.firmware, media=row.media,
                          iommu=row.iommu or ("amd-iommu" if xen else ""),
                          extra=extra)
    results = []
    limit = patience(row.timeout)
    with load.start(setup, f"dom0-{row.name}") as m:
        m.expect(r"^init: userspace", limit)
        while True:
            line = m.expect(r"^T: (\S+) (\S+) ?(.*)", limit)
            if line[1] == "done":
                return results, m.wait_end(patience(END_TIMEOUT)), m
            results.append((line[1], line[2] == "ok", line[3]))


@pytest.mark.parametrize("row", BOOTS, ids=lambda row: row.name)
def test_dom0(row, scratch):
    """All that dom0 tests is ok, and the machine ends as it was asked to."""
    with devices.http_file(scratch) as served:
        results, end, m = run(row, scratch, served)
    bad = [f"{name}: {text}" for name, passed, text in results if not passed]
    assert not bad, "\n".join([*bad, str(m.path("console"))])
    # A dom0 that skipped its tests must not pass.
    assert len(results) >= len(row.tests.split(","))
    assert end.cause == {"reboot": "reset"}.get(row.end, row.end)
    if row.hypervisor == "hospes":
        refused = re.findall(r"\(hospes\).*(?:WARN|BUG|ASSERT).*", m.text)
        assert not refused, refused
