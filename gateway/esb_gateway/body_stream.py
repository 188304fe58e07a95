"""The body of an answer that leaves while the function still makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from esb_gateway.invocation import StreamSource


class Out(Protocol):
    """A connection that takes a body in parts."""

    def write(self, data: bytes) -> None:
        """The next part, which is not empty."""

    def end(self) -> None:
        """That was all of it."""

    def abort(self) -> None:
        """There will be no more, though it is not all: the client has to see that."""


class BodyStream:
    """Between a function and a connection. Nothing is kept here once the connection is attached.

    The function's side calls `feed`, then `finish` or `fail`; the connection's side `attach`, later `pause` and
    `resume` as it can take more or not, and `detach` when nobody reads any longer: then the function runs on, unheard.
    """

    def __init__(self, source: StreamSource) -> None:
        self._source = source
        self._out: Out | None = None
        self._early: list[bytes] = []
        self._end: Callable[[Out], None] | None = None
        self._detached = False
        self.size = 0

    def feed(self, data: bytes) -> None:
        """The next part of the body."""
        if not data or self._detached:
            return
        self.size += len(data)
        if self._out is None:
            self._early.append(data)
        else:
            self._out.write(data)

    def finish(self) -> None:
        """The body is whole."""
        self._close(lambda out: out.end())

    def fail(self) -> None:
        """The body broke off."""
        self._close(lambda out: out.abort())

    def attach(self, out: Out) -> None:
        """Send what has come and what comes."""
        self._out = out
        early, self._early = self._early, []
        for data in early:
            out.write(data)
        if self._end is not None:
            self._end(out)

    def pause(self) -> None:
        """The connection is full: the function has to wait."""
        if not self._detached and self._end is None:
            self._source.pause()

    def resume(self) -> None:
        """There is room again."""
        if self._end is None:
            self._source.resume()

    def detach(self) -> None:
        """Nobody reads any longer."""
        self._detached = True
        self._out = None
        self._early.clear()
        self.resume()  # so that it can end

    def _close(self, end: Callable[[Out], None]) -> None:
        if self._end is not None:
            return
        self._source.resume()  # for what it sends next
        self._end = end
        if self._out is not None:
            end(self._out)
