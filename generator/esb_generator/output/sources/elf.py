"""Reads the version of glibc that a program or a library needs, as the dynamic linker does. Pure.

https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from esb_schemas.lazy_pattern import LazyPattern

MAGIC: Final = b"\x7fELF"
_64_BIT_LITTLE_ENDIAN: Final = b"\x02\x01"  # what Lambda runs
_HEADER: Final = struct.Struct("<32xQ14xHH")  # the program headers: offset, size of one, number
_PROGRAM_HEADER: Final = struct.Struct("<I4xQQ8xQ")  # type, offset, address, size in the file
_DYNAMIC: Final = struct.Struct("<qQ")  # tag, value
_NEED: Final = struct.Struct("<2xH4xII")  # number of versions, offset of the first one, offset of the next library
_VERSION: Final = struct.Struct("<8xII")  # offset of the name, offset of the next version
_LOAD, _DYNAMIC_SEGMENT = 1, 2
_STRINGS, _NEEDS, _NEED_COUNT = 5, 0x6FFFFFFE, 0x6FFFFFFF
_GLIBC: Final = LazyPattern(rb"GLIBC_(\d+)\.(\d+)")


def needed_glibc(content: bytes) -> tuple[int, int] | None:
    """The lowest version of glibc with all needed symbols, such as (2, 34). None for a file without any, or not ELF."""
    if content[:4] != MAGIC or content[4:6] != _64_BIT_LITTLE_ENDIAN:
        return None
    try:
        found = [_GLIBC.match(name) for name in _version_names(content)]
    except (struct.error, ValueError, OverflowError):  # a damaged file
        return None
    return max(((int(each[1]), int(each[2])) for each in found if each), default=None)


class _Segment(NamedTuple):
    kind: int
    offset: int
    address: int
    size: int


def _version_names(content: bytes) -> Iterator[bytes]:
    start, size, count = _HEADER.unpack_from(content)
    segments = [_Segment(*_PROGRAM_HEADER.unpack_from(content, start + number * size)) for number in range(count)]
    tags = dict(_dynamic(content, segments))
    if not {_STRINGS, _NEEDS, _NEED_COUNT} <= tags.keys():
        return
    strings = _offset(tags[_STRINGS], segments)
    need = _offset(tags[_NEEDS], segments)
    for _ in range(tags[_NEED_COUNT]):
        versions, first, following = _NEED.unpack_from(content, need)
        at = need + first
        for _ in range(versions):
            name, next_version = _VERSION.unpack_from(content, at)
            yield content[strings + name : content.index(b"\0", strings + name)]
            if not next_version:
                break
            at += next_version
        if not following:  # a damaged file has any number
            break
        need += following


def _dynamic(content: bytes, segments: list[_Segment]) -> Iterator[tuple[int, int]]:
    for segment in segments:
        if segment.kind == _DYNAMIC_SEGMENT:
            for at in range(segment.offset, segment.offset + segment.size, _DYNAMIC.size):
                yield _DYNAMIC.unpack_from(content, at)


def _offset(address: int, segments: list[_Segment]) -> int:
    """The offset of an address in the file. Raises ValueError if it is in no segment."""
    for segment in segments:
        if segment.kind == _LOAD and segment.address <= address < segment.address + segment.size:
            return address - segment.address + segment.offset
    raise ValueError(f"{address:#x} is in no segment")
