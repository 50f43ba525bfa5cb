# SPDX-License-Identifier: GPL-2.0-or-later
"""How the in-tree control domain is booted and talked to.

An archive is made for each test of the files it names; it is dom0's initrd."""

import contextlib
import itertools
import os
import re
import shutil
import subprocess

from tests.boot import machine, payload

GUEST = machine.ROOT / "build" / "guest" / "guest.elf"
PATIENCE = float(os.environ.get("HOSPES_PATIENCE", "1"))
# Seconds in which a Linux guest boots, or does what it is told.
WAIT = 150 * PATIENCE
PROMPT = r"hospes> "
LEAVE = "\x1d"
_count = itertools.count()


def archive(folder, config, files):
    """A cpio archive of the configuration and the files."""
    tree = folder / "files"
    tree.mkdir()
    (tree / "guests.cfg").write_text(config)
    names = ["guests.cfg"]
    for name, source in files.items():
        shutil.copyfile(source, tree / name)
        names.append(name)
    image = folder / "guests.img"
    with open(image, "wb") as out:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=tree,
                       input="\n".join(names).encode(), stdout=out,
                       check=True)
    return image


def start(image, name, hypervisor="hospes", bed="qemu", mem=(1024, 128),
          extra=()):
    """Boot the control domain with the archive; MiB of machine and dom0.

    For apicv=no see docs/testing.md, of Bochs."""
    load = payload.Payload(hypervisor, kernel=payload.TREE_DOM0,
                           initrd=image, dom0_mem=f"{mem[1]}M",
                           options="dom0_max_vcpus=1 apicv=no")
    return load.start(machine.Setup(bed=bed, mem=mem[0], extra=extra),
                      f"tree-{name}")


def ask(m, text, timeout=20):
    """What a command prints, up to the next prompt."""
    m.send(text + "\r")
    m.expect_prompt(re.escape(text), timeout * PATIENCE)
    m.expect_prompt(PROMPT, timeout * PATIENCE)
    return m.stream.before.replace("\r", "")


@contextlib.contextmanager
def inside(m, name, wait=WAIT):
    """A guest's console; yields what runs a command in its shell, and returns
    its output. A command that fails fails the test."""
    m.send(f"console {name}\r\r")
    m.expect_prompt(rf"{name}:/# ", wait)

    def run(command):
        # The console shows its last lines again, so no two are alike.
        mark = f"status {next(_count)}"
        m.send(f"{command}; echo st''{mark[2:]} $?\r")
        status = m.expect_prompt(rf"{mark} (\d+)\r", wait)[1]
        text = m.stream.before.replace("\r", "")
        assert status == "0", f"{command}: {text}"
        return text

    yield run
    m.send(LEAVE)
    m.expect_prompt(PROMPT, wait)
