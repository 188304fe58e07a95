"""Where the gateway of embedded mode listens, as a file below DIR, by which the other commands find it.

`DIR/local/gateway.url` is its owner's alone, and locked for as long as `esb-gateway local` serves: one that a process
left that was killed, or that came with a checkout, is nobody's address. An address of another machine is none either.
The lock is one of POSIX, which no child process inherits.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.loopback import is_loopback
from esb_gateway.local.rooted_paths import file_below

_FILE: Final = "local/gateway.url"
_COMMON: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOCKED: Final = (errno.EACCES, errno.EAGAIN)
_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - what a gateway may listen on
_MAX: Final = 1000  # bytes
_CLOSED: Final = -1


class AddressFile:
    """Holds the address of one gateway. `report` is told in a sentence why it cannot."""

    def __init__(self, root: Path, report: Callable[[str], object]) -> None:
        self._root = root
        self._report = report
        self._path = root / _FILE
        self._file = _CLOSED

    def create(self, url: str) -> None:
        """Write the file, unless other machines alone reach the gateway at its address."""
        here = _as_called_here(url)
        if not is_loopback(urlsplit(here).hostname or ""):
            return
        try:
            self._write(here)
        except (OSError, ConfigurationError) as error:
            self.close()
            reason = str(error).removesuffix(".")
            self._report(f"{self._path}: the other commands find this gateway only with --url {here} ({reason}).")

    def close(self) -> None:
        """Remove the file if it is this gateway's."""
        if self._file != _CLOSED:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = _CLOSED

    def _write(self, url: str) -> None:
        path = file_below(self._root, _FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_CREAT | os.O_RDWR | _COMMON, 0o600)
        try:
            os.lockf(file, os.F_TLOCK, 0)
            os.fchmod(file, 0o600)
            os.ftruncate(file, 0)
            os.write(file, f"{url}\n".encode())
        except OSError as error:
            os.close(file)
            if error.errno in _LOCKED:
                raise ConfigurationError("another one runs in this folder, and they find that") from error
            raise
        self._file = file


def running_gateway(root: Path) -> str | None:
    """The URL of the gateway of `esb-gateway local` that serves this folder; None if there is none.

    Raises ConfigurationError for a link in place of the file.
    """
    try:
        file = os.open(file_below(root, _FILE), os.O_RDONLY | _COMMON)
    except OSError:
        return None
    with os.fdopen(file, "rb") as stream:
        if not (_is_private(os.fstat(file)) and _is_locked(file)):
            return None
        url = stream.read(_MAX).decode("ascii", "replace").strip()
    return url if is_loopback(_host(url)) else None


def _as_called_here(url: str) -> str:
    for every, one in _EVERY_ADDRESS.items():
        url = url.replace(f"://{every}:", f"://{one}:")
    return url


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_private(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def _is_locked(file: int) -> bool:
    try:
        os.lockf(file, os.F_TEST, 0)
    except OSError as error:
        return error.errno in _LOCKED
    return False
