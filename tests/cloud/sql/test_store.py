"""The store: group commit, errors that undo only their own work, and a file that cannot be used."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from esb_cloud.clocks import Clocks
from esb_cloud.errors import ConfigurationError
from esb_cloud.sql.computing import Question
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_cloud.sql.write_ahead_log import WriteAheadLog
from esb_wire.errors import AwsError
from tests.cloud.stores import GatedSync, Waiting, take_once
from tests.fake_offload import GatedOffload


def add_queue(name: str) -> Any:
    def work(transaction: Transaction) -> str:
        transaction.queues.add(name, {}, {}, 0)
        transaction.signal(name)
        return name

    return work


def names(transaction: Transaction) -> list[str]:
    return list(transaction.queues.names())


def test_what_was_given_before_the_end_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite3"

    async def write() -> None:
        store = Store(path, None, print)
        for number in range(100):
            store.run(add_queue(f"q{number:03}"), lambda _: None, lambda _: None)
        await store.close()

    async def read() -> list[str]:
        store = Store(path, None, print)
        found = await store.do(names)
        await store.close()
        return found

    asyncio.run(write())
    assert asyncio.run(read()) == [f"q{number:03}" for number in range(100)]


def test_what_waits_sees_a_transaction_that_is_not_durable_and_who_wrote_it_gets_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        sync, waiter, done = GatedSync(monkeypatch), Waiting(names), list[str]()
        store = Store(tmp_path / "cloud.sqlite3", None, print)
        store.take_waiter = take_once(waiter)
        written = asyncio.Event()

        def add_done(name: str) -> None:
            done.append(name)
            written.set()

        store.run(add_queue("a"), add_done, print)
        assert await asyncio.wait_for(waiter.results.get(), 60) == ["a"]
        assert await asyncio.to_thread(sync.begun.wait, 60)
        assert done == []
        sync.gate.set()
        await asyncio.wait_for(written.wait(), 60)
        await store.close()

    asyncio.run(run())


def test_work_that_wants_to_see_what_is_durable_waits_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(transaction: Transaction) -> str:
        transaction.see_durable()
        return "seen"

    async def run() -> None:
        sync, waiter = GatedSync(monkeypatch), Waiting(look)
        store = Store(tmp_path / "cloud.sqlite3", None, print)
        store.take_waiter = take_once(waiter)
        store.run(add_queue("a"), lambda _: waiter.results.put_nowait("written"), print)
        assert await asyncio.to_thread(sync.begun.wait, 60)
        assert waiter.results.empty()
        sync.gate.set()
        assert [await asyncio.wait_for(waiter.results.get(), 60) for _ in range(2)] == ["written", "seen"]
        await store.close()

    asyncio.run(run())


def test_work_that_is_not_synced_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> list[str]:
        sync = GatedSync(monkeypatch)
        store = Store(tmp_path / "cloud.sqlite3", None, print)
        done: asyncio.Queue[str] = asyncio.Queue()
        store.run(add_queue("a"), done.put_nowait, print, synced=False)
        assert await asyncio.wait_for(done.get(), 60) == "a"
        assert not sync.begun.is_set()
        sync.gate.set()
        found = await store.do(names)
        await store.close()
        return found

    assert asyncio.run(run()) == ["a"]


def add_durably(transaction: Transaction) -> str:
    transaction.write_durably()
    return str(add_queue("a")(transaction))


def test_those_who_see_what_is_durable_wait_for_a_work_that_is_not_synced_if_it_asks_for_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        sync, done = GatedSync(monkeypatch), asyncio.Queue[Any]()
        store = Store(tmp_path / "cloud.sqlite3", None, print)
        store.run(add_durably, done.put_nowait, print, synced=False)
        assert await asyncio.wait_for(done.get(), 60) == "a"
        assert not sync.begun.is_set()
        store.run(find_durable, done.put_nowait, print, synced=False)
        assert await asyncio.to_thread(sync.begun.wait, 60)
        assert done.empty()
        sync.gate.set()
        assert await asyncio.wait_for(done.get(), 60) == ["a"]
        await store.close()

    asyncio.run(run())


def signal_two(transaction: Transaction) -> None:
    for key in "cd":
        transaction.signal(key)


def test_one_that_waits_is_called_in_the_transaction_and_the_next_by_the_loop() -> None:
    async def run() -> tuple[list[Any], list[Any]]:
        store, signals = Store(None, None, print), list[Any]()
        first, second = Waiting(names), Waiting(names)
        store.take_waiter = lambda key: first if key == "a" else second if key == "c" else None
        store.on_signal = signals.append
        await store.do(add_queue("a"))
        await store.do(add_queue("b"))
        await store.do(signal_two)
        results = [first.results.get_nowait(), second.results.get_nowait()]
        await store.close()
        return results, signals

    assert asyncio.run(run()) == ([["a"], ["a", "b"]], ["b", "d"])


def test_the_error_of_one_that_waits_is_its_own() -> None:
    def fail(transaction: Transaction) -> None:
        add_queue("undone")(transaction)
        raise AwsError("No", "no")

    async def run() -> tuple[str, Any, list[str]]:
        store, waiter = Store(None, None, print), Waiting(fail)
        store.take_waiter = take_once(waiter)
        result = await store.do(add_queue("a"))
        error = waiter.results.get_nowait()
        found = await store.do(names)
        await store.close()
        return result, error, found

    result, error, found = asyncio.run(run())
    assert (result, str(error), found) == ("a", "no", ["a"])


def test_if_the_disk_fails_those_that_wait_are_called_as_well() -> None:
    tries = list[str]()

    def fail(_transaction: Transaction) -> None:
        tries.append("fail")
        raise sqlite3.OperationalError("disk I/O error")

    async def run() -> tuple[list[Any], list[Any]]:
        store, waiters = Store(None, None, print), [Waiting(names), Waiting(names)]
        store.take_waiter = take_once(*waiters)
        works = [store.do(each) for each in (add_queue("a"), fail, add_queue("b"))]
        results = await asyncio.gather(*works, return_exceptions=True)
        found = [await asyncio.wait_for(waiter.results.get(), 60) for waiter in waiters]
        await store.close()
        return results, found

    results, found = asyncio.run(run())
    assert results[::2] == ["a", "b"]
    assert results[1].status == 503
    assert all(set(each) <= {"a", "b"} for each in found)


def test_what_could_not_be_synced_is_refused_and_the_log_begins_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux forgets a failed write: a later fsync succeeds without it."""
    path = tmp_path / "cloud.sqlite3"

    async def run() -> tuple[list[str], str | None, str | None, int]:
        sync, reports = GatedSync(monkeypatch), list[str]()
        sync.gate.set()
        store = Store(path, None, reports.append)
        sync.error = OSError(errno.EIO, "Input/output error")
        with pytest.raises(AwsError, match="cannot be written"):
            await store.do(add_queue("a"))
        problem, sync.error = store.problem, None
        await store.do(add_queue("b"))
        size, after = path.stat().st_size, store.problem
        await store.close()
        assert len(reports) == 1
        return reports, problem, after, size

    reports, problem, after, size = asyncio.run(run())
    assert "Input/output error" in reports[0]
    assert (problem is None, after) == (False, None)
    assert size > 4096  # all that was in the log is in the database


def test_a_log_that_cannot_be_written_again_refuses_what_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_log: WriteAheadLog, _db: sqlite3.Connection) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def run() -> tuple[str | None, list[str]]:
        store = Store(tmp_path / "cloud.sqlite3", None, lambda _: None)
        with monkeypatch.context() as patch:
            patch.setattr(WriteAheadLog, "ensure_whole", fail)
            with pytest.raises(AwsError, match="cannot be written"):
                await asyncio.wait_for(store.do(add_queue("a")), 60)
        problem = store.problem
        await store.do(add_queue("b"))
        found = await store.do(names)
        await store.close()
        return problem, found

    assert asyncio.run(run()) == ("the disk is full", ["b"])


def find(transaction: Transaction) -> list[str]:
    transaction.signal("found")
    return names(transaction)


def find_durable(transaction: Transaction) -> list[str]:
    transaction.see_durable()
    return find(transaction)


@pytest.mark.parametrize("error", [None, OSError(errno.ENOSPC, "No space left on device")])
@pytest.mark.parametrize(("second", "synced"), [(add_queue("b"), True), (find, True), (find_durable, False)])
def test_work_is_done_while_the_disk_is_waited_for_and_answered_with_what_it_has_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: Any, synced: bool, error: OSError | None
) -> None:
    """If the sync fails, it is refused, too: it has seen what is not durable, or is behind that in the log."""

    async def run() -> list[bool]:
        sync, waiter, answers = GatedSync(monkeypatch), Waiting(names), asyncio.Queue[bool]()
        store = Store(tmp_path / "cloud.sqlite3", None, lambda _: None)

        def done(_: object) -> None:
            answers.put_nowait(True)

        def failed(_: Exception) -> None:
            answers.put_nowait(False)

        store.run(add_queue("a"), done, failed)
        assert await asyncio.to_thread(sync.begun.wait, 60)
        store.take_waiter = take_once(waiter)
        store.run(second, done, failed, synced=synced)
        assert "a" in await asyncio.wait_for(waiter.results.get(), 60)  # in the transaction of the second
        assert answers.empty()
        sync.error = error
        sync.gate.set()
        found = [await asyncio.wait_for(answers.get(), 60) for _ in range(2)]
        sync.error = None
        assert "a" in await store.do(names)
        await store.close()
        return found

    assert asyncio.run(run()) == [error is None] * 2


def test_what_comes_while_the_disk_is_waited_for_is_in_the_file_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cloud.sqlite3"

    async def run() -> list[str]:
        sync = GatedSync(monkeypatch)
        store = Store(path, None, print)
        store.run(add_queue("a"), print, print)
        assert await asyncio.to_thread(sync.begun.wait, 60)
        store.run(add_queue("b"), print, print)
        closing_store = asyncio.ensure_future(store.close())
        sync.gate.set()
        await asyncio.wait_for(closing_store, 60)
        store = Store(path, None, print)
        found = await store.do(names)
        await store.close()
        return found

    assert asyncio.run(run()) == ["a", "b"]


def test_what_a_killed_process_left_in_the_log_is_made_durable_before_anything_is_answered(tmp_path: Path) -> None:
    """Work that finds what it wants to write, such as a key of deduplication, changes nothing and is not synced."""
    path, left = tmp_path / "cloud.sqlite3", tmp_path / "left.sqlite3"

    async def kill() -> None:
        store = Store(path, None, print)
        await store.do(add_queue("a"))
        for suffix in ("", "-wal"):  # as after a kill
            shutil.copy(f"{path}{suffix}", f"{left}{suffix}")
        await store.close()

    async def read() -> tuple[int, list[str], int]:
        store, log = Store(left, None, print), Path(f"{left}-wal")
        before = log.stat().st_size
        found = await store.do(names)
        after = log.stat().st_size
        await store.close()
        return before, found, after

    asyncio.run(kill())
    before, found, after = asyncio.run(read())
    assert before
    assert (found, after) == (["a"], 0)


def test_work_that_has_gathered_shares_commits() -> None:
    async def run() -> int:
        store = Store(None, None, print)
        await asyncio.gather(*(store.do(add_queue(f"q{number}")) for number in range(200)))
        await store.close()
        return store.commits

    assert asyncio.run(run()) < 100


@pytest.mark.parametrize("error", [AwsError("No", "no"), ZeroDivisionError()])
def test_an_error_undoes_only_its_own_work(error: Exception) -> None:
    def fail(transaction: Transaction) -> None:
        add_queue("undone")(transaction)
        assert transaction.queues.find("undone")
        raise error

    async def run() -> tuple[list[Any], list[str], bool, list[Any]]:
        store, signals = Store(None, None, print), list[Any]()
        store.on_signal = signals.append
        work = [store.do(each) for each in (add_queue("a"), fail, add_queue("b"))]
        results = await asyncio.gather(*work, return_exceptions=True)
        found = await store.do(names)
        undone = await store.do(lambda transaction: transaction.queues.find("undone"))
        await store.close()
        return results, found, undone is None, signals

    results, found, is_undone, signals = asyncio.run(run())
    assert results == ["a", error, "b"]
    assert found == ["a", "b"]
    assert is_undone
    assert sorted(signals) == ["a", "b"]


def test_a_refusal_that_has_written_nothing_takes_back_its_signals_and_its_room() -> None:
    def fail(transaction: Transaction) -> None:
        transaction.signal("undone")
        transaction.take_room(1000)
        raise AwsError("No", "no")

    async def run() -> tuple[list[Any], list[str], list[Any], bool]:
        store, signals = Store(None, None, print), list[Any]()
        store.on_signal = signals.append
        room = await store.do(lambda transaction: transaction.room)
        results = await asyncio.gather(*map(store.do, (add_queue("a"), fail, add_queue("b"))), return_exceptions=True)
        is_whole = await store.do(lambda transaction: transaction.room) == room
        found = await store.do(names)
        await store.close()
        return [str(result) for result in results], found, signals, is_whole

    results, found, signals, is_whole = asyncio.run(run())
    assert results == ["a", "no", "b"]
    assert found == ["a", "b"]
    assert sorted(signals) == ["a", "b"]
    assert is_whole


def test_an_error_undoes_a_work_that_is_alone_and_what_waits_goes_on() -> None:
    def fail(transaction: Transaction) -> None:
        add_queue("undone")(transaction)
        transaction.take_room(1000)
        raise AwsError("No", "no")

    async def run() -> tuple[list[str], list[Any], bool]:
        store, signals = Store(None, None, print), list[Any]()
        store.on_signal = signals.append
        await store.do(add_queue("a"))
        room = await store.do(lambda transaction: transaction.room)
        with pytest.raises(AwsError, match="no"):
            await store.do(fail)
        is_whole = await store.do(lambda transaction: transaction.room) == room
        found = await store.do(names)
        await store.close()
        return found, signals, is_whole

    assert asyncio.run(run()) == (["a"], ["a"], True)


def test_the_time_is_kept_once_a_second(tmp_path: Path) -> None:
    async def run() -> list[float]:
        steady = 1000.0
        store = Store(tmp_path / "cloud.sqlite3", None, print, Clocks(lambda: steady, lambda: 5000.0))
        kept = list[float]()
        for number, passed in enumerate((0.0, 0.5, 0.5, 0.9)):
            steady += passed
            await store.do(add_queue(f"q{number}"))
            kept += await store.do(lambda _: store._file._db.execute("SELECT now FROM clock").fetchone())
        await store.close()
        return kept

    assert asyncio.run(run()) == [5000.0, 5000.0, 5001.0, 5001.0]


def length(text: str) -> int:
    return len(text)


def asking(name: str, tries: list[str]) -> Any:
    """Work that adds a queue, then asks for the length of its name."""

    def work(transaction: Transaction) -> tuple[str, int]:
        tries.append(name)
        transaction.queues.add(name, {}, {}, 0)
        decided = transaction.decide("id", transaction.ids.uuid)
        (found,) = transaction.compute([Question(length, (name,), costly=True)])
        return decided, found

    return work


def test_work_that_asks_is_undone_and_done_again_when_the_answer_is_there() -> None:
    async def run() -> tuple[Any, list[str], list[str], list[str]]:
        offload, tries = GatedOffload(), list[str]()
        store = Store(None, None, print, None, offload)
        asked = asyncio.create_task(store.do(asking("asked", tries)))
        await asyncio.wait_for(offload.asked.wait(), 60)
        meanwhile = await store.do(names)
        await store.do(add_queue("other"))
        offload.gate.set()
        result = await asyncio.wait_for(asked, 60)
        after = await store.do(names)
        await store.close()
        return result, tries, meanwhile, after

    result, tries, meanwhile, after = asyncio.run(run())
    assert (len(result[0]), result[1]) == (36, len("asked"))
    assert tries == ["asked", "asked"]
    assert (meanwhile, after) == ([], ["asked", "other"])


def test_without_other_processes_answers_are_computed_at_once() -> None:
    async def run() -> tuple[Any, list[str]]:
        tries = list[str]()
        store = Store(None, None, print)
        result = await store.do(asking("q", tries))
        await store.close()
        return result[1], tries

    assert asyncio.run(run()) == (1, ["q"])


def test_what_is_computed_at_the_end_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "cloud.sqlite3"

    async def run() -> list[str]:
        offload = GatedOffload()
        store = Store(path, None, print, None, offload)
        done = list[Any]()
        store.run(asking("q", []), done.append, done.append)
        await asyncio.wait_for(offload.asked.wait(), 60)
        await store.close()
        assert done == []  # so nobody was told that it is accepted
        again = Store(path, None, print)
        found = await again.do(names)
        await again.close()
        return found

    assert asyncio.run(run()) == []


def test_what_asks_while_the_store_closes_is_not_computed() -> None:
    async def run() -> None:
        store, done = Store(None, None, print, None, GatedOffload()), list[Any]()
        store.run(asking("q", []), done.append, done.append)
        await store.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*left, return_exceptions=True), 60)
        assert done == []

    asyncio.run(run())


def test_the_end_of_a_close_that_was_cancelled_can_be_waited_for() -> None:
    """A second Ctrl-C cancels it."""

    async def run() -> list[dict[str, Any]]:
        defects = list[dict[str, Any]]()
        asyncio.get_running_loop().set_exception_handler(lambda _, context: defects.append(context))
        store = Store(None, None, print)
        closing = asyncio.create_task(store.close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        await store.close()
        return defects

    assert asyncio.run(run()) == []


def test_reading_makes_nothing_durable() -> None:
    async def run() -> int:
        store = Store(None, None, print)
        await store.do(names)
        await store.close()
        return store.commits

    assert asyncio.run(run()) == 0


def test_a_full_disk_fails_what_writes_and_is_reported_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_transaction: Transaction) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    async def run() -> tuple[list[Any], str | None, str | None, list[str]]:
        reports = list[str]()
        store = Store(None, None, reports.append)
        results = await asyncio.gather(
            *(store.do(each) for each in (add_queue("a"), fail, fail)), return_exceptions=True
        )
        problem = store.problem
        await store.do(names)
        with pytest.raises(AwsError, match="the disk is full"):
            await store.do(fail)
        await store.do(add_queue("b"))
        after = store.problem
        await store.close()
        return results, problem, after, reports

    results, problem, after, reports = asyncio.run(run())
    assert results[0] == "a"
    assert [error.status for error in results[1:]] == [503, 503]
    assert (problem, after) == ("the disk is full", None)
    assert len(reports) == 1


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "cloud.sqlite3"

    async def open_and_close() -> None:
        await Store(path, None, print).close()

    if content is None:
        asyncio.run(open_and_close())
        whole = path.read_bytes()
        content = whole[:100] + b"\xff" * (len(whole) - 100)
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"is damaged .*restore it from a copy, or move it away"):
        asyncio.run(open_and_close())
    assert path.read_bytes() == content


def test_a_log_that_cannot_be_opened_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr("esb_cloud.sql.group_commit.WriteAheadLog", fail)

    async def open_store() -> None:
        Store(tmp_path / "cloud.sqlite3", None, print)

    with pytest.raises(ConfigurationError, match=r"its log cannot be opened \(Too many open files\)"):
        asyncio.run(open_store())


def test_a_file_of_another_program_or_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    other, newer = tmp_path / "other.sqlite3", tmp_path / "newer.sqlite3"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE a (b)")

    async def open_and_close(path: Path) -> None:
        await Store(path, None, print).close()

    with pytest.raises(ConfigurationError, match="another program"):
        asyncio.run(open_and_close(other))
    asyncio.run(open_and_close(newer))
    with closing(sqlite3.connect(newer)) as db, db:
        db.execute("UPDATE steps SET done = 99")
    with pytest.raises(ConfigurationError, match="a newer esb-cloud has written it"):
        asyncio.run(open_and_close(newer))


def test_a_file_in_use_is_refused(tmp_path: Path) -> None:
    async def run() -> None:
        first = Store(tmp_path / "cloud.sqlite3", None, print)
        await first.do(add_queue("a"))
        try:
            with pytest.raises(ConfigurationError, match="another esb-cloud uses it"):
                Store(tmp_path / "cloud.sqlite3", None, print)
        finally:
            await first.close()

    asyncio.run(run())
