"""Work on large payloads in other processes, so that the event loop goes on.

JSON and base64 of 6 MB take 5 to 700 ms of CPU, and all the while Python's interpreter lock is held. In a thread, they
would stop the event loop as they do on the loop itself; cut in slices, they would need a parser of our own.
"""

from __future__ import annotations

import asyncio
import copyreg
import gc
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from types import MappingProxyType
from typing import Any, Final, ParamSpec, Protocol, TypeVar, cast

from esb_wire.http.messages import Request

P = ParamSpec("P")
R = TypeVar("R")

LARGE: Final = 64 * 1024  # bytes of a payload; the work on a smaller one takes 2 ms at most
LARGE_QUERY: Final = 8 * 1024  # bytes of a query string; likewise
MANY_VALUES: Final = 4000  # of a JSON document; to read, match and write those of short lists takes 2 ms
MAX_READING: Final = 256 * 1024 * 1024  # bytes of requests that are read, or wait for it

_PROCESSES: Final = 2

copyreg.pickle(MappingProxyType, lambda proxy: (cast(Any, dict), (dict(proxy),)))  # configurations have them


def is_large(request: Request) -> bool:
    """Whether the event of a request should be made elsewhere."""
    return len(request.body) > LARGE or len(request.query) > LARGE_QUERY


def is_costly(document: str | bytes) -> bool:
    """Whether a JSON document should be read elsewhere: it is long, or it has many values."""
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
    """There are too many large requests, and one more is refused; the message is for its client."""

    def __init__(self) -> None:
        super().__init__("The server does not keep up with the requests; try again later.")


class Backlog:
    """Counts the bytes of the requests that are read in other processes, or wait for it: `limit` at a time."""

    def __init__(self, limit: int = MAX_READING) -> None:
        self._limit = limit
        self._size = 0

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """Count so many bytes meanwhile. Raises Overloaded."""
        if self._size + size > self._limit:
            raise Overloaded
        self._size += size
        try:
            yield
        finally:
            self._size -= size


class Offload(Protocol):
    """Does work without holding up the event loop."""

    async def read(self, size: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """As `run`, of a request with so many bytes. Raises Overloaded, before any work, if too many wait already."""

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of a pure function, or its error. It is found by its name; arguments and result are pickled."""

    def close(self) -> None:
        """Start no more work."""


class OffloadProcesses:
    """An `Offload`. Its processes start with their first work, and end with the server, however that ends."""

    def __init__(self) -> None:
        self._pool: _Pool | None = None  # it would start a process that watches over its semaphores
        self._backlog = Backlog()

    async def read(self, size: int, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Offload`."""
        with self._backlog.holding(size):
            return await self.run(work, *args, **kwargs)

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """See `Offload`. Raises BrokenProcessPool if the processes were killed twice."""
        pool = self._current()
        try:
            return await pool.run(work, args, kwargs)
        except BrokenProcessPool:  # the process of some work was killed, which fails all work; pure work can run again
            self._give_up(pool)
            return await self._current().run(work, args, kwargs)

    def close(self) -> None:
        """See `Offload`."""
        if self._pool is not None:
            self._pool.close()

    def _current(self) -> _Pool:
        if self._pool is None:
            self._pool = _Pool()
        return self._pool

    def _give_up(self, pool: _Pool) -> None:
        pool.end_processes()
        if self._pool is pool:
            self._pool = None


class _Pool:
    """An executor, and a pipe that its processes read: they end when its other end is closed.

    The executor would end the processes of a broken pool with SIGTERM, which they ignore, and wait for them forever.
    """

    def __init__(self) -> None:
        context = get_context("spawn")
        self._ended, self._running = context.Pipe(duplex=False)
        self._executor = ProcessPoolExecutor(_PROCESSES, context, _start_process, (self._ended,))

    async def run(self, work: Callable[..., R], args: Any, kwargs: Any) -> R:
        """The result of the work, or its error; BrokenProcessPool if one of the processes was killed."""
        # In a thread, because the first submissions start the processes, which takes 10 ms.
        return await asyncio.wrap_future(await asyncio.to_thread(self._submit, work, args, kwargs))

    def _submit(self, work: Callable[..., R], args: Any, kwargs: Any) -> Future[R]:
        try:
            return self._executor.submit(work, *args, **kwargs)
        except OSError as error:  # a process was to start while the executor closed the pipes of a broken pool
            raise BrokenProcessPool(str(error)) from error

    def close(self) -> None:
        """Start no more work."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def end_processes(self) -> None:
        """End all processes at once."""
        self._running.close()


def _start_process(ended: Connection) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # sent to the server's process group; it ends us
        signal.signal(number, signal.SIG_IGN)
    gc.disable()  # JSON makes no cycles, and a collection in its middle takes several times as long as the rest
    Thread(target=_end_with_pipe, args=(ended,), daemon=True).start()


def _end_with_pipe(ended: Connection) -> None:
    """A pool's process does not notice that its parent was killed: it holds the other end of its own pipe."""
    ended.poll(None)
    os._exit(1)
