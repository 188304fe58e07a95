"""Tells whether files have changed, without reading them.

A stamp is modification time, inode and size. The inode distinguishes a replaced file from the one before even if times
are coarse. Polling sees changes through bind mounts and shared folders, where the kernel's notifications do not arrive.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[int, int, int] | None


def stamp(path: Path | str) -> Stamp:
    """The file's stamp; None if it cannot be read."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a third of the time, thousands of times
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def tree_stamp(folder: Path) -> frozenset[tuple[str, Stamp]]:
    """The stamps of all files below a folder, by path. Python's caches are excluded: imports write them."""
    return frozenset((path, stamp(path)) for path in _files(str(folder)))


def _files(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    yield entry.path
                elif entry.name != "__pycache__":
                    yield from _files(entry.path)
    except OSError:
        return
