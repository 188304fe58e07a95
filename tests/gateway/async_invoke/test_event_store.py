"""The file and its thread: what they refuse, what they survive, and that works share a commit."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.async_invoke.event_database import VERSION
from esb_gateway.async_invoke.event_file import EventFile
from esb_gateway.async_invoke.event_store import EventStore
from esb_gateway.async_invoke.rules import Event
from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import Invocation, NotAccepted

NOW = 1_700_000_000.0
GIGABYTE = 1024**3


def event(number: int, payload: bytes = b"{}", function: str = "work") -> Event:
    return Event(Invocation(function, payload, f"id-{number}", "Root=1", "arn"), NOW, NOW)


def put(number: int, payload: bytes = b"{}") -> Callable[[EventFile], Event | None]:
    return lambda file: file.put(event(number, payload))


async def ask(store: EventStore, work: Callable[[EventFile], Any]) -> Any:
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    store.do(work, answer.set_result, answer.set_exception)
    return await asyncio.wait_for(answer, 60)


def with_store(path: Path, use: Callable[[EventStore], Coroutine[Any, Any, None]]) -> list[str]:
    """Use the file's store; gives what it reported."""
    reported: list[str] = []

    async def main() -> None:
        store = EventStore(path, GIGABYTE, lambda: NOW, reported.append)
        try:
            await use(store)
        finally:
            await store.close()

    asyncio.run(main())
    return reported


async def nothing(_store: EventStore) -> None:
    pass


def test_the_end_of_a_close_that_was_cancelled_can_be_waited_for(tmp_path: Path) -> None:
    """A second Ctrl-C cancels it."""

    async def close_twice(store: EventStore) -> None:
        closing = asyncio.create_task(store.close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        await store.close()

    assert with_store(tmp_path / "events", close_twice) == []


def test_what_was_put_in_is_there_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "new/folder/events.sqlite3"
    whole = Event(Invocation("work", b"\x00\xff", "id-1", "t", "arn", '{"client":1}', "{}"), NOW, NOW, 1, 3)

    async def store_it(store: EventStore) -> None:
        assert (await ask(store, lambda file: file.put(whole))).id == 1

    async def look(store: EventStore) -> None:
        due = await ask(store, lambda file: file.due("work", NOW, 10, 1000, ()))
        (found,) = due.events
        assert found.invocation == whole.invocation
        assert (found.attempts, found.chain, store.file.queued) == (1, 3, 1)

    assert with_store(path, store_it) == []
    assert with_store(path, look) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_one_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    async def use(store: EventStore) -> None:
        def spoil(error: Exception, file: EventFile) -> None:
            file.add(event(0))
            raise error

        failures = (sqlite3.OperationalError("disk I/O error"), TypeError("a defect"))
        works: list[Callable[[EventFile], Any]] = [put(1), *(partial(spoil, failure) for failure in failures), put(2)]
        answers = await asyncio.gather(*(ask(store, work) for work in works), return_exceptions=True)
        assert [isinstance(answer, NotAccepted) for answer in answers] == [False, True, True, False]
        assert str(answers[1]) == "The file of the events cannot be written: disk I/O error."
        assert store.file.queued == 2

    assert with_store(tmp_path / "e", use) == []


def test_a_disk_that_is_full_refuses_and_still_takes_note_of_what_ended(tmp_path: Path) -> None:
    async def use(store: EventStore) -> None:
        first = await ask(store, put(1, b"x" * 100_000))
        await ask(store, lambda file: file.db.execute("PRAGMA max_page_count = 60").fetchall())
        with pytest.raises(
            NotAccepted, match=r"^The file of the events cannot be written: database or disk is full\.$"
        ):
            await ask(store, put(2, b"x" * 200_000))
        assert store.file.queued == 1
        await ask(store, lambda file: file.remove(first.id))
        await ask(store, put(3, b"x" * 100_000))
        assert store.file.queued == 1

    assert with_store(tmp_path / "e", use) == []


def test_the_same_event_twice_is_there_once(tmp_path: Path) -> None:
    async def use(store: EventStore) -> None:
        assert (await ask(store, put(1))) is not None
        assert (await ask(store, put(1))) is None
        assert store.file.queued == 1

    with_store(tmp_path / "e", use)


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 8192])
def test_a_damaged_file_is_set_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "events.sqlite3"
    path.write_bytes(content)

    async def use(store: EventStore) -> None:
        await ask(store, put(1))

    (sentence,) = with_store(path, use)
    assert "is damaged" in sentence
    assert "set aside as events.sqlite3.damaged-20231114T221320Z" in sentence
    assert (tmp_path / "events.sqlite3.damaged-20231114T221320Z").read_bytes() == content
    assert with_store(path, nothing) == []


def test_a_file_that_is_damaged_while_it_is_used_is_set_aside_and_the_event_accepted(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite3"

    async def fill(store: EventStore) -> None:
        for number in range(50):
            await ask(store, put(number, b"x" * 20_000))

    async def use(store: EventStore) -> None:
        await ask(store, lambda file: file.due("work", NOW, 100, GIGABYTE, ()))
        await ask(store, put(99))
        assert store.file.queued == 1

    with_store(path, fill)
    with path.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(os.urandom(path.stat().st_size - 4096 * 2))
    reported = with_store(path, use)
    assert len(reported) == 1
    assert "is damaged" in reported[0]


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        with_store(path, nothing)
    return str(refused.value)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e"
    with_store(path, nothing)
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()
    assert refusal(path).startswith(f"{path}: a newer esb-gateway has written it (version 2, this one knows 1);")


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "e"
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE cookies (name TEXT)")
    db.close()
    assert refusal(path) == f"{path}: it is a database of another program; name another file."


def test_a_second_gateway_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "e"
    with_store(path, nothing)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    assert "another gateway uses it" in refusal(path)
    other.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert "cannot be written (Permission denied)" in refusal(tmp_path / "e")
    tmp_path.chmod(0o700)


def test_a_folder_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refusal(tmp_path / "file/e")


def test_those_that_wait_share_one_commit(tmp_path: Path) -> None:
    async def use(store: EventStore) -> None:
        commits = 0
        commit = store.file.commit

        def count() -> None:
            nonlocal commits
            commits += 1
            time.sleep(0.01)  # a slow disk
            commit()

        store.file.commit = count  # type: ignore[method-assign]
        await asyncio.gather(*(ask(store, put(n)) for n in range(100)))
        assert commits < 20

    with_store(tmp_path / "e", use)
