"""The works of a group in one transaction of the database, so that they share a sync of the disk.

Each work has a savepoint, so that its error undoes only its own writes. Works that wait for something that the
transaction brings are done in it, too.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from esb_cloud.clocks import Clocks, SavedTime, StoreClock
from esb_cloud.errors import ConfigurationError
from esb_cloud.sql.computing import Answers
from esb_cloud.sql.database import open_database
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sql.write_ahead_log import WriteAheadLog

T = TypeVar("T")
Work = Callable[[Transaction], T]

_INTERVAL: Final = 1.0  # seconds
_MUCH_ROOM: Final = 1024 * 1024 * 1024  # bytes, more than can be written in that time
SHARE_OF_FREE: Final = 0.8  # of the volume's free space, for the file unless --max-size says otherwise


class WaitingWork(Protocol):
    """Work that was done, and waits for a signal to be done again; see `GroupCommit.transact`."""

    def work(self, transaction: Transaction, /) -> Any:
        """As that of `Store.run`; it is not synced."""

    def done(self, result: Any, /) -> object:
        """Called on the loop."""

    def failed(self, error: Exception, /) -> object:
        """Called on the loop."""


@dataclass(slots=True, eq=False)
class PendingWork:
    """Work that the store was given, and its result. `size` is that of the request, in bytes; see `Store.run`."""

    work: Work[Any]
    done: Callable[[Any], object]
    failed: Callable[[Exception], object]
    size: int
    synced: bool
    answers: Answers | None = None
    sees_durable: bool = False
    result: Any = None
    error: Exception | None = None

    @property
    def waits(self) -> bool:
        """Whether it is answered only when its transaction is durable."""
        return self.synced or self.sees_durable


TakeWaiter: TypeAlias = Callable[[Hashable], WaitingWork | None]


class Committed(NamedTuple):
    """`commit`: the last one that this has seen, and some of it waits for that to be durable; see WriteAheadLog.
    `is_changed`: it has written something.
    """

    group: list[PendingWork]
    signals: set[Hashable]
    commit: int
    is_changed: bool


class GroupCommit:
    """The file, with its clock and its room. `log` is None for a temporary one.

    One thread at a time calls `transact`.
    """

    def __init__(
        self, path: Path | None, max_bytes: int | None, clocks: Clocks, *, is_computing_elsewhere: bool
    ) -> None:
        """Open the file; None is a temporary one. Raises ConfigurationError."""
        self.commits = 0  # transactions that wrote something
        self._db = open_database(path)
        try:
            self._prepare(path, max_bytes, clocks)
            self._transaction.is_computing_elsewhere = is_computing_elsewhere
            self.log: Final = None if path is None else WriteAheadLog(path)
        except OSError as error:
            self._db.close()
            raise ConfigurationError(
                f"{path}: its log cannot be opened ({error.strerror or error}); remove the cause and start again."
            ) from error
        except sqlite3.Error as error:
            self._db.close()
            raise ConfigurationError(
                f"{path}: is damaged ({error}); restore it from a copy, or move it away."
            ) from error

    def _prepare(self, path: Path | None, max_bytes: int | None, clocks: Clocks) -> None:
        row = self._db.execute("SELECT now, wall, since_boot, boot FROM clock").fetchone()
        self._clock = StoreClock(clocks, None if row is None else SavedTime(*row))
        ((self._page_size,),) = self._db.execute("PRAGMA page_size")
        self._used = self._bytes_used()
        self._measured_at = self._saved_at = -inf
        self._max_bytes = max_bytes or self._default_size(path)
        self._transaction = Transaction(self._db, self._clock)

    def _default_size(self, path: Path | None) -> int:
        folder = Path.cwd() if path is None else path.absolute().parent
        return self._used + int(shutil.disk_usage(folder).free * SHARE_OF_FREE)

    def _bytes_used(self) -> int:
        ((pages,),) = self._db.execute("PRAGMA page_count")
        ((free,),) = self._db.execute("PRAGMA freelist_count")
        return int((pages - free) * self._page_size)

    @property
    def size(self) -> tuple[int, int]:
        """Bytes in use, as of at most a second ago, and how many there may be."""
        return self._used, self._max_bytes

    def close(self) -> None:
        if self.log is not None:
            self.log.close()
        self._db.close()

    def transact(self, group: list[PendingWork], take_waiter: TakeWaiter) -> Committed:
        """Do the works, and those that wait for their signals, which then are in the group.

        Raises OSError or sqlite3.Error if nothing of it was done.
        """
        db, transaction = self._db, self._transaction
        try:
            if self.log is not None:
                self.log.ensure_whole(db)
            self._begin()
            changes = db.total_changes
            if len(group) == 1:
                self._do_alone(group[0])
            else:
                for item in group:
                    self._do(item)
            self._do_waiting(group, take_waiter)
            is_changed = db.total_changes != changes
            if is_changed:
                self._save_time()
                self.commits += 1
            db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # an error may have done it already
                db.execute("ROLLBACK")
            transaction.forget()
            raise
        return Committed(group, transaction.signals, self._last_commit(group, is_changed=is_changed), is_changed)

    def _last_commit(self, group: Iterable[PendingWork], *, is_changed: bool) -> int:
        """The number of the last commit that has to be durable, when a group has been committed."""
        if self.log is None:
            return 0
        if is_changed and (self._transaction.writes_durably or any(item.synced for item in group)):
            self.log.commits += 1
        return self.log.commits

    def _begin(self) -> None:
        """Begin a transaction. As long as there is much room, it is measured once a second."""
        transaction, now = self._transaction, self._clock.now()
        self._db.execute("BEGIN IMMEDIATE")
        if transaction.room < _MUCH_ROOM or now - self._measured_at >= _INTERVAL:
            self._measured_at = now
            self._used = self._bytes_used()
            transaction.room = self._max_bytes - self._used
        transaction.begin(now)

    def _save_time(self) -> None:
        """Once a second: what has passed since then is known after a restart."""
        if self._transaction.now - self._saved_at >= _INTERVAL:
            self._saved_at = self._transaction.now
            self._db.execute("INSERT OR REPLACE INTO clock VALUES (1, ?, ?, ?, ?)", self._clock.save())

    def _do_waiting(self, group: list[PendingWork], take_waiter: TakeWaiter) -> None:
        """Do one work for each signal that it waits for; if that gets something, the loop calls the next one."""
        signals = self._transaction.signals
        left = list(signals)
        while left:
            key = left.pop()
            waiter = take_waiter(key)
            if waiter is not None:
                signals.discard(key)
                before = set(signals)
                item = PendingWork(waiter.work, waiter.done, waiter.failed, 0, synced=False)
                group.append(item)
                self._do(item)
                signals = self._transaction.signals
                left += signals - before

    def _do_alone(self, item: PendingWork) -> None:
        """The first work of a transaction, if it is the only one: it needs no savepoint."""
        room = self._transaction.room
        self._call(item)
        if item.error is not None:
            self._db.execute("ROLLBACK")
            self._transaction.forget()
            self._transaction.room = room
            self._begin()

    def _do(self, item: PendingWork) -> None:
        db, transaction = self._db, self._transaction
        signals, room = set(transaction.signals), transaction.room
        db.execute("SAVEPOINT work")
        self._call(item)
        if item.error is not None:
            db.execute("ROLLBACK TO work")
            transaction.forget()
            transaction.signals, transaction.room = signals, room
        db.execute("RELEASE work")

    def _call(self, item: PendingWork) -> None:
        """An error that is not of the disk is a refusal, or a defect, and that of this work alone."""
        transaction = self._transaction
        transaction.answers, transaction.sees_durable = item.answers, False
        try:
            item.result = item.work(transaction)
        except sqlite3.Error:
            raise
        except Exception as error:
            item.error = error
        item.answers, item.sees_durable = transaction.answers, transaction.sees_durable
