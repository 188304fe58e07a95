"""A response body that is streamed, with back pressure from the connection to the producer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Producer(Protocol):
    """The source of a streamed body."""

    def pause(self) -> None:
        """Produce nothing more until `resume`."""

    def resume(self) -> None:
        """Produce again."""


class BodyWriter(Protocol):
    """A connection that takes a body in parts."""

    def write(self, data: bytes) -> None:
        """Send a part; it is not empty."""

    def end(self) -> None:
        """End the body."""

    def abort(self) -> None:
        """Close the connection in a way that shows the client that the body is incomplete."""


class BodyStream:
    """Connects a producer with a connection; it buffers only until a connection is attached.

    The producer's side calls `feed`, then `finish` or `fail`. The connection's side calls `attach`, then `pause` and
    `resume` as its buffer fills and drains, and `detach` when the client is gone: the producer then runs to its end,
    and its output is dropped.
    """

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self._writer: BodyWriter | None = None
        self._early: list[bytes] = []
        self._end: Callable[[BodyWriter], None] | None = None
        self._detached = False
        self.size = 0

    def feed(self, data: bytes) -> None:
        """Send the next part of the body."""
        if not data or self._detached:
            return
        self.size += len(data)
        if self._writer is None:
            self._early.append(data)
        else:
            self._writer.write(data)

    def finish(self) -> None:
        """The body is complete."""
        self._close(lambda writer: writer.end())

    def fail(self) -> None:
        """The body is incomplete."""
        self._close(lambda writer: writer.abort())

    def attach(self, writer: BodyWriter) -> None:
        """Send the parts so far, and all further ones, to this connection."""
        self._writer = writer
        early, self._early = self._early, []
        for data in early:
            writer.write(data)
        if self._end is not None:
            self._end(writer)

    def pause(self) -> None:
        """The connection's buffer is full."""
        if not self._detached and self._end is None:
            self._producer.pause()

    def resume(self) -> None:
        """The connection's buffer has room again."""
        if self._end is None:
            self._producer.resume()

    def detach(self) -> None:
        """The client is gone."""
        self._detached = True
        self._writer = None
        self._early.clear()
        self.resume()  # otherwise a paused producer would never end

    def _close(self, end: Callable[[BodyWriter], None]) -> None:
        if self._end is not None:
            return
        self._producer.resume()  # the producer's connection carries its next body
        self._end = end
        if self._writer is not None:
            end(self._writer)
