"""What passes from a captured process to the tee, through the pipe that is the process's stdout or stderr.

Who knows nothing of this (a C library, a child process) writes plain bytes. Python's own streams write frames between
them, which tell whose bytes these are and which row of the log they make. A frame is at most PIPE_BUF long, so the
kernel never mixes two of them: pipe(7).

    magic (16 bytes) | kind (1) | more (1: the data goes on in the next frame) | pid (4) | length (2) | data
"""

# ruff: noqa: PLC0415  (imports are late: a process that needs less pays less)
from __future__ import annotations

import os

TYPE_CHECKING = False  # typing itself would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator

    Piece = tuple[int, bool, int, bytes]
    """Kind, whether more follows, pid, data."""

PIPE_BUF = 4096  # Linux's; POSIX grants 512

RAW = 0  # no frame: bytes of somebody who does not frame, from pid 0
LINES = ord("L")  # printed text: pass it on, each line is a row
PRINTED = ord("P")  # printed text of a row that has been sent: pass it on, and no more
ROW = ord("R")  # JSON, a whole row of the log: nothing to pass on
CONTEXT = ord("C")  # JSON, fields of all rows of this pid from here on
BYE = ord("B")  # the process ends and waits until all of this is shipped

MAGIC_SIZE = 16
HEADER_SIZE = MAGIC_SIZE + 8
DATA_SIZE = PIPE_BUF - HEADER_SIZE


def new_magic() -> bytes:
    """Sixteen bytes that no program prints by chance."""
    return b"\0esb" + os.urandom(6).hex().encode()


def frames(magic: bytes, kind: int, pid: int, data: bytes) -> Iterator[bytes]:
    """The data as frames, each of which can be written in one piece."""
    for start in range(0, len(data) or 1, DATA_SIZE):
        part = data[start : start + DATA_SIZE]
        more = start + DATA_SIZE < len(data)
        yield b"".join((magic, bytes((kind, more)), pid.to_bytes(4, "big"), len(part).to_bytes(2, "big"), part))


class Splitter:
    """Bytes in, in any portions; pieces out."""

    def __init__(self, magic: bytes) -> None:
        self.magic = magic
        self.rest = b""

    def feed(self, portion: bytes) -> list[Piece]:
        """What is complete after this portion."""
        text, at, pieces = self.rest + portion, 0, []
        while True:
            found = text.find(self.magic, at)
            raw_end = found if found >= 0 else len(text) - self.unfinished(text, at)
            if raw_end > at:
                pieces.append((RAW, False, 0, text[at:raw_end]))
            at = raw_end
            end = frame_end(text, at) if found >= 0 else 0
            if not 0 < end <= len(text):
                self.rest = text[at:]
                return pieces
            start = at + MAGIC_SIZE
            pid = int.from_bytes(text[start + 2 : start + 6], "big")
            pieces.append((text[start], bool(text[start + 1]), pid, text[at + HEADER_SIZE : end]))
            at = end

    def unfinished(self, text: bytes, at: int) -> int:
        """How many bytes at the end may be the beginning of a frame."""
        longest = min(MAGIC_SIZE - 1, len(text) - at)
        return next((size for size in range(longest, 0, -1) if text.endswith(self.magic[:size])), 0)


def frame_end(text: bytes, at: int) -> int:
    """Where the frame at `at` ends; 0 when even its header is not complete."""
    if at + HEADER_SIZE > len(text):
        return 0
    return at + HEADER_SIZE + int.from_bytes(text[at + MAGIC_SIZE + 6 : at + HEADER_SIZE], "big")


def write_all(fd: int, data: bytes) -> None:
    """Write everything, also to a descriptor that somebody made non-blocking."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            import select

            select.select([], [fd], [])
