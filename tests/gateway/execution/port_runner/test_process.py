"""What a slot's process is asked for, and what waits for the answer."""

from __future__ import annotations

from esb_gateway.child_processes.launcher import Wanted
from esb_gateway.execution.port_runner.process import MEMORY_INTERVAL, RuntimeProcess
from tests.gateway.execution.port_runner.parts import FakeChild


class ProcessFixture:
    def __init__(self) -> None:
        self.child = FakeChild()
        self.process = RuntimeProcess()
        self.process.started(self.child)
        self.printed: list[bytes] = []

    def end_invocation(self, now: float, *, output: bool = False) -> None:
        self.process.collect_end(now, self.printed.append, output=output)


def test_memory_is_looked_at_once_in_an_interval_and_with_each_tail() -> None:
    fixture = ProcessFixture()
    fixture.end_invocation(10.0)
    fixture.end_invocation(10.0 + MEMORY_INTERVAL / 2)
    assert (fixture.child.passed_on, fixture.printed) == (1, [b""])
    fixture.end_invocation(10.0 + MEMORY_INTERVAL / 2, output=True)
    fixture.end_invocation(10.0 + MEMORY_INTERVAL)
    assert [wanted for wanted, _ in fixture.child.asked] == [
        Wanted(memory=True),
        Wanted(output=True, memory=True),
        Wanted(memory=True),
    ]


def test_the_most_memory_is_kept() -> None:
    fixture = ProcessFixture()
    for at, memory in enumerate([None, 30, 20, None]):
        fixture.end_invocation(float(at))
        fixture.child.answer(memory=memory)
    assert fixture.process.max_memory == 30


def test_steps_wait_for_output_in_order_and_not_for_memory() -> None:
    fixture, steps = ProcessFixture(), list[str]()
    fixture.end_invocation(10.0)
    fixture.process.when_collected(lambda: steps.append("at once"))
    fixture.end_invocation(20.0, output=True)
    fixture.process.when_collected(lambda: steps.append("first"))
    fixture.process.when_collected(lambda: steps.append("second"))
    fixture.child.answer()
    assert steps == ["at once"]
    fixture.child.answer(b"printed")
    assert steps == ["at once", "first", "second"]
    assert fixture.printed == [b"", b"printed"]


def test_a_step_that_asks_again_keeps_the_next_one_waiting() -> None:
    fixture, steps = ProcessFixture(), list[str]()
    fixture.end_invocation(10.0, output=True)
    fixture.process.when_collected(lambda: fixture.end_invocation(20.0, output=True))
    fixture.process.when_collected(lambda: steps.append("second"))
    fixture.child.answer()
    assert steps == []
    fixture.child.answer()
    assert steps == ["second"]


def test_the_rest_of_a_process_that_has_ended_is_kept_for_the_end_of_its_invocation() -> None:
    fixture = ProcessFixture()
    fixture.process.collect_last()
    fixture.child.answer(b"last words")
    fixture.end_invocation(10.0, output=True)
    assert (fixture.printed, fixture.child.asked) == ([b"last words"], [])


def test_before_the_launch_there_is_nothing_to_ask() -> None:
    printed: list[bytes] = []
    process = RuntimeProcess()
    process.collect_last()
    process.collect_end(10.0, printed.append, output=True)
    assert printed == [b""]
