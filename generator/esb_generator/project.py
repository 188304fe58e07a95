"""The folders of the project. Files outside are used with a warning, because a checkout may name any file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

_SPECIAL = (
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device file"),
    (stat.S_ISBLK, "a device file"),
)
OUTSIDE = "outside the project (the folders of the template and of samconfig)"


class Project:
    """The folders of the templates and of samconfig. If there are none, every file is inside."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._folders = tuple({os.path.realpath(folder) for folder in folders})

    def has(self, path: Path) -> bool:
        """Whether a path, with links resolved, is in the project."""
        if not self._folders:
            return True
        try:
            real = os.path.realpath(path)
        except ValueError:  # a name with a null, which no file has
            return True
        return any(_is_in(real, folder) for folder in self._folders)


ANYWHERE = Project()


def special_kind(path: Path) -> str | None:
    """The name of a kind of special file (device, socket, FIFO), which may block when read; None for other files."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return None
    return next((name for is_this, name in _SPECIAL if is_this(mode)), None)


def _is_in(real: str, folder: str) -> bool:
    return real == folder or real.startswith(folder.rstrip(os.sep) + os.sep)
