"""Processes large payloads in other processes, so that the event loop is not blocked.

JSON and Base64 of 6 MB take 5 to 700 ms of CPU time and hold Python's interpreter lock all the time. In a thread, they
would also block the event loop; in slices, they would need our own parser.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from esb_wire.http.messages import Request
from esb_wire.offload_process import OffloadProcess, ProcessEnded, WorkFailed

P = ParamSpec("P")
R = TypeVar("R")

LARGE: Final = 64 * 1024  # bytes of a payload; a smaller one takes 2 ms at most
LARGE_QUERY: Final = 8 * 1024  # bytes of a query string; a smaller one takes 2 ms at most
MANY_VALUES: Final = 4000  # of a JSON document; reading, matching and writing as many in short lists takes 2 ms
MAX_READING: Final = 256 * 1024 * 1024  # bytes of requests that are being read or wait to be

_PROCESSES: Final = 2


def is_large(request: Request) -> bool:
    """Whether the event of a request should be made in another process."""
    return len(request.body) > LARGE or len(request.query) > LARGE_QUERY


def is_costly(document: str | bytes) -> bool:
    """Whether a JSON document should be read in another process: it is large or has many values."""
    if len(document) > LARGE:
        return True
    return has_many_values(document if isinstance(document, str) else document.decode("latin-1"))


def has_many_values(text: str) -> bool:
    """Whether a JSON document may have more than MANY_VALUES values."""
    return text.count(",") + text.count("[") + text.count("{") > MANY_VALUES


def size_of(request: Request) -> int:
    """The bytes that are read to make the event of a request."""
    return len(request.body) + len(request.query)


class Overloaded(Exception):
    """There are too many large requests, so this one is refused; the message is for its client."""

    def __init__(self) -> None:
        super().__init__("The server does not keep up with the requests; try again later.")


class Backlog:
    """Counts the bytes of requests that are being read in other processes or wait to be; at most `limit`."""

    def __init__(self, limit: int = MAX_READING) -> None:
        self._limit = limit
        self._size = 0

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """Count `size` bytes during the block. Raises Overloaded."""
        if self._size + size > self._limit:
            raise Overloaded
        self._size += size
        try:
            yield
        finally:
            self._size -= size


class Offload(Protocol):
    """Runs functions without blocking the event loop."""

    async def read(self, size: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run`, for a request of `size` bytes. Raises Overloaded, before any work, if too many bytes wait."""

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of a pure module-level function, or its error. Arguments and result are pickled."""

    def close(self) -> None:
        """Start no more work."""


class OffloadProcesses:
    """An `Offload`. Its processes start on demand, and end with the server, even if that is killed."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_PROCESSES, "offload")  # each thread waits for one process
        self._idle: list[OffloadProcess] = []
        self._closed = False
        self._backlog = Backlog()

    async def read(self, size: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Offload`."""
        with self._backlog.holding(size):
            return await self.run(work, *args, **kwargs)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Offload`. Raises ProcessEnded if two processes were killed with this work.

        After `close`, it raises RuntimeError.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, work, args, kwargs)

    def close(self) -> None:
        """See `Offload`."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        while (process := self._take()) is not None:
            process.end()

    # In threads

    def _call(self, work: Callable[..., R], args: Any, kwargs: Any) -> R:
        process = self._take() or OffloadProcess()
        try:
            return self._call_in(process, work, args, kwargs)
        except ProcessEnded:  # a pure function can run again; other idle processes may have been killed, too
            return self._call_in(OffloadProcess(), work, args, kwargs)

    def _call_in(self, process: OffloadProcess, work: Callable[..., R], args: Any, kwargs: Any) -> R:
        try:
            result = process.call(work, args, kwargs)
        except WorkFailed as failed:
            self._give_back(process)
            raise failed.error from None
        except BaseException:
            process.end()
            raise
        self._give_back(process)
        return result

    def _take(self) -> OffloadProcess | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _give_back(self, process: OffloadProcess) -> None:
        self._idle.append(process)
        if self._closed and (last := self._take()) is not None:
            last.end()
