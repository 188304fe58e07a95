"""The event file behind a thread of its own, so that nothing waits for the disk on the event loop.

Work is a function of the file. What has gathered while the disk was busy shares one transaction, and so one sync of
the disk (group commit); its results are delivered on the loop, in order, when all of it is durable.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, Protocol, TypeVar

from esb_gateway.async_invoke.event_file import EventFile, FileError, is_damaged, set_aside
from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import NotAccepted

T = TypeVar("T")

GROUP: Final = 256  # works in one transaction, at the most
GROUP_BYTES: Final = 4 * 1024 * 1024
WAITING_BYTES: Final = 64 * 1024 * 1024  # that are not durable yet; beyond it the disk is too slow to take more


class Store(Protocol):
    """Does work on the event file."""

    @property
    def file(self) -> EventFile:
        """The file, for its numbers alone: everything else is work."""

    def do(
        self,
        work: Callable[[EventFile], T],
        done: Callable[[T], object],
        failed: Callable[[NotAccepted], object],
        size: int = 0,
    ) -> None:
        """Do it in a transaction; then `done` or `failed` is called once, on the loop, never before this ends.

        `size` is how many bytes wait with it, if it is one that may be refused because too much waits.
        """


@dataclass(slots=True)
class _Work:
    run: Callable[[EventFile], Any]
    done: Callable[[Any], object]
    failed: Callable[[NotAccepted], object]
    size: int
    result: Any = None
    error: NotAccepted | None = None


class EventStore:
    """The file and its thread. Made, used and closed on one loop."""

    def __init__(
        self, path: Path | None, max_bytes: int, clock: Callable[[], float], tell: Callable[[str], None]
    ) -> None:
        """Open the file, or set a damaged one aside and begin anew; `tell` says so. Raises ConfigurationError."""
        self._path = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._works: SimpleQueue[_Work | None] = SimpleQueue()
        self._waiting_bytes = 0
        self._damaged = False  # and no other one could be made yet
        self._ended = self._loop.create_future()
        self.file = self._open()
        self._thread = Thread(target=self._write, name="events", daemon=True)
        self._thread.start()

    def do(
        self,
        work: Callable[[EventFile], T],
        done: Callable[[T], object],
        failed: Callable[[NotAccepted], object],
        size: int = 0,
    ) -> None:
        """As `Store`."""
        if size and self._waiting_bytes + size > WAITING_BYTES:
            self._loop.call_soon(failed, NotAccepted("The disk does not keep up with the events; try again later."))
            return
        self._waiting_bytes += size
        self._works.put(_Work(work, done, failed, size))

    async def close(self) -> None:
        """Finish the work that was given, and close the file."""
        self._works.put(None)
        await self._ended
        self._thread.join()

    # The thread

    def _write(self) -> None:
        more = True
        while more:
            group: list[_Work] = []
            more = self._gather(group)
            if group:
                self._carry_out(group)
                self._loop.call_soon_threadsafe(self._deliver, group)
        self.file.close()
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _gather(self, group: list[_Work]) -> bool:
        """Wait for work, and take what else is there. False: it was the last."""
        size = 0
        work = self._works.get()
        while work is not None:
            group.append(work)
            size += work.size
            if len(group) >= GROUP or size >= GROUP_BYTES:
                return True
            try:
                work = self._works.get_nowait()
            except Empty:
                return True
        return False

    def _carry_out(self, group: list[_Work]) -> None:
        """All of it in one transaction. When that fails, each in its own, so that it fails for itself alone."""
        try:
            self._transact(group)
        except Exception as error:  # whatever it was, this thread goes on
            if self._damaged or (isinstance(error, sqlite3.Error) and is_damaged(error)):
                self._begin_anew(error)
            for work in group:
                self._alone(work)

    def _alone(self, work: _Work) -> None:
        work.result = work.error = None
        try:
            self._transact([work])
        except Exception as error:  # as above
            work.error = NotAccepted(f"The file of the events cannot be written: {error}.")

    def _transact(self, group: list[_Work]) -> None:
        try:
            self.file.begin()
            for work in group:
                try:
                    work.result = work.run(self.file)
                except NotAccepted as refusal:
                    work.error = refusal
            self.file.commit()
        except BaseException:
            self.file.roll_back()
            raise

    def _deliver(self, group: list[_Work]) -> None:
        for work in group:
            self._waiting_bytes -= work.size
            try:
                if work.error is not None:
                    work.failed(work.error)
                else:
                    work.done(work.result)
            except Exception as error:  # one caller's mistake must not keep the others waiting
                self._loop.call_exception_handler({"message": "An event's caller failed", "exception": error})

    # Opening

    def _open(self) -> EventFile:
        for _ in range(2):
            try:
                return EventFile(self._path, self._max_bytes, self._clock())
            except FileError as error:
                raise ConfigurationError(f"{self._path}: {error}.") from error
            except sqlite3.Error as error:
                if not is_damaged(error):
                    raise ConfigurationError(f"{self._path}: {_reason(error)}.") from error
                self._put_aside(error, self._tell)
            except OSError as error:
                raise ConfigurationError(
                    f"{self._path}: cannot be written ({error.strerror or error}); "
                    "events are kept there: make the folder writable, or name a file with ESB_EVENTS_FILE."
                ) from error
        raise ConfigurationError(f"{self._path}: is damaged, and so is what took its place; look at the disk.")

    def _begin_anew(self, error: Exception) -> None:
        """In the thread: what runs meanwhile goes on; what waited is in the file that was set aside."""
        self._damaged = True
        self.file.close()
        try:
            self._put_aside(error, self._tell_on_loop)
            self.file = EventFile(self._path, self._max_bytes, self._clock())
            self._damaged = False
        except Exception as problem:  # as above
            self._tell_on_loop(f"{self._path}: is damaged, and no other can be made: {problem}")

    def _tell_on_loop(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self._tell, text)

    def _put_aside(self, error: Exception, tell: Callable[[str], None]) -> None:
        assert self._path is not None, "a temporary file is new"  # noqa: S101
        stamp = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            new = set_aside(self._path, stamp)
        except OSError as problem:
            raise ConfigurationError(f"{self._path}: is damaged and cannot be renamed ({problem.strerror}).") from error
        tell(f"{self._path}: is damaged ({error}); it was set aside as {new.name}, and a new one was begun.")


def _reason(error: sqlite3.Error) -> str:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_BUSY:
            return "another gateway uses it; stop that one, or name another file with ESB_EVENTS_FILE"
        case _:
            return (
                f"cannot be written ({error}); events are kept there: make the folder writable, "
                "or name a file with ESB_EVENTS_FILE"
            )
