"""The format of the pipes between captured processes and the tee.

C libraries and child processes write plain bytes. Python's own streams write frames between them, which carry the
process id and the fields of the log row. A frame has at most PIPE_BUF bytes, so the kernel never mixes two: pipe(7).

    magic (16 bytes) | kind (1) | more (1: the data goes on in the next frame) | pid (4) | length (2) | data
"""

# ruff: noqa: PLC0415  (late imports: a process pays only for what it needs)
from __future__ import annotations

import os

TYPE_CHECKING = False  # importing typing would cost more than all of this
if TYPE_CHECKING:
    from collections.abc import Iterator

    Piece = tuple[int, bool, int, bytes]
    """Kind, whether more follows, pid, data."""

PIPE_BUF = 4096  # of Linux; POSIX guarantees 512

RAW = 0  # no frame: plain bytes, with pid 0
LINES = ord("L")  # printed text: forward it, each line is a row
PRINTED = ord("P")  # printed text of a row that was sent as ROW: only forward it
ROW = ord("R")  # JSON, a whole row of the log: nothing to forward
CONTEXT = ord("C")  # JSON, fields of all later rows of this pid
FLUSH = ord("F")  # the process ends, and waits until everything before this is shipped

MAGIC_SIZE = 16
HEADER_SIZE = MAGIC_SIZE + 8
DATA_SIZE = PIPE_BUF - HEADER_SIZE


def new_magic() -> bytes:
    """Sixteen bytes that no program prints by accident."""
    return b"\0esb" + os.urandom(6).hex().encode()


def frames(magic: bytes, kind: int, pid: int, data: bytes) -> Iterator[bytes]:
    """The data as frames, each short enough for one atomic write."""
    for start in range(0, len(data) or 1, DATA_SIZE):
        part = data[start : start + DATA_SIZE]
        more = start + DATA_SIZE < len(data)
        yield b"".join((magic, bytes((kind, more)), pid.to_bytes(4, "big"), len(part).to_bytes(2, "big"), part))


class Splitter:
    """Splits bytes, which arrive in any portions, into pieces."""

    def __init__(self, magic: bytes) -> None:
        self.magic = magic
        self.rest = b""

    def feed(self, portion: bytes) -> list[Piece]:
        """The pieces that are complete after this portion."""
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
        """The number of bytes at the end that may be the beginning of a frame."""
        longest = min(MAGIC_SIZE - 1, len(text) - at)
        return next((size for size in range(longest, 0, -1) if text.endswith(self.magic[:size])), 0)


def frame_end(text: bytes, at: int) -> int:
    """The end of the frame at `at`; 0 if its header is not complete."""
    if at + HEADER_SIZE > len(text):
        return 0
    return at + HEADER_SIZE + int.from_bytes(text[at + MAGIC_SIZE + 6 : at + HEADER_SIZE], "big")


def write_all(fd: int, data: bytes) -> None:
    """Write everything, even if the descriptor was made non-blocking."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            import select

            select.select([], [fd], [])
