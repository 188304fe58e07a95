"""The file of `--data`: every change that the embedded database and storage acknowledged, in order.

One JSON object a line, after a first line that names the format. A line is written before its change is answered, so
a kill at any moment loses nothing that was acknowledged; an incomplete line at the end is dropped.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FILE: Final = "requests.jsonl"
_HEADER: Final = b'{"format":"esb-requests","version":1}\n'


class JournalError(Exception):
    """The file cannot be used; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Change:
    """A request that changed something: its WSGI variables and body. `upload` is the id of the multipart upload that it
    began.
    """

    variables: Mapping[str, Any]
    body: bytes
    upload: str | None = None


class Journal:
    """The open file, of one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Open or create it. Raises JournalError."""
        self._path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise JournalError(f"{folder}: another esb-gateway uses this data; stop it, or name another DIR") from None
        except OSError as error:
            raise JournalError(f"{self._path}: {error.strerror or error}; name a DIR that can be written") from None
        try:
            self._repair()
        except JournalError:
            os.close(self._file)
            raise

    def __iter__(self) -> Iterator[Change]:
        """The changes so far, oldest first. Raises JournalError for an invalid line."""
        with self._path.open("rb") as lines:
            next(lines)
            for number, line in enumerate(lines, 2):
                try:
                    entry = json.loads(line)
                    yield Change(entry["variables"], base64.b64decode(entry["body"]), entry["upload"])
                except (ValueError, KeyError, TypeError):
                    raise JournalError(f"{self._path}:{number}: this is not a request; move the file away") from None

    def append(self, change: Change) -> None:
        """Write one more. Raises OSError, and then no part of it is written."""
        entry = asdict(change) | {"body": base64.b64encode(change.body).decode()}
        self._write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        """Release the file for other processes."""
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        end = os.lseek(self._file, 0, os.SEEK_END)
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError:
            os.ftruncate(self._file, end)
            raise

    def _repair(self) -> None:
        with self._path.open("rb") as file:
            first = file.readline()
            if first.endswith(b"\n") and first != _HEADER:
                raise JournalError(f"{self._path}: not a file of this version of esb-gateway; name another DIR")
            os.ftruncate(self._file, _end_of_last_line(file.fileno()))
        if not first.endswith(b"\n"):
            self._write(_HEADER)


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
