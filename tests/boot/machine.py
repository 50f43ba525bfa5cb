# SPDX-License-Identifier: GPL-2.0-or-later
"""One interface to the two emulators a hypervisor is tested in.

    with machine.start(Setup(cpus=2), image) as m:
        m.expect(r"dom0 ready", timeout=120)
        m.send("poweroff\\n")
        end = m.wait_end(timeout=60)

A machine has one console, COM1, as a stream of lines. Every wait is bounded
and raises BedError with the last lines of the console; the emulator is always
killed on leaving the `with` block. Console, emulator messages and (QEMU) its
log of resets are kept in build/log/NAME.*.

What is known of the emulators themselves is in docs/testing.md.
"""

import dataclasses
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import time
import tty

import pexpect
import pexpect.fdpexpect

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOGS = ROOT / "build" / "log"
OVMF = pathlib.Path("/usr/share/OVMF")
# Lines after which no test has anything to wait for.
FATAL = (r"Kernel panic - not syncing|Panic on CPU|PANIC|"
         r"Reboot in five seconds|BUG at ")
# QEMU's numbers for why it stops (enum ShutdownCause), as traced.
CAUSE_POWEROFF = 6
TAIL_LINES = 30
# Bochs drops what comes while its UART's 16 bytes are full: so many bytes are
# typed at once, and so many seconds are behind them.
PIECE = 12
PIECE_WAIT = 0.25


class BedError(AssertionError):
    """A wait ran out, the machine ended early, or a fatal line was seen."""


@dataclasses.dataclass(frozen=True)
class Setup:
    """The machine to emulate. Memory is in MiB."""
    bed: str = "qemu"                   # qemu or bochs
    cpus: int = 1
    threads: int = 1                    # of the CPUs, on each core
    mem: int = 2048
    firmware: str = "bios"              # bios or uefi (QEMU only)
    cpu: str = ""                       # model; empty: default of the bed
    media: str = "cdrom"                # how the image is attached: cdrom, disk
    iommu: str = ""                     # QEMU: amd-iommu or intel-iommu
    icount: bool = False                # QEMU: deterministic time
    accel: str = "tcg"                  # QEMU: the accelerator
    extra: tuple = ()                   # more QEMU arguments or Bochs lines
    debugger: tuple = ()                # Bochs: its debugger does this first
    network: bool = False               # keep QEMU's default network card
    reboot: bool = False                # a reset restarts, not ends, QEMU
    disk: object = None                 # a disk image, never written to
    second: bool = False                # COM2, as Machine.second

    @property
    def name(self):
        """Short name for logs and test ids."""
        return f"{self.bed}-{self.firmware}-{self.cpus}cpu"


@dataclasses.dataclass(frozen=True)
class End:
    """How a machine ended: poweroff, reset, triple-fault, exit or killed.

    code is the byte a guest wrote to isa-debug-exit (cause "exit"), else
    the exit status of the emulator."""
    cause: str
    code: int


def _line(pattern):
    """A whole line, its end included, with the pattern somewhere in it.

    ^ and $ stand for its ends, whichever way those are written."""
    pattern = pattern.replace("$", "(?=[\\r\\n])")
    return re.compile(rf"^[^\r\n]*?(?:{pattern})[^\r\n]*[\r\n]", re.MULTILINE)


class Machine:
    """A running machine; made by start(), subclassed for each emulator."""

    def __init__(self, setup, image, name):
        LOGS.mkdir(parents=True, exist_ok=True)
        self.setup = setup
        self.image = pathlib.Path(image)
        self.base = LOGS / re.sub(r"[^\w.+=-]+", "_", name)
        self.started = time.monotonic()
        self.console = self._log("console")
        self.stream = None
        self.second = None
        self.terminal = ()
        self.end = None

    def path(self, suffix):
        """The file under build/log that holds this part of the output."""
        return self.base.with_name(f"{self.base.name}.{suffix}")

    def _log(self, suffix):
        return open(self.path(suffix), "w", encoding="utf-8",
                    errors="replace", buffering=1)

    def _open_second(self, alive, piece=0):
        """A terminal whose other end is COM2; self.second is ours."""
        master, slave = pty.openpty()
        tty.setraw(slave)
        self.terminal = (master, slave)
        self.second = _Tty(master, alive, piece)
        self.second.logfile_read = self._log("second")
        return os.ttyname(slave)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.kill()
        self.console.close()
        for fd in self.terminal:
            os.close(fd)

    @property
    def text(self):
        """The whole console so far, line ends normalised."""
        if not self.console.closed:
            self.console.flush()
        raw = self.path("console").read_text("utf-8", "replace")
        return raw.replace("\r", "")

    @property
    def lines(self):
        """The console so far as a list of lines."""
        return self.text.split("\n")

    def tail(self):
        """The last lines of the console, for messages."""
        return "\n".join(self.lines[-TAIL_LINES:])

    def expect(self, pattern, timeout=60, fatal=FATAL):
        """Wait for a line that matches; return the re.Match.

        Lines already passed by an earlier expect are not seen again. A line
        that matches `fatal` (None: nothing) ends the wait at once."""
        wanted = [_line(pattern), pexpect.EOF, pexpect.TIMEOUT]
        if fatal:
            wanted.append(_line(fatal))
        got = self.stream.expect(wanted, timeout=timeout)
        if got == 0:
            return re.search(pattern, self.stream.after.strip("\r\n"))
        # What comes after a fatal line (registers, a stack) is worth having.
        if got == 3:
            self._drain(2)
        what = {1: "the machine ended", 2: f"nothing in {timeout} s",
                3: "a fatal line"}[got]
        raise BedError(f"waiting for /{pattern}/: {what}; {self.base}.*\n"
                       f"{self.tail()}")

    def expect_prompt(self, pattern, timeout=60):
        """Wait for text that no line end follows, such as a prompt."""
        got = self.stream.expect([re.compile(pattern), pexpect.EOF,
                                  pexpect.TIMEOUT], timeout=timeout)
        if got:
            raise BedError(f"waiting for prompt /{pattern}/; {self.base}.*\n"
                           f"{self.tail()}")
        return self.stream.match

    def send(self, text):
        """Type text on the serial line."""
        self.stream.send(text)

    def pump(self):
        """Take in what COM1 has said, so that the machine does not wait for
        its reader; returns what no expect() has seen yet."""
        self._drain(0)
        return self.stream.before or ""

    def _drain(self, seconds):
        self.stream.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=seconds)

    def wait_end(self, timeout=60):
        """Wait until the machine ends by itself; return its End."""
        if self.end is None:
            got = self.stream.expect([pexpect.EOF, pexpect.TIMEOUT],
                                     timeout=timeout)
            if got == 1:
                raise BedError(f"still running after {timeout} s; "
                               f"{self.base}.*\n{self.tail()}")
            self.end = self._reap()
        return self.end

    def settle(self, seconds):
        """Let the machine run on; return its End if it ended, else None."""
        got = self.stream.expect([pexpect.EOF, pexpect.TIMEOUT],
                                 timeout=seconds)
        if got == 0 and self.end is None:
            self.end = self._reap()
        return self.end

    def kill(self):
        """End the emulator whatever it does."""
        raise NotImplementedError

    def _reap(self):
        raise NotImplementedError


class Qemu(Machine):
    """QEMU, TCG, q35; AMD-V with nested paging."""

    MODEL = "EPYC,+svm,+npt,-monitor"

    def __init__(self, setup, image, name):
        super().__init__(setup, image, name)
        args = self.arguments()
        if setup.second:
            args += ["-serial", self._open_second(
                lambda: self.stream.isalive())]
        self.path("cmd").write_text(" ".join(args) + "\n")
        # The shell only sends messages elsewhere: stdout is the console.
        self.stream = pexpect.spawn(
            "/bin/sh", ["-c", 'log=$1; shift; exec "$@" 2>"$log"', "sh",
                        str(self.path("err")), *args],
            timeout=None, maxread=1 << 16, encoding="utf-8",
            codec_errors="replace", echo=False, dimensions=(50, 200))
        self.stream.logfile_read = self.console
        self.stream.delaybeforesend = None

    def arguments(self):
        """The command line of QEMU for this setup."""
        s = self.setup
        args = ["qemu-system-x86_64", "-M", "q35", "-accel", s.accel, "-cpu",
                s.cpu or self.MODEL, "-smp",
                f"{s.cpus},threads={s.threads}", "-m", str(s.mem),
                "-display", "none", "-monitor", "none",
                # Ctrl-C is the guest's, not a signal for QEMU.
                "-chardev", "stdio,id=com1,signal=off",
                "-serial", "chardev:com1",
                "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                "-d", "cpu_reset", "-D", str(self.path("qemu")),
                "-trace", "qemu_system_shutdown_request"]
        if s.icount:
            args += ["-icount", "shift=0,sleep=off",
                     "-rtc", "clock=vm,base=2026-01-01"]
        if not s.reboot:
            args.append("-no-reboot")
        if not s.network:
            args += ["-nic", "none"]
        if s.iommu:
            args += ["-device", s.iommu]
        if s.firmware == "uefi":
            args += ["-drive", "if=pflash,format=raw,unit=0,readonly=on,"
                     f"file={OVMF}/OVMF_CODE.fd", "-drive", "if=pflash,"
                     "format=raw,unit=1,snapshot=on,"
                     f"file={OVMF}/OVMF_VARS.fd"]
        if s.media == "cdrom":
            args += ["-boot", "d", "-cdrom", str(self.image)]
        elif s.media == "disk":
            args += ["-drive", f"file={self.image},format=raw,if=ide,"
                     "snapshot=on"]
        if s.disk:
            args += ["-drive", f"file={s.disk},format=raw,if=none,id=disk,"
                     "snapshot=on", "-device", "virtio-blk-pci,drive=disk,"
                     "disable-legacy=on,iommu_platform=on"]
        return args + list(s.extra)

    def kill(self):
        if self.stream.isalive():
            # On a laden host its memory takes a while to go.
            self.stream.kill(signal.SIGKILL)
            self.stream.wait()
            self.stream.close()
            self.end = self.end or End("killed", 0)

    @property
    def qemu_log(self):
        """What QEMU logged: resets and shutdown requests."""
        log = self.path("qemu")
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def _reap(self):
        self.stream.wait()
        code = self.stream.exitstatus
        if code is None or code & 1:
            err = self.path("err").read_text("utf-8", "replace")
            if code == 1 and "qemu-system" in err and not self.text.strip():
                raise BedError(f"QEMU refused to start:\n{err}")
            return End("exit", (code or 0) >> 1)
        log = self.qemu_log
        if "Triple fault" in log:
            return End("triple-fault", code)
        if re.search(rf"shutdown_request.*reason={CAUSE_POWEROFF}\b", log):
            return End("poweroff", code)
        return End("reset", code)


BOCHSRC = """\
display_library: rfb, options="timeout=0"
cpu: model={model}, count={count}, ips=100000000, \
reset_on_triple_fault=0, ignore_bad_msrs=0
memory: guest={mem}, host={host}
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
vga: extension=none
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path={image}, status=inserted
boot: cdrom
com1: enabled=1, mode=term, dev={tty}
clock: sync=none, time0=946681200
log: {log}
sound: driver=dummy
panic: action=fatal
error: action=report
info: action=ignore
debug: action=ignore
magic_break: enabled=1
"""


class Bochs(Machine):
    """Bochs 2.7, i440FX; VT-x with EPT."""

    MODEL = "corei7_skylake_x"
    HOST_MAX = 2048

    def __init__(self, setup, image, name):
        super().__init__(setup, image, name)
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.slave = slave
        text = self.configuration(os.ttyname(slave))
        if setup.second:
            text += "com2: enabled=1, mode=term, dev="
            text += self._open_second(lambda: self.process.poll() is None,
                                      PIECE)
            text += "\n"
        self.path("rc").write_text(text)
        commands = [*setup.debugger, "c", "q"]
        self.path("dbg").write_text("".join(f"{c}\n" for c in commands))
        with open(self.path("err"), "wb") as err:
            self.process = subprocess.Popen(
                ["bochs", "-q", "-f", str(self.path("rc")),
                 "-rc", str(self.path("dbg"))],
                stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                start_new_session=True)
        self.stream = _Tty(self.master,
                           lambda: self.process.poll() is None, PIECE)
        self.stream.logfile_read = self.console

    def configuration(self, terminal):
        """The text of bochsrc; `terminal` is the slave end of a pty."""
        s = self.setup
        text = BOCHSRC.format(
            model=s.cpu or self.MODEL, mem=s.mem,
            host=min(s.mem, self.HOST_MAX), image=self.image, tty=terminal,
            # One package: 1:CORES:THREADS.
            count=f"1:{s.cpus // s.threads}:{s.threads}" if s.cpus > 2
            or s.threads > 1 else s.cpus,
            log=self.path("bochs"))
        if s.disk:
            text += (f"ata0-slave: type=disk, path={s.disk}, mode=volatile, "
                     f"journal={self.path('redolog')}\n")
        return text + "".join(f"{line}\n" for line in s.extra)

    def kill(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.end = self.end or End("killed", 0)
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                pass

    def _reap(self):
        code = self.process.wait()
        log = self.path("bochs").read_text("utf-8", "replace")
        if code == 0:
            return End("exit", 0)
        if "triple fault" in log.lower() or "3rd" in log:
            return End("triple-fault", code)
        return End("poweroff", code)


class _Tty(pexpect.fdpexpect.fdspawn):
    """A terminal whose end of file is the end of the emulator."""

    def __init__(self, fd, alive, piece=0):
        super().__init__(fd, timeout=None, maxread=1 << 16, encoding="utf-8",
                         codec_errors="replace")
        self.alive = alive
        self.piece = piece
        self.delaybeforesend = None

    def send(self, s):
        """As pexpect's; in pieces, if there is a size for them."""
        size = self.piece or len(s) or 1
        for begin in range(0, len(s), size):
            if begin:
                time.sleep(PIECE_WAIT)
            super().send(s[begin:begin + size])
        return len(s)

    def read_nonblocking(self, size=1, timeout=None):
        """As pexpect's; waits in short steps to notice a dead process."""
        limit = None if timeout in (None, -1) else time.monotonic() + timeout
        while True:
            dead = not self.alive()
            try:
                return super().read_nonblocking(size, timeout=0.2)
            except pexpect.TIMEOUT:
                if dead:
                    self.flag_eof = True
                    raise pexpect.EOF("the emulator ended") from None
                if limit is not None and time.monotonic() > limit:
                    raise


def start(setup, image, name=""):
    """Start a machine from an image of boot/image/mkimage.py.

    `name` names the files under build/log; use one for each test."""
    program = {"qemu": "qemu-system-x86_64", "bochs": "bochs"}[setup.bed]
    if not shutil.which(program):
        raise BedError(f"{program} is not installed: run tools/setup.sh")
    kind = {"qemu": Qemu, "bochs": Bochs}[setup.bed]
    return kind(setup, image, name or setup.name)
