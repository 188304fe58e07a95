"""The store in threads of its own, so that the event loop never waits for the disk.

Work that has gathered while the disk was busy shares one transaction, and so one sync of the disk (`group_commit`).
Results of a transaction are delivered on the loop, in order, when all of it is durable; then the signals. Work that
asks for costly results leaves the line until other processes have computed them (`computing`).

There are two threads, and one of them has the database. When it has committed what has to be durable, it waits for the
disk, and the other one does what comes meanwhile. So a message need not wait for the sync of another one's send or
delete before it is received. Both wait for the disk when the second transaction has to be durable, too; what comes then
shares the third.

Work that is not synced, which are receives, is answered when it is committed, before that is durable; and what waits
for something that a transaction brings is done in this same transaction. So a message may be received while its send is
being synced, and processed although a power cut then undoes both. Nothing is lost or out of order by that:

- The sender has no answer yet, and sends again, as it must when an answer of AWS is lost.
- Commits are durable in their order. A delete that is acknowledged has made the send durable, too, with its key of
  deduplication. Before, the message may be processed twice in any case.
- A row of the table may be used again after a power cut, so receipt handles name the message, too
  (`sqs.messages.receipts`).
- A message of a FIFO queue is given out when all that its receive has seen is durable (`Transaction.see_durable`): it
  may be a group's second one after the delete of the first one, which would be processed after it again. A receive
  that makes the first one a dead letter may give out the second itself, so it is synced (`Transaction.write_durably`).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, TypeVar

from esb_cloud.clocks import Clocks
from esb_cloud.sql.computing import Question, Unanswered, answer_elsewhere
from esb_cloud.sql.group_commit import Committed, GroupCommit, PendingWork, TakeWaiter, Work
from esb_cloud.sql.transaction import Report
from esb_cloud.sql.turn import Turn
from esb_wire.errors import AwsError
from esb_wire.offload import Offload
from esb_wire.sqlite_file import is_damaged, is_full
from esb_wire.work_groups import GroupLimits, gather

T = TypeVar("T")

_DISK_ERRORS: Final = (OSError, sqlite3.Error)
_THREADS: Final = 2  # one has the database, one waits for the disk
_GROUP: Final = GroupLimits(works=256, bytes=8 * 1024 * 1024)
MAX_WAITING_BYTES: Final = 64 * 1024 * 1024  # not durable yet; with more, the disk is too slow


class Store:
    """The file and its threads. Created, used and closed on one loop."""

    def __init__(
        self,
        path: Path | None,
        max_bytes: int | None,
        report: Callable[[str], object],
        clocks: Clocks | None = None,
        offload: Offload | None = None,
    ) -> None:
        """Open the file; None is a temporary one. `report` is told of a disk that fails, on the loop. Without `offload`
        everything is computed in a thread of the store.

        Raises ConfigurationError.
        """
        self.on_signal: Callable[[Hashable], object] = lambda _key: None
        self.take_waiter: TakeWaiter = lambda _key: None  # called in any thread
        self._listeners: dict[Hashable, Callable[[], object]] = {}
        self.problem: str | None = None  # why nothing can be written, at present
        self._reported: str | None = None  # the problem, until something is written
        self._path = path
        self._offload = offload
        self._computing = set[asyncio.Task[None]]()
        self.report: Final = report
        self._loop = asyncio.get_running_loop()
        self._items: SimpleQueue[PendingWork | None] = SimpleQueue()
        self._waiting_bytes = 0
        self._ended = self._loop.create_future()
        self._file = GroupCommit(path, max_bytes, clocks or Clocks(), is_computing_elsewhere=offload is not None)
        self._log = self._file.log
        self._turn = Turn()  # at the database
        self._has_more = True  # work may come
        self._threads = [Thread(target=self._run, name="store", daemon=True) for _ in range(_THREADS)]
        self._running = len(self._threads)
        for thread in self._threads:
            thread.start()

    def run(
        self,
        work: Work[T],
        done: Callable[[T], object],
        failed: Callable[[Exception], object],
        size: int = 0,
        *,
        synced: bool = True,
    ) -> None:
        """Do the work in a transaction; when it is durable, call `done`, or `failed` if it raised. Called on the loop,
        which calls back later. `size` is that of the request, in bytes. What need not survive a power cut, but a kill,
        is not `synced`: a later work that is takes it along.
        """
        if size and self._waiting_bytes + size > MAX_WAITING_BYTES:
            error = AwsError("ServiceUnavailable", "The disk does not keep up with the requests; try again later.", 503)
            self._loop.call_soon(failed, error)
            return
        self._waiting_bytes += size
        self._put(PendingWork(work, done, failed, size, synced))

    def listen(self, key: Hashable, callback: Callable[[], object]) -> None:
        """Call back on the loop whenever a transaction that is durable has signalled the key."""
        self._listeners[key] = callback

    async def do(self, work: Work[T]) -> T:
        """As `run`, for code that waits. Raises what the work raises."""
        future: asyncio.Future[T] = self._loop.create_future()

        def done(result: T) -> None:
            if not future.done():
                future.set_result(result)

        def failed(error: Exception) -> None:
            if not future.done():
                future.set_exception(error)

        self.run(work, done, failed)
        return await future

    @property
    def size(self) -> tuple[int, int]:
        """Bytes in use, as of at most a second ago, and how many there may be."""
        return self._file.size

    @property
    def commits(self) -> int:
        """The number of transactions that wrote something."""
        return self._file.commits

    async def close(self) -> None:
        """Finish the work that was given, but for what is computed elsewhere, then close the file."""
        self._put(None)
        await asyncio.shield(self._ended)
        for thread in self._threads:
            thread.join()
        for task in self._computing:
            task.cancel()

    def _put(self, item: PendingWork | None) -> None:
        self._items.put(item)
        self._turn.call()

    # The threads

    def _run(self) -> None:
        self._turn.take()
        while self._has_more:
            unsynced = self._carry_on()
            if unsynced:
                self._turn.offer()
                if not self._items.empty():
                    self._turn.call()
                for committed in unsynced:
                    self._sync(committed)
                self._turn.take_back()
        self._running -= 1
        if not self._running:
            self._end()
        self._turn.leave()

    def _end(self) -> None:
        self._file.close()
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _carry_on(self) -> list[Committed]:
        """Carry out what comes, until something has to be durable."""
        unsynced: list[Committed] = []
        while self._has_more and not unsynced:
            group: list[PendingWork] = []
            self._has_more = gather(self._items, group, _GROUP)
            if group:
                unsynced = self._carry_out(group)
        return unsynced

    def _carry_out(self, group: list[PendingWork]) -> list[Committed]:
        """Do all of it in one transaction. If the disk fails, do each in its own, so that what can be done is done.

        Gives what has to be durable before it is answered.
        """
        try:
            return self._answer(self._file.transact(group, self.take_waiter))
        except _DISK_ERRORS:
            rest, unsynced = deque(group), list[Committed]()
            while rest:
                item = rest.popleft()
                item.result = item.error = None
                try:
                    unsynced += self._answer(self._file.transact(alone := [item], self.take_waiter))
                except _DISK_ERRORS as error:
                    item.error = self._failure(error)
                    self._deliver_soon([item], ())
                    rest += alone[1:]
            return unsynced

    def _answer(self, committed: Committed) -> list[Committed]:
        """Answer what need not be durable, or is; gives the rest."""
        group, signals, commit, is_changed = committed
        if self._log is None or self._log.is_durable(commit) or not any(item.waits for item in group):
            self._note_success(is_changed=is_changed)
            self._deliver_soon(group, signals)
            return []
        if early := [item for item in group if not item.waits]:
            self._deliver_soon(early, ())
        return [committed._replace(group=[item for item in group if item.waits])]

    def _sync(self, committed: Committed) -> None:
        """Answer it when it is durable."""
        group, signals, commit, is_changed = committed
        assert self._log is not None  # noqa: S101 - without it, nothing has to be durable
        try:
            self._log.make_durable(commit)
        except OSError as error:
            failure = self._failure(error)
            for item in group:
                item.error = item.error or failure
        else:
            self._note_success(is_changed=is_changed)
        self._deliver_soon(group, signals)

    def _deliver_soon(self, group: Iterable[PendingWork], signals: Iterable[Hashable]) -> None:
        self._loop.call_soon_threadsafe(self._deliver, group, signals)

    def _note_success(self, *, is_changed: bool) -> None:
        self.problem = None
        if is_changed:  # reading works with a full disk, too
            self._reported = None

    def _failure(self, error: sqlite3.Error | OSError) -> AwsError:
        what = "the disk is full" if is_full(error) else "the file is damaged" if is_damaged(error) else str(error)
        self.problem = what
        if self._reported != what:
            self._reported = what
            text = f"{self._path or 'the temporary file'}: {what} ({error}); requests that write are refused"
            self._loop.call_soon_threadsafe(self.report, text)
        return AwsError("ServiceUnavailable", f"The file of esb-cloud cannot be written: {what}.", 503)

    # The loop

    def _deliver(self, group: Iterable[PendingWork], signals: Iterable[Hashable]) -> None:
        for item in group:
            if isinstance(item.error, Unanswered):
                task = self._loop.create_task(self._compute(item, item.error.questions))
                self._computing.add(task)
                task.add_done_callback(self._computing.discard)
            else:
                self._finish(item)
        for key in signals:
            if isinstance(key, Report):
                self.report(key.text)
            elif (listener := self._listeners.get(key)) is not None:
                listener()
            else:
                self.on_signal(key)

    def _finish(self, item: PendingWork) -> None:
        self._waiting_bytes -= item.size
        try:
            if item.error is not None:
                item.failed(item.error)
            else:
                item.done(item.result)
        except Exception as error:  # one caller's defect must not keep the others waiting
            self._loop.call_exception_handler({"message": "A caller of the store failed", "exception": error})

    async def _compute(self, item: PendingWork, questions: Sequence[Question[Any]]) -> None:
        """Answer questions in other processes, then do the work again."""
        assert self._offload is not None  # noqa: S101 - nothing else makes answers
        assert item.answers is not None  # noqa: S101
        try:
            item.answers.add(questions, await answer_elsewhere(questions, self._offload))
        except Exception as error:
            item.error = error
            self._finish(item)
        else:
            item.error = None
            self._put(item)
