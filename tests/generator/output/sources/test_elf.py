"""Which glibc a program asks for. The files are written here, as the linker would write them."""

from __future__ import annotations

import platform
import struct
import sys
from pathlib import Path

import pytest

from esb_generator.output.sources.elf import needed_glibc

LOADED_AT = 0x400000


def program(*versions: str) -> bytes:
    """A 64-bit program that needs a library in these versions: headers, a dynamic section, versions, names."""
    names = b"\0libc.so.6\0" + b"".join(version.encode() + b"\0" for version in versions)
    dynamic_at, dynamic_size = 64 + 2 * 56, 4 * 16
    needs_at = dynamic_at + dynamic_size
    strings_at = needs_at + 16 + 16 * len(versions)
    size = strings_at + len(names)
    header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack(
        "<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0
    )
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, LOADED_AT, LOADED_AT, size, size, 4096)
    dynamic = struct.pack("<IIQQQQQQ", 2, 6, dynamic_at, LOADED_AT + dynamic_at, 0, dynamic_size, dynamic_size, 8)
    tags = {5: LOADED_AT + strings_at, 0x6FFFFFFE: LOADED_AT + needs_at, 0x6FFFFFFF: 1, 0: 0}
    section = b"".join(struct.pack("<qQ", tag, value) for tag, value in tags.items())
    needs = struct.pack("<HHIII", 1, len(versions), 1, 16, 0)
    for number, version in enumerate(versions):
        more = 16 if number + 1 < len(versions) else 0
        needs += struct.pack("<IHHII", 0, 0, 2, names.index(version.encode()), more)
    return header + load + dynamic + section + needs + names


@pytest.mark.parametrize(
    ("versions", "needed"),
    [
        (["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.9"], (2, 34)),
        (["GLIBC_2.17"], (2, 17)),
        (["GLIBCXX_3.4.30", "GCC_3.0"], None),
        ([], None),
    ],
)
def test_the_newest_version_counts(versions: list[str], needed: tuple[int, int] | None) -> None:
    assert needed_glibc(program(*versions)) == needed


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\x01\x01" + bytes(100)])
def test_other_files_need_none(content: bytes) -> None:
    assert needed_glibc(content) is None


def test_a_damaged_file_is_no_program() -> None:
    whole = program("GLIBC_2.34")

    assert {needed_glibc(whole[:size]) for size in range(len(whole))} == {None}


@pytest.mark.parametrize("at", [0, 64 + 8, 64 + 56 + 8])
def test_offsets_beyond_any_file_are_damage(at: int) -> None:
    """In the header, and in both program headers."""
    whole = bytearray(program("GLIBC_2.34"))
    struct.pack_into("<Q", whole, at or 32, 2**64 - 1)

    assert needed_glibc(bytes(whole)) is None


def test_a_number_of_libraries_that_the_file_does_not_have_ends_with_the_last_one() -> None:
    whole = program("GLIBC_2.34")
    counted = struct.pack("<qQ", 0x6FFFFFFF, 1)

    assert needed_glibc(whole.replace(counted, struct.pack("<qQ", 0x6FFFFFFF, 2**63))) == (2, 34)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs a program with glibc")
def test_the_python_that_runs_here_asks_for_the_glibc_that_is_here() -> None:
    needed = needed_glibc(Path(sys.executable).resolve().read_bytes())
    here = tuple(int(part) for part in platform.libc_ver()[1].split("."))

    assert needed is None or (2, 0) < needed <= here  # linked statically, it needs none
