"""The output of a function, split into lines, each with the request it belongs to.

Output before the first request belongs to no request. Output after the end of a request belongs to that request until
the next one begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from esb_gateway.execution.output.platform_lines import Usage, end_lines, start_lines
from esb_gateway.invocation import Ending, Function, Invocation

MAX_LINE = 256 * 1024  # bytes, as the largest event of CloudWatch Logs; a longer line becomes several
MAX_TAIL = 4096  # bytes

# The runtime client prints an error as one line, with carriage returns in place of line ends; that of Node.js does so
# with each message of console.log.
_TRACEBACK = "\rTraceback (most recent call last):\r"
_OF_CONSOLE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z\t[\w-]+\t[A-Z]+\t")


class LineSource(StrEnum):
    """The writer of a line."""

    FUNCTION = "function"
    PLATFORM = "platform"


class LogLine(NamedTuple):
    """One line, or one message of several lines. `time` is in seconds since 1970."""

    function: str
    request_id: str  # empty: before the first request
    trace_id: str
    text: str
    time: float
    source: LineSource


LogSink: TypeAlias = Callable[[LogLine], None]


def waiting_line(invocation: Invocation, slots: int, now: float, *, one_each: bool = False) -> LogLine:
    """The line about an invocation that waits for a slot. With `one_each`, a container has one."""
    more = "For more slots, set ReservedConcurrentExecutions in the template, or scaling.max_capacity in functions.yml."
    if one_each:
        more = "It has extensions, so a container runs one invocation at a time. For more, start more containers."
    text = f"All {slots} slots of the function are busy, so this invocation waits for one. {more}"
    return LogLine(invocation.function, invocation.request_id, invocation.trace_id, text, now, LineSource.PLATFORM)


class LoggedRequest(NamedTuple):
    """The request that lines belong to, and the tail of its log if the invocation asked for it."""

    request_id: str = ""
    trace_id: str = ""
    tail: LogTail | None = None


class SlotOutput:
    """The output of one slot: feed it bytes in the order in which they were written."""

    def __init__(self, function: Function, sink: LogSink, wall_clock: Callable[[], float]) -> None:
        self._function = function
        self._sink = sink
        self._wall_clock = wall_clock
        self._unfinished = bytearray()
        self.request = LoggedRequest()  # that output belongs to now

    def begin(self, invocation: Invocation) -> None:
        """A request begins; an unfinished line belongs to the one before."""
        if self._unfinished:
            self.flush()
        tail = LogTail() if invocation.want_log_tail else None
        self.request = LoggedRequest(invocation.request_id, invocation.trace_id, tail)
        now = self._wall_clock()
        lines = start_lines(self._function, invocation, now)
        self._write(self.request, lines, LineSource.PLATFORM, now)

    def feed(self, data: bytes) -> None:
        """Take bytes that the function printed."""
        self._unfinished += data
        if b"\n" in data:
            *lines, rest = self._unfinished.split(b"\n")
            self._unfinished = rest
            for line in lines:
                self._print(bytes(line))
        while len(self._unfinished) >= MAX_LINE:
            self._print(bytes(self._unfinished[:MAX_LINE]))
            del self._unfinished[:MAX_LINE]

    def flush(self) -> None:
        """Emit an unfinished line; nothing more comes for now."""
        if self._unfinished:
            self._print(bytes(self._unfinished))
            self._unfinished.clear()

    def end(self, request: LoggedRequest, ending: Ending, usage: Usage, printed: bytes = b"") -> bytes:
        """Emit the last lines of the request. Returns the tail of its log if the invocation asked for it.

        `printed` is output of the request that was logged elsewhere, so that only the tail lacks it.
        """
        if self._unfinished:
            self.flush()
        if request.tail is not None:
            for text in filter(None, map(_logged, printed.split(b"\n"))):
                request.tail.add(text)
        now = self._wall_clock()
        lines = end_lines(self._function, request.request_id, ending, usage, now)
        self._write(request, lines, LineSource.PLATFORM, now)
        return b"" if request.tail is None else request.tail.content()

    def _print(self, line: bytes) -> None:
        text = _logged(line)
        if text:
            self._write(self.request, [text], LineSource.FUNCTION, self._wall_clock())

    def _write(self, request: LoggedRequest, texts: list[str], source: LineSource, now: float) -> None:
        request_id, trace_id, tail = request
        for text in texts:
            if tail is not None:
                tail.add(text)
            self._sink(LogLine(self._function.name, request_id, trace_id, text, now, source))


def _logged(line: bytes) -> str:
    """A printed line as AWS logs it, which keeps carriage returns within a line; an empty one is not logged."""
    text = line.decode("utf-8", "replace").rstrip("\r")
    if "\r" in text and (_TRACEBACK in text or _OF_CONSOLE.match(text)):
        return text.replace("\r", "\n")
    return text


class LogTail:
    """The last `MAX_TAIL` bytes of the lines added."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, line: str) -> None:
        """Add a line without its line end."""
        self._bytes += line[-MAX_TAIL:].encode() + b"\n"
        if len(self._bytes) > 16 * MAX_TAIL:  # not at every line: moving bytes costs
            del self._bytes[:-MAX_TAIL]

    def content(self) -> bytes:
        """At most `MAX_TAIL` bytes; a character cut in two at the start is left out."""
        return self._bytes[-MAX_TAIL:].decode("utf-8", "ignore").encode()
