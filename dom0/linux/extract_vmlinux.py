#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Take the ELF kernel out of a bzImage: extract_vmlinux.py BZIMAGE ELF

Boots faster under emulation than the compressed one. Trailing zeros of each
segment are cut (file size below memory size says the same) and sections are
dropped, which halves the file; what is loaded is the same to the byte."""

import gzip
import lzma
import struct
import subprocess
import sys

ALIGN = 4096


def payload(image):
    """The compressed kernel inside a bzImage, by its setup header."""
    if image[0x202:0x206] != b"HdrS":
        raise ValueError("not a bzImage")
    setup = (image[0x1f1] or 4) + 1
    offset, length = struct.unpack_from("<II", image, 0x248)
    return image[setup * 512 + offset:][:length]


def unpack(data):
    """Undo the compression, whichever of the usual ones it is."""
    if data.startswith(b"\xfd7zXZ"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data[:-4])
    tool = {b"\x28\xb5\x2f\xfd": "zstd", b"\x02\x21\x4c\x18": "lz4"}
    if data[:4] not in tool:
        raise ValueError("unknown compression")
    return subprocess.run([tool[data[:4]], "-dc"], input=data,
                          stdout=subprocess.PIPE, check=False).stdout


def shrink(elf):
    """Rewrite an ELF64 with its program headers only, zeros cut."""
    head = bytearray(elf[:64])
    phoff, = struct.unpack_from("<Q", elf, 0x20)
    count, = struct.unpack_from("<H", elf, 0x38)
    rows = [list(struct.unpack_from("<IIQQQQQQ", elf, phoff + 56 * i))
            for i in range(count)]
    body, place, moved = bytearray(), ALIGN, []
    for row in rows:
        if row[0] != 1:
            continue
        start, size = row[2], row[5]
        kept = elf[start:start + size].rstrip(b"\0")
        moved.append((start, size, place))
        row[2], row[5] = place, len(kept)
        # Offsets stay congruent to addresses modulo the alignment's 4096.
        body += kept + bytes(-len(kept) % ALIGN)
        place = ALIGN + len(body)
    for row in rows:
        for start, size, new in moved:
            if row[0] == 4 and start <= row[2] < start + size:
                row[2] = row[2] - start + new
                break
    struct.pack_into("<Q", head, 0x20, 64)
    struct.pack_into("<QI", head, 0x28, 0, 0)
    struct.pack_into("<HHH", head, 0x3a, 0, 0, 0)
    head += b"".join(struct.pack("<IIQQQQQQ", *row) for row in rows)
    return bytes(head) + bytes(ALIGN - len(head)) + bytes(body)


def main():
    """BZIMAGE ELF"""
    with open(sys.argv[1], "rb") as file:
        elf = unpack(payload(file.read()))
    with open(sys.argv[2], "wb") as file:
        file.write(shrink(elf))


if __name__ == "__main__":
    main()
