"""The file of what a storage has sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from esb_gateway.storage_events import received_events
from esb_gateway.storage_events.object_event import MAX_PAGE, ObjectEvent, Page
from esb_gateway.storage_events.received_events import APPLICATION, EventFileError, ReceivedEvents

MADE = 10**18  # nanoseconds


def event(key: str) -> ObjectEvent:
    return ObjectEvent("ObjectCreated:Put", "uploads", key, MADE, 1, "e", None)


def add(received: ReceivedEvents, *keys: str) -> list[bool]:
    return [received.add(key.encode(), [event(key)]) for key in keys]


def keys(page: Page) -> list[str]:
    return [each.key for each in page.events]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite"


@pytest.fixture
def received(path: Path) -> Iterator[ReceivedEvents]:
    with closing(ReceivedEvents(path, MADE)) as found:
        yield found


def test_a_page_has_what_was_received_after_a_number(received: ReceivedEvents) -> None:
    begin = received.read_until
    assert received.page(begin) == Page(str(begin), [])
    add(received, "a", "b")
    page = received.page(begin)
    assert keys(page) == ["a", "b"]
    assert page.events[0] == event("a")
    assert received.page(int(page.cursor)) == Page(page.cursor, [])


def test_a_request_that_is_sent_again_is_there_once_also_when_it_was_read(received: ReceivedEvents) -> None:
    assert add(received, "a", "a") == [True, False]
    cursor = int(received.page(received.read_until).cursor)
    received.page(cursor)
    assert add(received, "a", "b") == [False, True]
    assert keys(received.page(cursor)) == ["b"]


def test_a_page_is_limited(received: ReceivedEvents) -> None:
    names = [f"{number:04}" for number in range(MAX_PAGE + 1)]
    add(received, *names)
    first = received.page(received.read_until)
    assert keys(first) + keys(received.page(int(first.cursor))) == names
    assert len(first.events) == MAX_PAGE


def test_what_was_not_read_is_there_after_a_restart(path: Path) -> None:
    with closing(ReceivedEvents(path, MADE)) as received:
        add(received, "a", "b", "c")
        cursor = int(received.page(received.read_until).cursor) - 2
        received.page(cursor)
    with closing(ReceivedEvents(path, MADE + 1)) as received:
        assert keys(received.page(received.read_until)) == ["b", "c"]


def test_what_is_there_is_read_while_the_disk_is_full(received: ReceivedEvents) -> None:
    add(received, "a", "b", "c")
    begin = received.read_until
    received._db.execute("PRAGMA query_only = ON")  # every write fails, as on a full disk
    with pytest.raises(EventFileError, match="cannot be written"):
        add(received, "d")
    assert keys(received.page(begin + 1)) == keys(received.page(begin + 1)) == ["b", "c"]
    assert received.read_until == begin
    received._db.execute("PRAGMA query_only = OFF")
    assert keys(received.page(begin + 1)) == ["b", "c"]
    assert received.read_until == begin + 1


@pytest.mark.parametrize("cursor", [0, 17, MADE + 500, 2 * MADE])
def test_the_cursor_of_another_file_or_feed_loses_nothing(received: ReceivedEvents, cursor: int) -> None:
    add(received, "a", "b")
    assert keys(received.page(cursor)) == ["a", "b"]


def test_a_file_that_is_full_takes_nothing_until_something_is_read(
    received: ReceivedEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received_events, "MAX_UNREAD", 2)
    add(received, "a", "b")
    with pytest.raises(EventFileError, match="2 requests wait to be read; is the gateway running"):
        add(received, "c")
    received.page(int(received.page(received.read_until).cursor))
    assert add(received, "c") == [True]


def test_a_file_that_fails_later_is_one_sentence(received: ReceivedEvents) -> None:
    received.close()
    with pytest.raises(EventFileError, match=r"events\.sqlite cannot be written: "):
        add(received, "a")
    with pytest.raises(EventFileError, match=r"events\.sqlite cannot be read or written: "):
        received.page(0)


def _damaged(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def _newer(path: Path) -> None:
    ReceivedEvents(path, MADE).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 2")


def _folder(path: Path) -> None:
    path.mkdir()


def test_a_file_of_a_release_that_gave_it_no_id_is_adopted_once(path: Path) -> None:
    with closing(ReceivedEvents(path, MADE)) as received:
        add(received, "a")
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 0")
    with closing(ReceivedEvents(path, MADE + 1)) as received:
        assert keys(received.page(received.read_until)) == ["a"]
        assert received.read_until == MADE
    with closing(sqlite3.connect(path)) as db:
        assert [*db.execute("PRAGMA application_id")] == [(APPLICATION,)]


def test_a_file_of_another_program_or_process_is_left_alone(path: Path, received: ReceivedEvents) -> None:
    add(received, "a")
    with pytest.raises(EventFileError, match=r"events\.sqlite: another process uses it; stop that one"):
        ReceivedEvents(path, MADE)
    other = path.with_name("other.sqlite")
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE things (id)")
    with pytest.raises(EventFileError, match=r"other\.sqlite: it is a database of another program; name another file"):
        ReceivedEvents(other, MADE)


@pytest.mark.parametrize("make", [_damaged, _newer, _folder])
def test_a_file_that_cannot_be_used_is_one_sentence(path: Path, make: Callable[[Path], None]) -> None:
    make(path)
    with pytest.raises(EventFileError, match=r"events\.sqlite cannot be used .*; delete it, or name another file"):
        ReceivedEvents(path, MADE)
