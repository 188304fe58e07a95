"""The file of `--data`: the changes that the embedded database and storage acknowledged, in order.

One JSON object a line, after a first line that names the format. A line is written before its change is answered, so
a kill at any moment loses nothing that was acknowledged; an incomplete line at the end is dropped. A shorter file,
without the lines that do not matter any more, is written beside it and takes its place by a rename.
"""

from __future__ import annotations

import base64
import errno
import fcntl
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from esb_gateway.local.stores.journal.live_lines import Line
from esb_gateway.local.stores.process_names import JOURNAL_FILE

_HEADER: Final = b'{"format":"esb-requests","version":2}\n'
_OLDER_HEADER: Final = b'{"format":"esb-requests","version":1}\n'  # its changes have no seeds, and are complete
_BLOCK: Final = 1 << 20


class JournalError(Exception):
    """The file cannot be used; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Change:
    """A request that changed something: its WSGI variables and body. `upload` is the id of the multipart upload that it
    began, `seed` that of moto's random ids while it was answered.
    """

    variables: Mapping[str, Any]
    body: bytes
    upload: str | None = None
    seed: int = 0


class Journal:
    """The open file, of one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Open or create it. Raises JournalError."""
        self.path = folder / JOURNAL_FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = _open_locked(self.path)
        except BlockingIOError:
            raise JournalError(f"{folder}: another esb-gateway uses this data; stop it, or name another DIR") from None
        except OSError as error:
            raise JournalError(f"{self.path}: {error.strerror or error}; name a DIR that can be written") from None
        try:
            self._repair()
        except JournalError:
            os.close(self._file)
            raise

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self._file).st_size

    def __iter__(self) -> Iterator[tuple[Line, Change]]:
        """The changes so far, oldest first. Raises JournalError for an invalid line."""
        with os.fdopen(os.dup(self._file), "rb") as lines:
            lines.seek(0)
            start = len(next(lines))
            for number, line in enumerate(lines, 2):
                try:
                    entry = json.loads(line)
                    body, seed = base64.b64decode(entry["body"]), entry.get("seed", number - 2)
                    change = Change(entry["variables"], body, entry["upload"], seed)
                except (ValueError, KeyError, TypeError, AttributeError):
                    raise JournalError(f"{self.path}:{number}: this is not a request; move the file away") from None
                yield Line(start, len(line)), change
                start += len(line)

    def append(self, change: Change) -> Line:
        """Write one more. Raises OSError, and then no part of it is written."""
        line = _encoded(change)
        start = os.lseek(self._file, 0, os.SEEK_END)
        try:
            _write(self._file, line)
        except OSError:
            os.ftruncate(self._file, start)
            raise
        return Line(start, len(line))

    def shorten(self, kept: Iterable[Line], added: Iterable[Change]) -> list[Line]:
        """Go on with a file of these lines, in the order of the file, and changes; returns where both are in it.

        Raises OSError, and then the file is what it was.
        """
        path = self.path.with_name(f"{JOURNAL_FILE}.new")
        path.unlink(missing_ok=True)
        file = _open_locked(path)
        try:
            content = chain((_blocks(self._file, line) for line in kept), ([_encoded(change)] for change in added))
            lines = list(_write_file(file, content))
            os.fsync(file)
            path.rename(self.path)
        except BaseException:
            os.close(file)
            raise
        os.close(self._file)
        self._file = file
        return lines

    def close(self) -> None:
        """Release the file for other processes."""
        os.close(self._file)

    def _repair(self) -> None:
        first = os.pread(self._file, len(_HEADER), 0)
        if first.endswith(b"\n") or len(first) == len(_HEADER):
            if first not in (_HEADER, _OLDER_HEADER):
                raise JournalError(f"{self.path}: not a file of this version of esb-gateway; name another DIR")
            os.ftruncate(self._file, _end_of_last_line(self._file))
        else:
            os.ftruncate(self._file, 0)
            _write(self._file, _HEADER)


def _open_locked(path: Path) -> int:
    """The file that has this name when it is locked. Raises BlockingIOError if another process has it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise OSError(errno.EINVAL, "not a regular file")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file), path.lstat()):  # another process may have renamed one to it
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)


def _encoded(change: Change) -> bytes:
    entry = asdict(change) | {"body": base64.b64encode(change.body).decode()}
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _blocks(file: int, line: Line) -> Iterator[bytes]:
    end = line.start + line.size
    return (os.pread(file, min(_BLOCK, end - at), at) for at in range(line.start, end, _BLOCK))


def _write_file(file: int, lines: Iterable[Iterable[bytes]]) -> Iterator[Line]:
    _write(file, _HEADER)
    start = len(_HEADER)
    for blocks in lines:
        size = sum(_write(file, block) for block in blocks)
        yield Line(start, size)
        start += size


def _write(file: int, content: bytes) -> int:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(file, rest) :]
    return len(content)


def _end_of_last_line(file: int) -> int:
    """The size of the file up to its last line end."""
    end, block = os.fstat(file).st_size, 1 << 20
    while end > 0:
        start = max(0, end - block)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
