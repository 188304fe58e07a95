"""Tar archives for the instruction ADD of Dockerfiles, which unpacks them: the same files give the same bytes.

The format is ustar, https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html. Python's tarfile takes longer
to import than this takes for all packages of a stack.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Final

from esb_generator.errors import BuildError

_BLOCK: Final = 512  # bytes
_LONGEST_PATH: Final = 100  # bytes; a longer one would need the format's second field
_TIME: Final = 315532800  # 1980-01-01: GNU tar warns about files of 1970
_END: Final = bytes(2 * _BLOCK)
_FILE: Final = b"0000644", b"0"  # mode and type
_FOLDER: Final = b"0000755", b"5"


def tar_archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of files, by path, and the folders around them; all belong to root, and none is executable.

    Raises BuildError for a path that is longer than 100 bytes.
    """
    parts: list[bytes] = []
    folders = {""}
    for path, content in files:
        parts += _folders(posixpath.dirname(path), folders)
        parts += (_header(path, _FILE, len(content)), content, bytes(-len(content) % _BLOCK))
    return b"".join((*parts, _END))


def _folders(path: str, known: set[str]) -> list[bytes]:
    """The entries of the folders of a path that are not known yet."""
    if path in known:
        return []
    known.add(path)
    return [*_folders(posixpath.dirname(path), known), _header(f"{path}/", _FOLDER, 0)]


def _header(path: str, mode_and_type: tuple[bytes, bytes], size: int) -> bytes:
    name = path.encode()
    if len(name) > _LONGEST_PATH:
        raise BuildError(f"the path {path} is longer than {_LONGEST_PATH} bytes, so it cannot be in an archive")
    mode, kind = mode_and_type
    start = b"%b%b\0%07o\0%07o\0%011o\0%011o\0" % (name.ljust(_LONGEST_PATH, b"\0"), mode, 0, 0, size, _TIME)
    end = kind + bytes(_LONGEST_PATH) + b"ustar\x0000"
    checksum = sum(start) + sum(end) + 8 * ord(" ")  # of the whole header, in which its own field has spaces
    return (b"%b%06o\0 %b" % (start, checksum, end)).ljust(_BLOCK, b"\0")
