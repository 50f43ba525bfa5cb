# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands in a control domain with a shell on the machine's second line.

    with toolstack.start("hospes", setup, "name") as sh:
        assert "Domain-0" in sh.run("xl list")

What the hypervisor and dom0's kernel say comes on the first line, so it never
tears a command's output."""

import dataclasses
import re
import time

import pexpect

from tests.boot import machine
from tests.boot.matrix import patience

# How often the first line is read while the second is waited for.
STEP = 0.2
# The key that leaves xl console.
LEAVE = "\x1d"
# A guest's prompt; its shell may ask where the cursor is.
PROMPT = r"# (\x1b\[6n)?$"


@dataclasses.dataclass(frozen=True)
class Output:
    """What a command printed (both streams, as lines) and its status."""
    command: str
    status: int
    text: str
    seconds: float

    def __contains__(self, pattern):
        return re.search(pattern, self.text, re.MULTILINE) is not None

    def __str__(self):
        return f"$ {self.command}\n{self.text}\n[status {self.status}]"


class Shell:
    """A shell on the second serial line of a machine."""

    def __init__(self, m):
        self.machine = m
        self.stream = m.second
        self.count = 0
        self.dead = False

    def wait(self, pattern, timeout):
        """Wait for the pattern on the second line; return its match.

        The time is for an idle machine. Raises BedError."""
        limit = time.monotonic() + patience(timeout)
        wanted = [re.compile(pattern, re.MULTILINE), pexpect.EOF,
                  pexpect.TIMEOUT]
        while True:
            got = self.stream.expect(wanted, timeout=STEP)
            if got == 0:
                return self.stream.match
            fatal = re.search(machine.FATAL, self.machine.pump())
            if got == 1 or fatal or time.monotonic() > limit:
                raise machine.BedError(
                    f"waiting for /{pattern}/ on COM2: "
                    f"{'the machine ended' if got == 1 else ''}"
                    f"{fatal[0] if fatal else 'nothing came'}; "
                    f"{self.machine.base}.*\n{self.stream.buffer[-2000:]}\n"
                    f"--- COM1:\n{self.machine.tail()}")

    def run(self, command, timeout=60, check=True):
        """Run a command line; return its Output.

        With `check` a status other than 0 raises BedError."""
        self.count += 1
        mark = f"=={self.count}=="
        begin = time.monotonic()
        # Split, so that an echo of the line is not taken for its end.
        self.stream.send(f"{command}\necho '==''{self.count}'\"== $?\"\n")
        match = self.wait(rf"{mark} (\d+)\r*\n", timeout)
        text = self.stream.before.replace("\r", "").strip("\n")
        out = Output(command, int(match[1]), text, time.monotonic() - begin)
        if check and out.status:
            raise machine.BedError(f"{out}\n{self.machine.base}.*")
        return out

    def sync(self):
        """Back to a prompt, after a command that did not end.

        A machine that does not answer is `dead` from then on."""
        self.stream.send(f"{LEAVE}\x03\n")
        self.dead = True
        self.run("true", 60)
        self.dead = False

    def console(self, domain, timeout=30):
        """Join a guest's console; its shell's prompt has to come."""
        self.stream.send(f"xl console {domain}\n")
        time.sleep(1)
        self.stream.send("\n")
        self.wait(PROMPT, timeout)

    def leave(self):
        """Leave the guest's console."""
        self.stream.send(LEAVE)
        # xl heeds the key only if it reads it alone.
        time.sleep(patience(1))
        self.run("true")

    def guest(self, command, timeout=60):
        """On a guest's console: run a command, return its Output."""
        self.count += 1
        begin = time.monotonic()
        self.stream.send(f"{command}; echo '==''{self.count}'\"== $?\"\n")
        match = self.wait(rf"=={self.count}== (\d+)\r*\n", timeout)
        text = self.stream.before.replace("\r", "")
        text = text.split("\n", 1)[-1].strip("\n")
        self.wait(PROMPT, timeout)
        return Output(command, int(match[1]), text, time.monotonic() - begin)
