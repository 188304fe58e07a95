"""The event file in a thread of its own, so that the event loop never waits for the disk.

Work is a function of the file. Work that has gathered while the disk was busy shares one transaction, and so one sync
of the disk (group commit). Results are delivered on the loop, in order, when all of them are durable.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, Protocol, TypeVar

from esb_gateway.async_invoke.event_database import FileError, set_aside
from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.clocks import Clock
from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import NotAccepted
from esb_wire.sqlite_file import is_busy, is_damaged
from esb_wire.work_groups import GroupLimits, gather

T = TypeVar("T")

_GROUP: Final = GroupLimits(works=256, bytes=4 * 1024 * 1024)
MAX_WAITING_BYTES: Final = 64 * 1024 * 1024  # not durable yet; with more, the disk is too slow to accept events


class Store(Protocol):
    """Does work on the event file."""

    @property
    def file(self) -> EventFile:
        """The file, for its numbers only: everything else is work."""

    def do(
        self,
        work: Callable[[EventFile], T],
        done: Callable[[T], object],
        failed: Callable[[NotAccepted], object],
        size: int = 0,
    ) -> None:
        """Do it in a transaction; then call `done` or `failed` once, on the loop, never before this returns.

        Work with a `size`, in bytes, is refused if too many bytes wait for the disk.
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
    """The file and its thread. Created, used and closed on one loop."""

    def __init__(self, path: Path | None, max_bytes: int, clock: Clock, report: Callable[[str], None]) -> None:
        """Open the file, or set a damaged one aside and create a new one, which `report` is told.

        Raises ConfigurationError.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._clock = clock
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._works: SimpleQueue[_Work | None] = SimpleQueue()
        self._waiting_bytes = 0
        self._damaged = False  # and no new one could be created yet
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
        """See `Store`."""
        if size and self._waiting_bytes + size > MAX_WAITING_BYTES:
            self._loop.call_soon(failed, NotAccepted("The disk does not keep up with the events; try again later."))
            return
        self._waiting_bytes += size
        self._works.put(_Work(work, done, failed, size))

    async def close(self) -> None:
        """Finish the work that was given, then close the file."""
        self._works.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    # The thread

    def _write(self) -> None:
        more = True
        while more:
            group: list[_Work] = []
            more = gather(self._works, group, _GROUP)
            if group:
                self._carry_out(group)
                self._loop.call_soon_threadsafe(self._deliver, group)
        self.file.close()
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _carry_out(self, group: list[_Work]) -> None:
        """Do all of it in one transaction. If that fails, do each in its own, so that only the bad one fails."""
        try:
            self._transact(group)
        except Exception as error:  # the thread must survive any defect
            if self._damaged or is_damaged(error):
                self._replace_damaged(error)
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
            except Exception as error:  # one caller's defect must not keep the others waiting
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
                self._set_aside(error, self._report)
            except OSError as error:
                raise ConfigurationError(
                    f"{self._path}: cannot be written ({error.strerror or error}); "
                    "events are kept there: make the folder writable, or name a file with ESB_EVENTS_FILE."
                ) from error
        raise ConfigurationError(f"{self._path}: is damaged, and so is the new file; check the disk.")

    def _replace_damaged(self, error: Exception) -> None:
        """In the thread. Running events go on; those that waited are in the file that was set aside."""
        self._damaged = True
        self.file.close()
        try:
            self._set_aside(error, self._report_on_loop)
            self.file = EventFile(self._path, self._max_bytes, self._clock())
            self._damaged = False
        except Exception as problem:  # as above
            self._report_on_loop(f"{self._path}: is damaged, and no new file can be created: {problem}")

    def _report_on_loop(self, text: str) -> None:
        self._loop.call_soon_threadsafe(self._report, text)

    def _set_aside(self, error: Exception, report: Callable[[str], None]) -> None:
        assert self._path is not None, "a temporary file is new"  # noqa: S101
        stamp = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y%m%dT%H%M%SZ")
        try:
            new = set_aside(self._path, stamp)
        except OSError as problem:
            raise ConfigurationError(f"{self._path}: is damaged and cannot be renamed ({problem.strerror}).") from error
        report(f"{self._path}: is damaged ({error}); it was set aside as {new.name}, and a new one was created.")


def _reason(error: sqlite3.Error) -> str:
    if is_busy(error):
        return "another gateway uses it; stop that one, or name another file with ESB_EVENTS_FILE"
    return (
        f"cannot be used ({error}); events are kept there: "
        "make the folder writable, or name a file with ESB_EVENTS_FILE"
    )
