"""Which events the file keeps, and what it remembers of schedules."""

from __future__ import annotations

from pathlib import Path

from esb_gateway.async_invoke.event_file import FIRED_KEPT, EventFile, KeptEvent
from esb_gateway.async_invoke.rules import Event
from esb_gateway.invocation import Invocation

NOW = 1_700_000_000


def event(number: int, payload: bytes = b"{}") -> Event:
    return Event(Invocation("work", payload, f"id-{number}", "Root=1", "arn"), NOW, NOW)


def kept(number: int, condition: str = "RetriesExhausted", ended: float = NOW, payload: bytes = b"{}") -> KeptEvent:
    return KeptEvent(event(number, payload), ended, condition, (), None)


def test_kept_events_make_room_for_newer_ones() -> None:
    file = EventFile(None, 40_000, NOW)
    file.begin()
    for number in range(3):
        file.keep(kept(number, payload=b"x" * 3000))
    file.keep(kept(3, "Success", payload=b"x" * 3000))
    file.keep(kept(4, payload=b"x" * 500))
    file.commit()
    left = [name for (name,) in file.db.execute("SELECT request_id FROM kept ORDER BY id")]
    assert left == ["id-0", "id-1", "id-2", "id-4"], "a success goes before older failures"
    file.begin()
    file.sweep(NOW + 14 * 86400)
    assert file.kept == 4
    file.sweep(NOW + 14 * 86400 + 1)
    file.commit()
    assert (file.kept, file.kept_bytes) == (0, 0)
    file.close()


def test_the_file_knows_when_it_fired_last_and_forgets_what_is_old(tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite3"
    event = Event(Invocation("work", b"{}", "id-1", "Root=1", "arn"), NOW, NOW)
    file = EventFile(path, 1024**3, NOW)
    assert file.last_fired is None
    file.begin()
    assert file.put_once("work/Nightly", NOW, event) is not None
    assert file.put_once("work/Nightly", NOW, event) is None
    file.commit()
    file.close()
    file = EventFile(path, 1024**3, NOW)
    assert file.last_fired == NOW
    file.begin()
    assert file.put_once("work/Nightly", NOW, event) is None
    file.sweep(NOW + FIRED_KEPT + 1)
    assert file.drop("id-1") is not None
    assert file.put_once("work/Nightly", NOW, event) is not None
    file.commit()
    file.close()
