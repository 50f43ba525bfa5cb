#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Build an image that boots a multiboot2 hypervisor through GRUB.

An image is a hypervisor with its command line and any number of modules with
theirs (for Hospes as for Xen: dom0's kernel first, then its initrd). Three
kinds are made: an ISO for BIOS and UEFI, an ISO for BIOS alone (what Bochs
wants), and a raw disk with GRUB in its boot sector.

Images are cached under a name that is a hash of the kind, the command lines
and the identity (path, size, modification time) of each file, so asking a
second time for the same image costs nothing. Used as a program by the
Makefile and as a module by tests/boot.
"""

import argparse
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = ROOT / "build" / "image"
GRUB = pathlib.Path("/usr/lib/grub")
KINDS = ("iso", "iso-bios", "disk")
# Images kept in the cache; the oldest go first.
CACHE_MAX = 24
# What a menu entry can use, and nothing more: fewer files to read and copy.
GRUB_MODULES = ("biosdisk part_msdos part_gpt iso9660 ext2 multiboot2 normal "
                "configfile echo test boot minicmd all_video acpi").split()


class ImageError(Exception):
    """The image cannot be built; the text says what failed."""


def _call(*args, cwd=None):
    run = subprocess.run([str(a) for a in args], cwd=cwd, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         check=False)
    if run.returncode:
        raise ImageError(f"{args[0]} failed:\n{run.stdout}")


def _menu(cmdline, modules, acpi):
    lines = []
    for i, path in enumerate(acpi):
        # GRUB puts a table in the place of the firmware's of that name.
        signature = pathlib.Path(path).read_bytes()[:4].decode("ascii")
        lines.append(f"    acpi --exclude={signature} /boot/acpi{i}.aml")
    lines += [f"    multiboot2 /boot/hypervisor {cmdline}".rstrip()]
    for i, (_, args) in enumerate(modules):
        lines.append(f"    module2 /boot/module{i} {args}".rstrip())
    text = (HERE / "grub.cfg.in").read_text()
    return text.replace("@ENTRY@", "\n".join(lines))


def _key(kind, hypervisor, cmdline, modules, acpi):
    digest = hashlib.sha256(kind.encode())
    for own in (HERE / "mkimage.py", HERE / "grub.cfg.in"):
        digest.update(own.read_bytes())
    for path, args in [(hypervisor, cmdline), *modules,
                       *((table, "acpi") for table in acpi)]:
        info = os.stat(path)
        digest.update(f"{os.path.abspath(path)} {info.st_size} "
                      f"{info.st_mtime_ns} {args}\n".encode())
    return digest.hexdigest()[:20]


def _fill(tree, hypervisor, cmdline, modules, acpi):
    boot = tree / "boot"
    (boot / "grub").mkdir(parents=True)
    (boot / "grub" / "grub.cfg").write_text(_menu(cmdline, modules, acpi))
    shutil.copyfile(hypervisor, boot / "hypervisor")
    for i, (path, _) in enumerate(modules):
        shutil.copyfile(path, boot / f"module{i}")
    for i, path in enumerate(acpi):
        shutil.copyfile(path, boot / f"acpi{i}.aml")


def _make_iso(tree, out, bios_only):
    args = ["grub-mkrescue", "-o", out, "--fonts=", "--locales=", "--themes=",
            "--compress=no"]
    if bios_only:
        args += ["-d", GRUB / "i386-pc"]
    else:
        # The BIOS's disks are always in; EFI has no module of that name.
        args.append("--install-modules=" + " ".join(GRUB_MODULES[1:]))
    _call(*args, tree)


def _make_disk(tree, out):
    """A DOS-partitioned disk: GRUB's core in the gap, one ext2 partition.

    Built without root, loop devices or mounts: mke2fs copies the tree in,
    grub-mkimage makes the core, and the boot sector gets the two fields
    which grub-bios-setup would write."""
    work = tree.parent
    size = sum(f.stat().st_size for f in tree.rglob("*") if f.is_file())
    mib = size // (1 << 20) * 21 // 20 + 16
    part, core = work / "part.img", work / "core.img"
    _call("truncate", "-s", f"{mib}M", part)
    _call("mke2fs", "-q", "-t", "ext2", "-m", "0", "-d", tree, part)
    _call("grub-mkimage", "-O", "i386-pc", "-o", core, "-p",
          "(hd0,msdos1)/boot/grub", *GRUB_MODULES)
    data = bytearray(core.read_bytes())
    sectors = (len(data) + 511) // 512
    if sectors > 2046:
        raise ImageError("GRUB's core does not fit before the partition")
    boot = bytearray((GRUB / "i386-pc" / "boot.img").read_bytes())
    # boot.img: 0x5c is the sector of the core (1 already), 0x66 a jump over
    # the test of a floppy's drive number that BIOSes get wrong.
    boot[0x66:0x68] = b"\x90\x90"
    entry = bytes([0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff])
    entry += (2048).to_bytes(4, "little") + (mib * 2048).to_bytes(4, "little")
    # The rest of the table holds code for floppies.
    boot[446:510] = entry.ljust(64, b"\0")
    boot[510:512] = b"\x55\xaa"
    # The last block list entry of the core's first sector: start 2, the rest.
    data[0x1f4:0x1fc] = (2).to_bytes(8, "little")
    data[0x1fc:0x1fe] = (sectors - 1).to_bytes(2, "little")
    with open(out, "wb") as disk:
        disk.write(boot)
        disk.write(data)
        disk.seek(1 << 20)
        with open(part, "rb") as src:
            shutil.copyfileobj(src, disk, 1 << 20)


def _trim(keep):
    images = sorted(CACHE.glob("*.img"), key=lambda p: p.stat().st_atime)
    for old in images[:-CACHE_MAX]:
        if old != keep:
            old.unlink(missing_ok=True)


def build(hypervisor, cmdline="", modules=(), kind="iso", acpi=()):
    """Return the path of an image of this kind; build it if need be.

    modules is a sequence of (path, command line); acpi is one of files, each
    an ACPI table which GRUB puts in the firmware's place. Safe to call from several
    processes at once. Raises ImageError."""
    if kind not in KINDS:
        raise ImageError(f"unknown kind of image: {kind}")
    modules = [(str(p), a) for p, a in modules]
    for path in [hypervisor, *(p for p, _ in modules)]:
        if not os.path.isfile(path):
            raise ImageError(f"no such file: {path}")
    CACHE.mkdir(parents=True, exist_ok=True)
    key = _key(kind, hypervisor, cmdline, modules, acpi)
    out = CACHE / f"{key}.img"
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if out.exists():
            os.utime(out)
            return out
        with tempfile.TemporaryDirectory(dir=CACHE) as tmp:
            tree, new = pathlib.Path(tmp) / "tree", pathlib.Path(tmp) / "new"
            _fill(tree, hypervisor, cmdline, modules, acpi)
            if kind == "disk":
                _make_disk(tree, new)
            else:
                _make_iso(tree, new, kind == "iso-bios")
            new.rename(out)
        _trim(out)
    return out


def main():
    """Command line: see --help."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kind", choices=KINDS, default="iso")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--cmdline", default="",
                        help="command line of the hypervisor")
    parser.add_argument("--module", action="append", default=[],
                        metavar="FILE[=CMDLINE]")
    parser.add_argument("hypervisor")
    args = parser.parse_args()
    modules = [tuple(m.partition("=")[::2]) for m in args.module]
    try:
        image = build(args.hypervisor, args.cmdline, modules, args.kind)
    except ImageError as error:
        sys.exit(f"mkimage: {error}")
    shutil.copyfile(image, args.output)
    print(f"{args.output}: {os.stat(args.output).st_size >> 20} MiB")


if __name__ == "__main__":
    main()
