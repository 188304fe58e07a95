"""The folders of the project: files outside them are used, with a warning, as a checkout may name any file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

OUTSIDE = "outside the project (the folders of the template and of samconfig)"


class Project:
    """The folders that a user named: those of the templates, and that of samconfig. Without any, all is inside."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self._folders = tuple({os.path.realpath(folder) for folder in folders})

    def has(self, path: Path) -> bool:
        """Whether a path, all links followed, lies in the project."""
        real = os.path.realpath(path)
        return not self._folders or any(_is_in(real, folder) for folder in self._folders)


def _is_in(real: str, folder: str) -> bool:
    return real == folder or real.startswith(folder.rstrip(os.sep) + os.sep)
