"""The log of embedded mode as a file below DIR, for `esb-gateway logs`: also after the gateway has ended.

`DIR/local/log.jsonl` has the JSON lines of the gateway's log. When it is large, it becomes `log.1.jsonl`, in place of
the one before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.rooted_paths import below, file_below
from esb_gateway.log_reader.entry import LogEntry, entry_of_line
from esb_gateway.log_reader.selection import Selection
from esb_wire.utc_times import to_millisecond

_FILE: Final = "local/log.jsonl"
_OLDER: Final = "local/log.1.jsonl"
_MAX_SIZE: Final = 10_000_000  # bytes
_FLAGS: Final = os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CLOSED: Final = -1


class LogFile:
    """Takes the gateway's log. A file that cannot be written is reported once, and the gateway runs on.

    The file stays open between writes, which come up to 50 times a second.
    """

    def __init__(self, root: Path, report: Callable[[str], object], max_size: int = _MAX_SIZE) -> None:
        self._root = root
        self._report = report
        self._max_size = max_size
        self._failed = False
        self._path = root / _FILE
        self._file = _CLOSED
        self._identity = 0, 0  # device and inode of what is open

    def create(self) -> None:
        """Create the file, if it is not there: `esb-gateway logs -f` then waits for the first line."""
        self._try_append(b"")

    def write(self, text: str) -> None:
        """Append the JSON lines of a text of whole lines."""
        if not text.startswith("{") or text.count("\n{") + 1 < text.count("\n"):  # not all of them are JSON
            text = "".join([f"{line}\n" for line in text.split("\n") if line.startswith("{")])
        if text:
            self._try_append(text.encode())

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._file != _CLOSED:
            os.close(self._file)
            self._file, self._identity = _CLOSED, (0, 0)

    def _try_append(self, lines: bytes) -> None:
        if not self._failed:
            try:
                self._append(lines)
            except (OSError, ConfigurationError) as error:
                self._failed = True
                self.close()
                reason = str(error).removesuffix(".")
                self._report(f"{self._path}: esb-gateway logs will show no more lines ({reason}).")

    def _append(self, lines: bytes) -> None:
        if not self._is_in_place():
            self._open()
        os.write(self._file, lines)
        if os.fstat(self._file).st_size > self._max_size:
            with suppress(FileNotFoundError):  # another gateway of this folder was faster
                self._path.rename(below(self._root, _OLDER))

    def _is_in_place(self) -> bool:
        """Whether the file that is open is still the one of this name: it can be deleted or become the older one."""
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == self._identity

    def _open(self) -> None:
        path = file_below(self._root, _FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.close()
        self._file = os.open(path, _FLAGS, 0o600)
        opened = os.fstat(self._file)
        self._identity = opened.st_dev, opened.st_ino


def has_log(root: Path) -> bool:
    """Whether embedded mode has written a log here. Raises ConfigurationError for a link in its place."""
    return any(file_below(root, name).is_file() for name in (_FILE, _OLDER))


@dataclass(slots=True)
class FileTail:
    """The events of the file since a time, and then those that are new."""

    root: Path
    selection: Selection
    since: float
    _inode: int = 0
    _offset: int = 0
    _begun: bool = field(default=False)

    def new(self, limit: int) -> list[LogEntry]:
        """At most `limit`, the newest. Raises ConfigurationError for a file that cannot be read."""
        since = to_millisecond(self.since)
        found = [
            entry
            for fields in self._lines()
            if (entry := entry_of_line(fields)).time >= since and self.selection.has(entry)
        ]
        return found[-limit:]

    def _lines(self) -> Iterator[dict[str, Any]]:
        if not self._begun:
            self._begun = True
            _, older = _read(self.root, _OLDER, 0)
            yield from _parsed(older)
        inode, data = _read(self.root, _FILE, self._offset if self._inode else 0)
        if inode != self._inode and self._offset:  # it has become the older one
            _, rest = _read(self.root, _OLDER, self._offset)
            yield from _parsed(rest)
            self._offset = 0
            inode, data = _read(self.root, _FILE, 0)
        whole = data[: data.rfind(b"\n") + 1]
        self._inode, self._offset = inode, self._offset + len(whole)
        yield from _parsed(whole)


def _read(root: Path, name: str, offset: int) -> tuple[int, bytes]:
    """The inode of a file and its content from `offset` on; 0 if there is none."""
    path = file_below(root, name)
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return os.fstat(stream.fileno()).st_ino, stream.read()
    except FileNotFoundError:
        return 0, b""
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}).") from error


def _parsed(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.splitlines():
        with suppress(ValueError):  # a line that was cut off by a full disk
            fields = json.loads(line)
            if isinstance(fields, dict):
                yield fields
