"""When a slot's runtime gets work, by its polls. What comes over the wire is in test_runner.py."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from esb_gateway.execution.pools.slots import State
from tests.gateway.execution.port_runner.parts import FakeConnection, SlotParts


@pytest.fixture
def parts() -> Iterator[SlotParts]:
    parts = SlotParts()
    yield parts
    parts.close()


def test_a_poll_waits_for_output_that_was_asked_for(parts: SlotParts) -> None:
    states = [parts.slot.state]
    parts.process.collect_end(10.0, lambda _: None, output=True)
    assert parts.runtime.next(FakeConnection())
    states.append(parts.slot.state)
    parts.child.answer()
    states.append(parts.slot.state)
    assert states == [State.RETURNING, State.RETURNING, State.IDLE]


def test_a_poll_that_was_lost_meanwhile_makes_no_slot_free(parts: SlotParts) -> None:
    parts.process.collect_end(10.0, lambda _: None, output=True)
    connection = FakeConnection()
    parts.runtime.next(connection)
    parts.runtime.on_disconnect(connection)
    parts.child.answer()
    assert (parts.slot.state, parts.runtime.waiting) == (State.RETURNING, None)


def test_a_poll_that_may_not_be_after_all_is_closed(parts: SlotParts) -> None:
    parts.process.collect_end(10.0, lambda _: None, output=True)
    connection = FakeConnection()
    parts.runtime.next(connection)
    parts.pool.ends.retire(parts.slot)
    parts.child.answer()
    assert (connection.is_closed, parts.runtime.waiting) == (True, None)


def test_the_last_of_two_polls_counts(parts: SlotParts) -> None:
    first, second = FakeConnection(), FakeConnection()
    assert parts.runtime.next(first)
    assert parts.runtime.next(second)
    assert (first.is_closed, parts.runtime.waiting) == (True, second)


def test_a_busy_slot_may_not_poll(parts: SlotParts) -> None:
    parts.runtime.next(FakeConnection())
    parts.submit("a")
    assert parts.slot.state is State.BUSY
    assert not parts.runtime.next(FakeConnection())


def test_after_the_end_there_is_no_poll(parts: SlotParts) -> None:
    parts.runtime.next(FakeConnection())
    parts.runtime.end()
    assert parts.runtime.waiting is None
    assert not parts.runtime.next(FakeConnection())


def test_with_an_extension_that_has_not_registered_a_poll_waits() -> None:
    parts = SlotParts("agent")
    parts.runtime.next(FakeConnection())
    parts.runtime.extensions_changed()
    assert parts.slot.state is State.RETURNING
    parts.close()
