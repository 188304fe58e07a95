"""Paths below the folder of `esb-gateway local`, which cannot lead outside of it.

The assumed attacker made the checkout that the folder came with: links in place of files and folders, FIFOs. They run
no code as the user while esb-gateway looks; functions do, but only those that the user asked to run. So it is enough to
look once, before anything is read or written. Only the path of the folder itself is followed: it is the user's.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Final

from esb_gateway.errors import ConfigurationError
from esb_schemas.settings_files.private_files import problem

_DEFAULT: Final = ".esb"
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a FIFO does not block it


def check_root(root: Path) -> None:
    """Raises ConfigurationError for a link that the user did not name."""
    if root == Path(_DEFAULT) and root.is_symlink():
        raise ConfigurationError(
            f"{root}: is a link; if you made it, name the folder that it leads to, else delete it."
        )


def below(root: Path, path: str) -> Path:
    """A path below the folder, which need not exist.

    Raises ConfigurationError for a link in it, and for one that leads above the folder.
    """
    at = root
    for part in PurePosixPath(path).parts:
        if part in ("..", "/"):
            raise ConfigurationError(f"{path}: does not lead below {root}; change it.")
        at /= part
        if at.is_symlink():
            raise ConfigurationError(f"{at}: is a link; esb-gateway follows no links below {root}, so delete it.")
    return at


def file_below(root: Path, path: str) -> Path:
    """A file, if it exists. Raises ConfigurationError for everything else, a FIFO for example."""
    file = below(root, path)
    if file.exists() and not file.is_file():
        raise ConfigurationError(f"{file}: is not a regular file; delete it and build again.")
    return file


def database_file(path: Path) -> Path:
    """The absolute path of a database. Raises ConfigurationError for a link in its place: SQLite follows links."""
    for file in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal"))):
        if file.is_symlink():
            raise ConfigurationError(f"{file}: is a link; delete it, or name another folder with --data.")
    return path.absolute()


def read_private(path: Path) -> str:
    """A file of credentials. Raises ConfigurationError for one that others may know or may have written."""
    if path.is_symlink():
        raise ConfigurationError(f"{path}: is a link; delete it and run esb build.")
    try:
        file = os.open(path, _READ)
        with os.fdopen(file, encoding="utf-8") as stream:
            if (reason := problem(path, os.fstat(file))) is not None:
                raise ConfigurationError(f"{reason}.")
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read ({reason}); run esb build, which creates it.") from error


def write_new(path: Path, text: str) -> None:
    """Write a file in place of another one. Raises OSError."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "w") as stream:
        stream.write(text)
