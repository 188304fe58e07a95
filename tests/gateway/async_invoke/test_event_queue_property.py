"""Whatever happens, in whatever order: what was accepted succeeds or is kept, and nothing runs twice at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from esb_gateway.invocation import Ending, Invocation, NotAccepted, Throttled
from esb_schemas.contract import EventInvoke
from tests.gateway.async_invoke.fakes import QueueFixture, function

FAILURES = (Ending.FUNCTION_ERROR, Ending.TIMED_OUT, Ending.EXITED)


class Scenario:
    """A queue, what has happened to its events, and the steps that may happen next."""

    def __init__(self, latency: float) -> None:
        self.fixture = QueueFixture({"work": function("work", event_invoke=EventInvoke(1, 600))}, latency=latency)
        self.accepted: set[str] = set()
        self.succeeded: set[str] = set()
        self.runs: Counter[str] = Counter()  # that ended, since the last kill
        self.over: set[str] = set()  # likewise
        self.steps: dict[str, Callable[[int], object]] = {
            "accept": self.accept,
            "succeed": self.succeed,
            "fail": self.fail,
            "find no slot": lambda which: self.end(which, Ending.NOT_RUN),
            "throttle": self.throttle,
            "let through": self.let_through,
            "break the disk": self.break_the_disk,
            "repair the disk": self.repair_the_disk,
            "wait": self.fixture.wait,
            "kill": self.kill,
        }

    def accept(self, count: int) -> None:
        for _ in range(count):
            request_id = f"id-{next(self.fixture.numbers)}"
            invocation = Invocation("work", b"{}", request_id, "Root=1-0", "arn")
            self.fixture.queue.accept(invocation, partial(self.answered, request_id))
        self.fixture.settle()

    def answered(self, request_id: str, refused: NotAccepted | None) -> None:
        if refused is None:
            self.accepted.add(request_id)

    def succeed(self, which: int) -> None:
        request_id = self.end(which, Ending.DONE)
        self.succeeded |= {request_id} - {""}
        self.over.add(request_id)

    def fail(self, which: int) -> None:
        request_id = self.end(which, FAILURES[which % len(FAILURES)])
        self.runs[request_id] += 1
        if self.runs[request_id] > 1:
            self.over.add(request_id)

    def end(self, which: int, ending: Ending) -> str:
        running = list(self.fixture.invoker.running)
        if not running:
            return ""
        request_id = running[which % len(running)]
        assert request_id not in self.over, "it ran again, though it was over"
        self.fixture.end(request_id, ending)
        return request_id

    def throttle(self, _: int) -> None:
        self.fixture.invoker.refusal = Throttled("ReservedFunctionConcurrentInvocationLimitExceeded")

    def let_through(self, _: int) -> None:
        self.fixture.invoker.refusal = None

    def break_the_disk(self, _: int) -> None:
        self.fixture.store.broken = True

    def repair_the_disk(self, _: int) -> None:
        self.fixture.store.broken = False

    def kill(self, _: int) -> None:
        self.repair_the_disk(0)
        self.runs.clear()
        self.over.clear()
        self.fixture.restart()

    def come_to_an_end(self) -> None:
        self.repair_the_disk(0)
        self.let_through(0)
        for _ in range(1000):
            if self.fixture.queue.numbers().queued == 0:
                return
            while self.fixture.invoker.running:
                self.succeed(0)
            self.fixture.wait(300)
        raise AssertionError("an event is stuck")


STEPS = (
    "accept", "succeed", "fail", "find no slot", "throttle", "let through",
    "break the disk", "repair the disk", "wait", "kill",
)  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 100)), min_size=5, max_size=60),
    st.sampled_from([0.0, 2.5]),
)
@settings(max_examples=150, deadline=None)
def test_no_event_is_lost_or_stuck(steps: list[tuple[str, int]], latency: float) -> None:
    scenario = Scenario(latency)
    for name, number in steps:
        scenario.steps[name](number)
    scenario.come_to_an_end()
    kept = {name for (name,) in scenario.fixture.store.file.db.execute("SELECT request_id FROM kept")}
    scenario.fixture.store.file.close()
    assert scenario.accepted <= scenario.succeeded | kept
    assert scenario.fixture.queue.numbers().oldest_age == 0
