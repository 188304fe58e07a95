"""The end of a slot's processes, without processes. With real connections: test_runner.py, and extensions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from esb_gateway.execution.pools.slots import Result, State
from esb_gateway.invocation import Ending
from tests.gateway.execution.port_runner.parts import FakeConnection, SlotParts


@pytest.fixture
def parts() -> Iterator[SlotParts]:
    parts = SlotParts()
    yield parts
    parts.close()


def test_the_pool_hears_of_an_end_once(parts: SlotParts) -> None:
    parts.ending.runtime_exited(1)
    parts.ending.runtime_exited(1)
    parts.ending.fail_start(OSError("no process"))
    parts.run_loop()
    assert (len(parts.pool.slots), parts.ends) == (0, 1)


def test_an_end_waits_for_the_last_output_of_an_invocation_that_wants_it(parts: SlotParts) -> None:
    parts.runtime.next(FakeConnection())
    parts.submit("a", want_log_tail=True)
    parts.ending.runtime_exited(3)
    parts.run_loop()
    assert (parts.results, parts.ends) == ([], 0)
    parts.child.answer(b"last words")
    parts.run_loop()
    assert ([result.ending for result in parts.results], parts.ends) == ([Ending.EXITED], 1)
    assert b"exit status 3" in parts.results[0].payload


def test_a_process_that_was_lost_with_its_machine_fails_its_invocation(parts: SlotParts) -> None:
    parts.runtime.next(FakeConnection())
    parts.submit("a")
    parts.ending.runtime_exited(None)
    parts.run_loop()
    assert [result.ending for result in parts.results] == [Ending.EXITED]
    assert b"killed" in parts.results[0].payload


def test_an_answer_before_the_end_is_read_counts(parts: SlotParts) -> None:
    parts.runtime.next(FakeConnection())
    parts.submit("a")
    parts.ending.runtime_exited(1)
    assert parts.runtime.respond("a", Result(Ending.DONE, b"1"))
    parts.run_loop()
    assert [result.ending for result in parts.results] == [Ending.DONE]


def test_without_extensions_the_runtime_alone_is_asked_and_killed(parts: SlotParts) -> None:
    parts.ending.stop()
    parts.ending.kill()
    assert (parts.child.signals, parts.ends) == (["TERM", "KILL"], 0)


def test_the_slot_ends_when_the_last_extension_has(parts: SlotParts) -> None:
    agent = parts.start_extension("agent")
    parts.ending.stop()
    parts.ending.runtime_exited(0)
    parts.run_loop()
    assert (agent.signals, parts.ends) == (["KILL"], 0), "it has not registered for SHUTDOWN"
    parts.end_extension("agent", -9)
    parts.run_loop()
    assert (len(parts.pool.slots), parts.ends) == (0, 1)


def test_an_extension_that_ends_by_itself_ends_the_runtime(parts: SlotParts) -> None:
    parts.runtime.next(FakeConnection())
    parts.submit("a")
    parts.start_extension("agent")
    parts.end_extension("agent", 7)
    assert parts.child.signals == ["KILL"]
    assert (parts.slot.state, parts.ending.crash) == (State.LEAVING, "Extension.Crash")
    assert b"Extension.Crash" in parts.results[0].payload


def test_a_slot_that_is_stopped_before_its_runtime_starts_ends_with_its_extensions(parts: SlotParts) -> None:
    parts.process.child = None
    parts.start_extension("agent")
    parts.ending.stop()
    assert not parts.runtime.next(FakeConnection())
    parts.end_extension("agent", 0)
    parts.run_loop()
    assert (len(parts.pool.slots), parts.ends) == (0, 1)


def test_a_slot_that_is_lost_before_its_runtime_starts(parts: SlotParts) -> None:
    parts.process.child = None
    parts.start_extension("agent")
    parts.end_extension("agent", None)
    parts.run_loop()
    assert (len(parts.pool.slots), parts.ends) == (0, 1)
