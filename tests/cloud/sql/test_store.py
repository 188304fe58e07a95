"""The store: group commit, errors that undo only their own work, and a file that cannot be used."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from esb_cloud.errors import ConfigurationError
from esb_cloud.sql.computing import Question
from esb_cloud.sql.store import Store
from esb_cloud.sql.transaction import Transaction
from esb_wire.errors import AwsError
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


def test_only_work_that_wants_it_waits_for_the_disk(tmp_path: Path) -> None:
    """SQLite, "PRAGMA synchronous": 2 is FULL, 1 is NORMAL, which survives a kill of the process."""

    async def run() -> tuple[list[int], list[str]]:
        store = Store(tmp_path / "cloud.sqlite3", None, print)
        modes = list[int]()

        def work(name: str) -> Any:
            def add(transaction: Transaction) -> str:
                modes.append(store._db.execute("PRAGMA synchronous").fetchone()[0])
                return str(add_queue(name)(transaction))

            return add

        done: asyncio.Queue[str] = asyncio.Queue()
        for name, synced in (("a", True), ("b", False), ("c", True)):
            store.run(work(name), done.put_nowait, print, synced=synced)
            await done.get()
        found = await store.do(names)
        await store.close()
        return modes, found

    assert asyncio.run(run()) == ([2, 1, 2], ["a", "b", "c"])


def test_an_announcement_comes_before_the_work_is_done_and_the_signal_after_it() -> None:
    async def run() -> list[object]:
        store, heard = Store(None, None, print), list[object]()
        store.on_announcement = lambda key: heard.append(("announced", key))
        store.on_signal = lambda key: heard.append(("signalled", key))

        def work(transaction: Transaction) -> None:
            transaction.announce("a")
            transaction.signal("a")

        store.run(work, lambda _: heard.append("done"), print)
        await store.close()
        return heard

    assert asyncio.run(run()) == [("announced", "a"), "done", ("signalled", "a")]


def test_what_is_undone_or_not_awaited_is_not_announced() -> None:
    async def run() -> list[object]:
        store, heard = Store(None, None, print), list[object]()
        store.on_announcement = heard.append
        store.is_awaited = lambda key: key != "c"

        def refused(transaction: Transaction) -> None:
            transaction.announce("a")
            raise AwsError("No", "no")

        with pytest.raises(AwsError):
            await store.do(refused)
        for key in "bc":
            await store.do(partial(Transaction.announce, key=key))
        await store.close()
        return heard

    assert asyncio.run(run()) == ["b"]


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
