"""Cuts off what no loader reads of the shared objects named: debugging information, symbols, section headers.

asyncpg's wheel alone carries 11 MiB of it. `strip` does the same, but no slim base image has it.
"""

import struct
import sys
from pathlib import Path

ELF64_LITTLE_ENDIAN = b"\x7fELF\x02\x01"


def end_of_segments(elf: bytes) -> int:
    table, size, count = struct.unpack_from("<32xQ14xHH", elf)
    segments = [struct.unpack_from("<8xQ16xQ", elf, table + size * number) for number in range(count)]
    return max(int(offset + length) for offset, length in segments)


def without_symbols(elf: bytes) -> bytes:
    if not elf.startswith(ELF64_LITTLE_ENDIAN):
        return elf
    kept = bytearray(elf[: end_of_segments(elf)])
    struct.pack_into("<Q", kept, 40, 0)  # where the section headers are,
    struct.pack_into("<HH", kept, 60, 0, 0)  # how many, and which of them has their names
    return bytes(kept)


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:]):
        path.write_bytes(without_symbols(path.read_bytes()))
