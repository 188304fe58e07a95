"""The state machine of one function's slots, with a clock that the test moves and with recording runners."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esb_gateway.execution import failures
from esb_gateway.execution.pools.pool import Pool
from esb_gateway.execution.pools.slots import Limits, PoolCallbacks, Result, Slot, State, Work
from esb_gateway.invocation import Ending, Function, Invocation, Throttled
from tests.gateway.execution.fakes import RecordingRunner
from tests.gateway.functions import ORDERS

FUNCTION = replace(ORDERS, max_capacity=2)
RESULT = Result(Ending.DONE, b'"done"')
EXIT_3 = failures.exit_reason(3)


class PoolFixture:
    """A pool, its clock and alarm, its runners and the results of its works."""

    def __init__(self, function: Function = FUNCTION, *, limits: Limits | None = None, managed: bool = True) -> None:
        self.now = 1000.0
        self.alarm = inf
        self.runners: list[RecordingRunner] = []
        self.outcomes: dict[str, list[Result]] = {}
        self.submitting = False
        self.containers = 1  # at the most, until now
        self.most = 0  # the highest max_capacity until now
        self.draining = False
        self.managed = managed
        self.told: list[str] = []
        callbacks = PoolCallbacks(
            lambda: self.now,
            self._set_alarm,
            self._finished,
            self._new_runner if managed else None,
            waits=lambda invocation: self.told.append(invocation.request_id),
        )
        self.pool = Pool(function, callbacks, limits or Limits())

    def submit(self, *request_ids: str) -> None:
        for request_id in request_ids:
            self.outcomes.setdefault(request_id, [])
            self.submitting = True
            try:
                self.pool.submit(Invocation("orders", b"{}", request_id, "Root=1-2-3", "arn"), lambda _: None)
            finally:
                self.submitting = False

    def pass_time(self, seconds: float) -> None:
        """Move the clock on, stopping at every alarm on the way."""
        end = self.now + seconds
        while self.alarm <= end:
            self.now = max(self.now, self.alarm)
            self.alarm = inf
            self.pool.tick()
        self.now = end

    def start_slots(self, number: int) -> list[Slot]:
        """Start slots and let them become idle."""
        self.submit(*(f"warm-up {at}" for at in range(number)))
        slots = [runner.slot for runner in self.runners[-number:]]
        for slot in slots:
            self.pool.events.poll(slot)
        for runner in self.runners[-number:]:
            self.pool.events.respond(runner.slot, runner.delivered[-1], RESULT)
            self.pool.events.poll(runner.slot)
        return slots

    def result_of(self, request_id: str) -> Result:
        [result] = self.outcomes[request_id]
        return result

    def states(self) -> list[State]:
        return [runner.slot.state for runner in self.runners]

    def attached(self) -> RecordingRunner:
        """A runner that attached itself and polls."""
        runner = RecordingRunner()
        runner.slot = self.pool.events.attach(runner)
        self.runners.append(runner)
        self.pool.events.poll(runner.slot)
        return runner

    def _set_alarm(self, at: float) -> None:
        self.alarm = at

    def _new_runner(self, slot: Slot) -> RecordingRunner:
        runner = RecordingRunner()
        runner.slot = slot
        self.runners.append(runner)
        return runner

    def _finished(self, work: Work, result: Result) -> None:
        assert not self.submitting, "done was called before submit returned"
        self.outcomes[work.invocation.request_id].append(result)


def document(result: Result) -> dict[str, str]:
    content: dict[str, str] = json.loads(result.payload)
    return content


def test_first_request_starts_a_slot_and_runs_when_it_polls() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    [runner] = fixture.runners
    assert (runner.calls, runner.delivered) == (["start"], [])

    fixture.now += 0.2
    assert fixture.pool.events.poll(runner.slot)
    assert runner.delivered == ["a"]
    assert runner.slot.init_seconds == pytest.approx(0.2)

    assert fixture.pool.events.respond(runner.slot, "a", RESULT)
    assert fixture.outcomes == {"a": [RESULT]}


def test_warm_slot_takes_the_next_request_and_no_other_is_started() -> None:
    fixture = PoolFixture()
    fixture.start_slots(1)
    fixture.submit("a")
    assert fixture.runners[0].delivered[-1] == "a"
    assert len(fixture.runners) == 1


def test_a_slot_that_is_lost_while_it_starts_is_no_failed_init() -> None:
    fixture = PoolFixture()
    fixture.submit("a", "b")
    slots = [runner.slot for runner in fixture.runners]
    fixture.pool.set_containers(0)
    for slot in slots:
        fixture.pool.events.lose(slot, "signal: killed")
    fixture.submit("c")
    assert not any(fixture.outcomes.values())
    fixture.pool.set_containers(1)
    assert len(fixture.runners) == 4  # at once
    for runner in fixture.runners[2:]:
        fixture.pool.events.poll(runner.slot)
    assert [runner.delivered for runner in fixture.runners] == [[], [], ["a"], ["b"]]
    assert len(fixture.pool.works.waiting) == 1


def test_what_was_handed_over_to_a_slot_that_is_lost_fails_alone() -> None:
    fixture = PoolFixture()
    fixture.submit("a", "b")
    first = fixture.runners[0].slot
    fixture.pool.events.poll(first)
    fixture.pool.set_containers(0)
    for runner in fixture.runners:
        fixture.pool.events.lose(runner.slot, "signal: killed")
    assert fixture.result_of("a").ending is Ending.EXITED
    assert (fixture.outcomes["b"], len(fixture.pool.works.waiting)) == ([], 1)


def test_a_suppressed_init_that_is_lost_gives_its_work_back() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pass_time(10.0)  # the first init takes too long, and the second one is a part of the invocation
    fixture.pool.events.exit(fixture.runners[0].slot, "signal: killed")
    fixture.pass_time(1.0)
    slot = fixture.runners[-1].slot
    assert slot.work is not None
    fixture.pool.set_containers(0)
    fixture.pool.events.lose(slot, "signal: killed")
    assert (fixture.outcomes["a"], len(fixture.pool.works.waiting)) == ([], 1)
    fixture.pass_time(50.0)
    assert fixture.result_of("a").ending is Ending.NOT_RUN  # as any that waits too long


def test_what_waits_because_all_slots_are_busy_is_told_once_a_second() -> None:
    fixture = PoolFixture()
    fixture.submit("a", "b")
    assert fixture.told == []
    fixture.submit("c", "d")
    assert fixture.told == ["c"]
    fixture.now += 1.0
    fixture.submit("e")
    assert fixture.told == ["c", "e"]


def test_what_waits_for_a_container_is_not_told() -> None:
    fixture = PoolFixture()
    fixture.pool.set_containers(0)
    fixture.submit("a", "b", "c", "d")
    assert fixture.told == []


def test_slots_start_up_to_the_maximum_and_the_rest_waits_in_order() -> None:
    fixture = PoolFixture()
    fixture.submit("a", "b", "c", "d")
    first, second = fixture.runners
    fixture.pool.events.poll(first.slot)
    fixture.pool.events.poll(second.slot)
    assert (fixture.pool.works.running, len(fixture.pool.works.waiting)) == (2, 2)
    fixture.pool.events.respond(second.slot, "b", RESULT)
    fixture.pool.events.poll(second.slot)
    fixture.pool.events.respond(first.slot, "a", RESULT)
    fixture.pool.events.poll(first.slot)
    assert (first.delivered, second.delivered) == (["a", "d"], ["b", "c"])


def test_full_queue_throttles() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1, queue_depth=2))
    fixture.submit("a", "b", "c")
    with pytest.raises(Throttled) as refused:
        fixture.submit("d")
    assert refused.value.reason == "ConcurrentInvocationLimitExceeded"
    assert fixture.outcomes["d"] == []


def test_queue_depth_zero_still_lets_a_slot_start() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1, queue_depth=0))
    fixture.submit("a")
    with pytest.raises(Throttled):
        fixture.submit("b")


def test_function_without_any_slot_throttles_instead_of_waiting() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=0))
    with pytest.raises(Throttled):
        fixture.submit("a")


@pytest.mark.parametrize(("reserved", "accepted"), [(0, 0), (1, 1), (3, 3)])
def test_reserved_concurrency_bounds_running_and_waiting_together(reserved: int, accepted: int) -> None:
    fixture = PoolFixture(replace(FUNCTION, reserved_concurrency=reserved))
    fixture.submit(*map(str, range(accepted)))
    with pytest.raises(Throttled) as refused:
        fixture.submit("one more")
    assert refused.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_request_id_in_flight_is_refused() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    with pytest.raises(ValueError, match="request id a is in flight already"):
        fixture.submit("a")


def test_nobody_waits_longer_than_the_longest_wait() -> None:
    fixture = PoolFixture(limits=Limits(queue_wait=5, init=100))
    fixture.submit("a")
    fixture.pass_time(4.9)
    assert fixture.outcomes["a"] == []
    fixture.pass_time(0.2)
    assert fixture.result_of("a").ending is Ending.NOT_RUN
    fixture.pool.events.poll(fixture.runners[0].slot)
    assert fixture.runners[0].delivered == []


def test_deadline_counts_from_the_hand_over() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1))
    [slot] = fixture.start_slots(1)
    fixture.submit("a", "b")
    fixture.pass_time(2.9)
    fixture.pool.events.respond(slot, "a", RESULT)
    fixture.pool.events.poll(slot)
    fixture.pass_time(2.9)
    assert fixture.outcomes["b"] == []
    fixture.pass_time(0.2)
    result = fixture.result_of("b")
    assert result.ending is Ending.TIMED_OUT
    assert document(result) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: b Error: Task timed out after 3.00 seconds",
    }


def test_overdue_slot_is_killed_and_its_late_answer_refused() -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.submit("a")
    fixture.pass_time(3.1)
    assert fixture.runners[0].calls[-1] == "kill"
    assert not fixture.pool.events.respond(slot, "a", RESULT)
    assert not fixture.pool.events.poll(slot)
    assert fixture.result_of("a").ending is Ending.TIMED_OUT


def test_killed_slot_is_replaced_for_those_who_wait() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1))
    fixture.start_slots(1)
    fixture.submit("a", "b")
    fixture.pass_time(3.1)
    assert len(fixture.runners) == 2
    fixture.pool.events.poll(fixture.runners[1].slot)
    assert fixture.runners[1].delivered == ["b"]


def test_slot_that_answers_but_never_polls_again_is_killed_at_the_deadline() -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.submit("a")
    fixture.pool.events.respond(slot, "a", RESULT)
    fixture.pass_time(3.1)
    assert fixture.runners[0].calls == ["start", "kill"]
    assert fixture.outcomes["a"] == [RESULT]


@pytest.mark.parametrize(
    ("returncode", "words"),
    [
        (3, "Runtime exited with error: exit status 3"),
        (-9, "Runtime exited with error: signal: killed"),
        (-11, "Runtime exited with error: signal: segmentation fault"),
        (-40, "Runtime exited with error: signal: signal 40"),
        (0, "Runtime exited without providing a reason"),
    ],
)
def test_exit_ends_the_running_request_with_its_reason(returncode: int, words: str) -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.submit("a")
    fixture.pool.events.exit(slot, failures.exit_reason(returncode))
    assert fixture.result_of("a").ending is Ending.EXITED
    assert document(fixture.result_of("a")) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: a Error: {words}",
    }


def test_request_after_a_crash_gets_a_new_slot_at_once() -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.submit("a")
    fixture.pool.events.exit(slot, EXIT_3)
    fixture.submit("b")
    fixture.pool.events.poll(fixture.runners[1].slot)
    assert fixture.runners[1].delivered == ["b"]


def test_answers_for_the_wrong_request_slot_or_time_are_refused() -> None:
    fixture = PoolFixture()
    first, _ = fixture.start_slots(2)
    fixture.submit("a", "b")
    running = {runner.delivered[-1]: runner.slot for runner in fixture.runners}
    assert not fixture.pool.events.respond(running["a"], "b", RESULT)
    assert not fixture.pool.events.respond(first, "unknown", RESULT)
    assert fixture.pool.events.respond(running["a"], "a", RESULT)
    assert not fixture.pool.events.respond(running["a"], "a", RESULT)
    assert fixture.outcomes["a"] == [RESULT]
    assert fixture.outcomes["b"] == []


def test_slot_may_not_poll_before_it_has_answered() -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.submit("a")
    assert not fixture.pool.events.poll(slot)


def test_work_of_which_no_byte_went_out_goes_to_another_slot_first() -> None:
    fixture = PoolFixture()
    first, second = fixture.start_slots(2)
    fixture.runners[1].connected = False  # the youngest is served first
    fixture.submit("a")
    assert fixture.runners[0].delivered[-1] == "a"
    assert second.state is State.RETURNING
    assert first.state is State.BUSY


def test_work_of_which_no_byte_went_out_is_ahead_of_the_queue() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1))
    fixture.submit("a", "b")
    [first] = fixture.runners
    first.connected = False
    fixture.pool.events.poll(first.slot)
    assert (first.delivered, len(fixture.pool.works.waiting)) == ([], 2)
    fixture.pool.events.exit(first.slot, EXIT_3)
    fixture.pool.events.poll(fixture.runners[1].slot)
    assert fixture.runners[1].delivered == ["a"]


def init_error(_request_id: str) -> bytes:
    return b'{"errorType":"Runtime.ImportModuleError","requestId":""}'


def test_init_error_fails_all_that_wait() -> None:
    fixture = PoolFixture()
    fixture.submit("a", "b", "c")
    assert fixture.pool.events.fail_init(fixture.runners[0].slot, init_error)
    for request_id in "abc":
        assert fixture.result_of(request_id).ending is Ending.INIT_ERROR
        assert document(fixture.result_of(request_id)) == {
            "errorType": "Runtime.ImportModuleError",
            "requestId": "",
        }


def test_init_error_answers_what_comes_during_the_backoff_and_then_it_is_tried_again() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pool.events.fail_init(fixture.runners[0].slot, init_error)
    fixture.pool.events.exit(fixture.runners[0].slot, failures.exit_reason(1))
    fixture.submit("b")
    fixture.pass_time(0.001)
    assert fixture.result_of("b").ending is Ending.INIT_ERROR
    assert len(fixture.runners) == 1
    fixture.pass_time(0.05)
    fixture.submit("c")
    assert len(fixture.runners) == 2
    fixture.pool.events.poll(fixture.runners[1].slot)
    assert fixture.runners[1].delivered == ["c"]


def test_backoff_doubles_up_to_its_end_and_starts_again_after_an_answer() -> None:
    fixture = PoolFixture(replace(FUNCTION, min_capacity=1, max_capacity=1))
    fixture.pool.start()
    starts = []
    for _ in range(10):
        starts.append(fixture.now)
        fixture.pool.events.exit(fixture.runners[-1].slot, EXIT_3)
        attempts = len(fixture.runners)
        while len(fixture.runners) == attempts:
            fixture.pass_time(fixture.alarm - fixture.now)
    pauses = [after - before for before, after in zip(starts, [*starts[1:], fixture.now], strict=True)]
    assert pauses == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])

    fixture.submit("a")
    fixture.pool.events.poll(fixture.runners[-1].slot)
    fixture.pool.events.respond(fixture.runners[-1].slot, "a", RESULT)
    fixture.pool.events.poll(fixture.runners[-1].slot)
    fixture.pool.events.exit(fixture.runners[-1].slot, EXIT_3)
    attempts = len(fixture.runners)
    fixture.pass_time(0.051)
    assert len(fixture.runners) == attempts + 1


def test_exit_during_init_is_an_init_error() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pool.events.exit(fixture.runners[0].slot, EXIT_3)
    assert fixture.result_of("a").ending is Ending.INIT_ERROR
    assert document(fixture.result_of("a"))["errorMessage"] == "RequestId: a Error: " + EXIT_3


def test_init_error_of_one_slot_leaves_the_queue_to_the_one_that_works() -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.submit("a", "b")
    fixture.pool.events.fail_init(fixture.runners[1].slot, init_error)
    assert fixture.outcomes["b"] == []
    fixture.pool.events.respond(slot, "a", RESULT)
    fixture.pool.events.poll(slot)
    assert fixture.runners[0].delivered[-1] == "b"


def test_init_error_after_the_first_poll_is_refused() -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    assert not fixture.pool.events.fail_init(slot, init_error)


def test_runtime_that_reports_an_init_error_and_stays_is_killed() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pool.events.fail_init(fixture.runners[0].slot, init_error)
    fixture.pass_time(1.1)
    assert fixture.runners[0].calls == ["start", "kill"]


def test_init_longer_than_the_limit_is_tried_again_inside_the_request() -> None:
    fixture = PoolFixture(replace(FUNCTION, timeout=30))
    fixture.submit("a")
    fixture.pass_time(10.1)
    assert fixture.runners[0].calls == ["start", "kill"]
    assert len(fixture.runners) == 2

    fixture.pass_time(12)
    fixture.pool.events.poll(fixture.runners[1].slot)
    assert fixture.runners[1].delivered == ["a"]
    fixture.pool.events.respond(fixture.runners[1].slot, "a", RESULT)
    assert fixture.outcomes["a"] == [RESULT]


def test_timeout_covers_the_init_inside_the_request() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pass_time(10.0)
    fixture.pass_time(2.9)
    assert fixture.outcomes["a"] == []
    fixture.pass_time(0.2)
    assert fixture.result_of("a").ending is Ending.TIMED_OUT
    assert fixture.runners[1].calls == ["start", "kill"]


def test_slots_that_are_always_there_have_more_time_to_start() -> None:
    fixture = PoolFixture(replace(FUNCTION, min_capacity=1))
    fixture.pool.start()
    fixture.pass_time(100)
    assert fixture.runners[0].calls == ["start"]


def test_idle_slots_leave_until_the_minimum_is_left() -> None:
    fixture = PoolFixture(replace(FUNCTION, min_capacity=1, max_capacity=3))
    fixture.start_slots(3)
    fixture.pass_time(59)
    assert fixture.states() == [State.IDLE] * 3
    fixture.pass_time(2)
    assert sorted(state.value for state in fixture.states()) == ["idle", "leaving", "leaving"]
    fixture.pass_time(1)
    assert sum(runner.calls == ["start", "stop", "kill"] for runner in fixture.runners) == 2


def test_function_scales_to_zero_and_comes_back() -> None:
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.pass_time(60)
    assert fixture.runners[0].calls == ["start", "stop"]
    fixture.pool.events.exit(slot, failures.exit_reason(-15))
    assert not fixture.pool.slots
    fixture.pass_time(1)
    assert fixture.alarm == inf
    fixture.submit("a")
    assert len(fixture.runners) == 2


def test_minimum_is_started_first_and_restored_after_an_idle_crash() -> None:
    fixture = PoolFixture(replace(FUNCTION, min_capacity=2, max_capacity=4))
    fixture.pool.start()
    assert len(fixture.runners) == 2
    for runner in fixture.runners:
        fixture.pool.events.poll(runner.slot)
    fixture.pool.events.exit(fixture.runners[0].slot, EXIT_3)
    assert len(fixture.runners) == 2
    fixture.pass_time(0.051)
    assert len(fixture.runners) == 3


def test_slots_that_come_by_themselves_share_the_work_up_to_the_maximum() -> None:
    fixture = PoolFixture(managed=False)
    runners = [fixture.attached() for _ in range(3)]
    fixture.submit("a", "b", "c")
    assert sorted(len(runner.delivered) for runner in runners) == [0, 1, 1]
    assert fixture.pool.events.respond(None, "b", RESULT)
    assert sorted(len(runner.delivered) for runner in runners) == [1, 1, 1]


def test_old_init_error_is_forgotten_once_a_slot_came_that_works() -> None:
    fixture = PoolFixture(managed=False)
    fixture.pool.events.fail_init(None, init_error)
    runner = fixture.attached()
    fixture.pool.events.exit(runner.slot, failures.NO_REASON)
    fixture.submit("a")
    fixture.pass_time(0.2)
    assert fixture.outcomes["a"] == []


def test_close_gives_up_what_waits_and_lets_the_running_finish() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1))
    [slot] = fixture.start_slots(1)
    fixture.submit("a", "b")
    fixture.pool.close()
    assert fixture.result_of("b").ending is Ending.NOT_RUN
    assert fixture.pool.events.respond(slot, "a", RESULT)
    fixture.pool.events.poll(slot)
    assert fixture.runners[0].calls == ["start", "stop"]
    with pytest.raises(Throttled):
        fixture.submit("c")


def test_abort_ends_what_still_runs() -> None:
    fixture = PoolFixture()
    fixture.start_slots(1)
    fixture.submit("a")
    fixture.pool.close()
    fixture.pool.abort()
    assert fixture.result_of("a").ending is Ending.STOPPED
    assert fixture.runners[0].calls == ["start", "kill"]


def test_without_a_container_work_waits_and_starts_when_one_comes() -> None:
    fixture = PoolFixture()
    fixture.pool.set_containers(0)
    fixture.submit("a", "b", "c")
    assert (fixture.runners, len(fixture.pool.works.waiting)) == ([], 3)
    fixture.pool.set_containers(1)
    assert len(fixture.runners) == 2
    fixture.pool.events.poll(fixture.runners[0].slot)
    assert fixture.runners[0].delivered == ["a"]


def test_waiting_for_a_container_has_an_end_and_a_bound() -> None:
    fixture = PoolFixture(replace(FUNCTION, queue_depth=0), limits=Limits(queue_wait=5))
    fixture.pool.set_containers(0)
    fixture.submit("a", "b")
    with pytest.raises(Throttled):
        fixture.submit("c")
    fixture.pass_time(5)
    assert fixture.result_of("a").ending is Ending.NOT_RUN


def test_every_container_has_room_for_the_maximum() -> None:
    fixture = PoolFixture(replace(FUNCTION, reserved_concurrency=5))
    fixture.pool.set_containers(2)
    fixture.submit("a", "b", "c", "d")
    assert len(fixture.runners) == 4
    fixture.pool.set_containers(3)
    fixture.submit("e")
    assert len(fixture.runners) == 5  # the reserved ones


def test_provisioned_slots_wait_for_a_container() -> None:
    fixture = PoolFixture(replace(FUNCTION, min_capacity=1))
    fixture.pool.set_containers(0)
    fixture.pool.start()
    assert fixture.runners == []
    fixture.pool.set_containers(1)
    assert len(fixture.runners) == 1


def test_retired_slot_is_stopped_once_it_has_answered() -> None:
    fixture = PoolFixture()
    idle, busy = fixture.start_slots(2)
    fixture.submit("a")
    assert fixture.runners[1].delivered[-1] == "a"
    fixture.pool.set_containers(0)
    for slot in (idle, busy):
        fixture.pool.ends.retire(slot)
    assert [runner.calls for runner in fixture.runners] == [["start", "stop"], ["start"]]
    assert fixture.pool.events.respond(busy, "a", RESULT)
    fixture.pool.events.poll(busy)
    assert fixture.runners[1].calls == ["start", "stop"]
    fixture.submit("b")
    assert len(fixture.pool.works.waiting) == 1


def test_only_slots_that_were_hired_are_stopped_when_idle() -> None:
    fixture = PoolFixture()
    came = fixture.attached()
    fixture.submit("a", "b")
    [managed] = fixture.runners[1:]
    fixture.pool.events.poll(managed.slot)
    for runner in (came, managed):
        fixture.pool.events.respond(runner.slot, runner.delivered[-1], RESULT)
        fixture.pool.events.poll(runner.slot)
    fixture.pass_time(1000)
    assert (came.calls, managed.calls) == ([], ["start", "stop", "kill"])


def test_changed_limits_count_at_once_and_what_runs_keeps_its_deadline() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1, timeout=10))
    [slot] = fixture.start_slots(1)
    fixture.submit("a", "b")
    fixture.pool.adjust(replace(FUNCTION, max_capacity=3, timeout=2, reserved_concurrency=3))
    assert len(fixture.runners) == 2, "there is room for what waited"
    fixture.pool.events.poll(fixture.runners[1].slot)
    fixture.submit("c")
    with pytest.raises(Throttled):
        fixture.submit("d")
    fixture.pass_time(2)
    assert document(fixture.result_of("b"))["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert fixture.outcomes["a"] == []
    fixture.pass_time(8)
    assert document(fixture.result_of("a"))["errorMessage"].endswith("Task timed out after 10.00 seconds")
    assert slot.state is State.LEAVING


def test_a_higher_minimum_starts_slots_and_a_lower_maximum_ends_those_that_are_too_many() -> None:
    fixture = PoolFixture()
    fixture.pool.adjust(replace(FUNCTION, min_capacity=2))
    assert len(fixture.runners) == 2
    for runner in fixture.runners:
        fixture.pool.events.poll(runner.slot)
    fixture.submit("a")
    fixture.pool.adjust(replace(FUNCTION, max_capacity=1))
    assert [runner.calls for runner in fixture.runners if not runner.delivered] == [["start", "stop"]]
    assert [runner.calls for runner in fixture.runners if runner.delivered] == [["start"]]


def test_a_shorter_idle_timeout_counts_for_slots_that_are_idle_already() -> None:
    fixture = PoolFixture()
    fixture.start_slots(1)
    fixture.pool.adjust(replace(FUNCTION, idle_timeout=5))
    fixture.pass_time(5)
    assert fixture.runners[0].calls[:2] == ["start", "stop"]


def test_new_code_runs_in_new_slots_and_what_runs_is_answered_by_the_old_one() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=3))
    idle, busy = fixture.start_slots(2)
    fixture.submit("a")
    assert (fixture.states(), busy.work is not None) == ([State.IDLE, State.BUSY], True)
    fixture.pool.restart_slots()
    assert idle.state is State.LEAVING
    fixture.submit("b")
    new = fixture.runners[2]
    fixture.pool.events.poll(new.slot)
    assert new.delivered == ["b"]
    assert fixture.pool.events.respond(busy, "a", RESULT)
    fixture.pool.events.poll(busy)
    assert busy.state is State.LEAVING


def test_new_code_is_tried_at_once_though_the_old_one_has_just_failed() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pool.events.fail_init(fixture.runners[0].slot, init_error)
    fixture.pool.events.exit(fixture.runners[0].slot, EXIT_3)
    fixture.pool.restart_slots()
    fixture.submit("b")
    assert len(fixture.runners) == 2
    fixture.pool.events.poll(fixture.runners[1].slot)
    assert fixture.runners[1].delivered == ["b"]


def test_a_slot_that_starts_with_old_code_is_replaced_and_nothing_that_waits_is_lost() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pool.restart_slots()
    old, new = fixture.runners
    assert old.calls == ["start", "stop"]
    fixture.pool.events.exit(old.slot, EXIT_3)
    fixture.pool.events.poll(new.slot)
    assert new.delivered == ["a"]


def test_draining_runs_what_was_accepted_and_then_ends() -> None:
    drained: list[str] = []
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1, min_capacity=1))
    [slot] = fixture.start_slots(1)
    fixture.submit("a", "b")
    fixture.pool.drain(lambda: drained.append("drained"))
    fixture.pool.events.respond(slot, "a", RESULT)
    fixture.pool.events.poll(slot)
    assert fixture.runners[0].delivered[-1] == "b"
    fixture.pool.events.respond(slot, "b", RESULT)
    fixture.pool.events.poll(slot)
    assert (fixture.runners[0].calls, drained) == (["start", "stop"], [])
    fixture.pool.events.exit(slot, EXIT_3)
    assert (len(fixture.runners), drained) == (1, ["drained"])


def test_draining_what_does_nothing_ends_at_once() -> None:
    drained: list[str] = []
    fixture = PoolFixture()
    fixture.pool.drain(lambda: drained.append("drained"))
    assert drained == ["drained"]


def test_draining_ends_when_what_waits_for_a_slot_is_given_up() -> None:
    drained: list[str] = []
    fixture = PoolFixture(limits=Limits(queue_wait=5), managed=False)
    fixture.submit("a")
    fixture.pool.drain(lambda: drained.append("drained"))
    assert drained == []
    fixture.pass_time(5)
    assert (fixture.result_of("a").ending, drained) == (Ending.NOT_RUN, ["drained"])


def test_a_function_that_comes_back_while_it_is_draining_goes_on() -> None:
    drained: list[str] = []
    fixture = PoolFixture()
    [slot] = fixture.start_slots(1)
    fixture.pool.drain(lambda: drained.append("drained"))
    fixture.pool.adjust(FUNCTION)
    fixture.pool.events.exit(slot, EXIT_3)
    fixture.submit("a")
    fixture.pool.events.poll(fixture.runners[-1].slot)
    assert (fixture.runners[-1].delivered, drained) == (["a"], [])


EVENTS = [
    *("submit", "poll", "respond", "exit", "fail init", "time", "short time", "disconnect"),
    *("containers", "retire", "withdraw", "adjust", "restart slots", "drain"),
]


@settings(max_examples=300, deadline=None)
@given(
    script=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 7)), max_size=120),
    most=st.integers(1, 3),
    least=st.integers(0, 1),
    managed=st.booleans(),
)
def test_whatever_happens_every_request_ends_once_and_is_handed_over_at_most_once(
    script: list[tuple[str, int]], most: int, least: int, managed: bool
) -> None:
    function = replace(FUNCTION, max_capacity=most, min_capacity=least, queue_depth=4)
    fixture = PoolFixture(function, limits=Limits(queue_wait=20), managed=managed)
    fixture.most = most
    fixture.pool.start()
    accepted: set[str] = set()
    for at, (event, choice) in enumerate(script):
        take_step(fixture, event, choice, f"request {at}", accepted)
        slots = [runner.slot for runner in fixture.runners]
        withdrawn = sum(slot.withdrawn and slot.state is not State.LEAVING for slot in slots)
        assert fixture.states().count(State.BUSY) <= fixture.most * fixture.containers + withdrawn
        assert fixture.pool.works.running + len(fixture.pool.works.waiting) == sum(
            not fixture.outcomes[name] for name in accepted
        )
    fixture.pass_time(200)
    fixture.pool.close()
    fixture.pool.abort()
    for request_id in accepted:
        assert len(fixture.outcomes[request_id]) == 1
    delivered = [request_id for runner in fixture.runners for request_id in runner.delivered]
    assert len(delivered) == len(set(delivered))
    not_run = {name for name in accepted if fixture.outcomes[name][0].ending is Ending.NOT_RUN}
    assert not_run.isdisjoint(delivered)


def take_step(fixture: PoolFixture, event: str, choice: int, request_id: str, accepted: set[str]) -> None:
    if event == "submit":
        if fixture.draining:
            return
        try:
            fixture.submit(request_id)
        except Throttled:
            return
        accepted.add(request_id)
    elif event == "time":
        fixture.pass_time(choice * 4.0)
    elif event == "short time":
        fixture.pass_time(choice / 100)
    elif event == "containers":
        fixture.pool.set_containers(choice % 3)
        fixture.containers = max(fixture.containers, choice % 3)
    elif event in ("adjust", "restart slots", "drain"):
        change(fixture, event, choice)
    elif event == "poll" and choice > 3:
        fixture.attached()
    else:
        living = [runner for runner in fixture.runners if not runner.gone]
        if living:
            act(fixture, event, living[choice % len(living)])


def change(fixture: PoolFixture, event: str, choice: int) -> None:
    if event == "restart slots":
        fixture.pool.restart_slots()
        return
    fixture.draining = event == "drain"
    if fixture.draining:
        fixture.pool.drain(lambda: None)
    else:
        fixture.pool.adjust(replace(FUNCTION, max_capacity=choice % 3 + 1, min_capacity=choice % 2, queue_depth=4))
        fixture.most = max(fixture.most, choice % 3 + 1)


def act(fixture: PoolFixture, event: str, runner: RecordingRunner) -> None:
    actions: dict[str, Callable[[], object]] = {
        "poll": lambda: fixture.pool.events.poll(runner.slot),
        "respond": lambda: fixture.pool.events.respond(runner.slot, (runner.delivered or [""])[-1], RESULT),
        "exit": lambda: fixture.pool.events.exit(runner.slot, EXIT_3),
        "retire": lambda: fixture.pool.ends.retire(runner.slot),
        "withdraw": lambda: fixture.pool.events.withdraw(runner.slot),
        "fail init": lambda: fixture.pool.events.fail_init(runner.slot, init_error),
    }
    if event == "disconnect":
        runner.connected = False
    else:
        runner.gone = event == "exit"
        actions[event]()


def test_with_one_slot_a_container_the_next_starts_after_the_end_of_the_last() -> None:
    """Both would listen on the same port."""
    fixture = PoolFixture()
    fixture.pool.set_containers(1, one_each=True)
    fixture.submit("a", "b")
    (first,) = fixture.runners
    fixture.pool.events.poll(first.slot)
    fixture.pool.ends.retire(first.slot)
    assert fixture.pool.events.respond(first.slot, "a", RESULT)
    fixture.pool.events.poll(first.slot)
    assert fixture.runners == [first]
    fixture.pool.events.exit(first.slot, failures.NO_REASON)
    assert len(fixture.runners) == 2


def test_a_slot_that_fails_answers_its_caller_and_ends_later() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    (first,) = fixture.runners
    fixture.pool.events.poll(first.slot)
    fixture.pool.events.fail(first.slot, lambda _: b"crash")
    assert fixture.outcomes["a"] == [Result(Ending.EXITED, b"crash")]
    assert first.slot.state is State.LEAVING
    fixture.pool.events.fail(first.slot, lambda _: b"again")
    fixture.pool.events.exit(first.slot, EXIT_3)
    assert not fixture.pool.slots
    assert len(fixture.outcomes["a"]) == 1


def test_a_slot_that_fails_while_it_starts_is_a_failed_init() -> None:
    fixture = PoolFixture()
    fixture.submit("a")
    fixture.pool.events.fail(fixture.runners[0].slot, lambda _: b"crash")
    fixture.pass_time(0.01)
    assert fixture.outcomes["a"] == [Result(Ending.INIT_ERROR, b"crash")]


def test_extensions_have_longer_to_end() -> None:
    fixture = PoolFixture()
    (slot,) = fixture.start_slots(1)
    fixture.runners[0].stop_grace = 2.0
    fixture.pool.ends.retire(slot)
    fixture.pass_time(1.9)
    assert fixture.runners[0].calls[-1] == "stop"
    fixture.pass_time(0.1)
    assert fixture.runners[0].calls[-1] == "kill"


def test_a_new_container_with_one_slot_serves_before_the_old_one_has_ended() -> None:
    """A rolling update that starts the new container first, of a function with extensions."""
    fixture = PoolFixture(replace(FUNCTION, min_capacity=1))
    fixture.pool.set_containers(1, one_each=True)
    (old,) = fixture.runners
    fixture.pool.events.poll(old.slot)
    fixture.pool.set_containers(2, one_each=True)
    fixture.pool.set_containers(1, one_each=True)  # what the old container's `drain` does
    fixture.pool.events.withdraw(old.slot)
    assert (old.slot.state, old.calls) == (State.LEAVING, ["start", "stop"])
    (_, new) = fixture.runners
    fixture.pool.events.poll(new.slot)
    fixture.submit("a")
    assert new.delivered == ["a"]
    fixture.pool.events.exit(old.slot, failures.NO_REASON)
    assert len(fixture.runners) == 2


@pytest.mark.parametrize("one_each", [True, False])
def test_a_busy_slot_of_a_container_that_stops_keeps_none_of_the_others_from_work(one_each: bool) -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1, queue_depth=0))
    fixture.pool.set_containers(1, one_each=one_each)
    (old,) = fixture.start_slots(1)
    fixture.submit("long")
    fixture.pool.set_containers(1, one_each=one_each)
    fixture.pool.events.withdraw(old)
    fixture.submit("a")
    new = fixture.runners[1]
    fixture.pool.events.poll(new.slot)
    assert (new.delivered, fixture.pool.works.running) == (["a"], 2)
    with pytest.raises(Throttled):
        fixture.submit("b")
    assert fixture.pool.events.respond(old, "long", RESULT)
    fixture.pool.events.poll(old)
    assert fixture.pool.starts.capacity.running == 1
    fixture.pool.events.exit(old, failures.NO_REASON)
    assert fixture.runners[1:] == [new]


def test_a_lower_maximum_ends_slots_of_the_new_container_while_the_old_one_is_busy() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=2))
    old = fixture.start_slots(2)
    fixture.submit("long", "longer")
    for slot in old:
        fixture.pool.events.withdraw(slot)
    fixture.submit("a", "b")
    new = fixture.runners[2:]
    for runner in new:
        fixture.pool.events.poll(runner.slot)
    for runner in new:
        assert fixture.pool.events.respond(runner.slot, runner.delivered[-1], RESULT)
        fixture.pool.events.poll(runner.slot)
    fixture.pool.adjust(replace(FUNCTION, max_capacity=1))
    assert sorted(runner.slot.state.value for runner in new) == ["idle", "leaving"]
    assert [slot.state for slot in old] == [State.BUSY, State.BUSY]


def test_reserved_concurrency_counts_busy_slots_of_containers_that_stop() -> None:
    fixture = PoolFixture(replace(FUNCTION, max_capacity=1, reserved_concurrency=1))
    (old,) = fixture.start_slots(1)
    fixture.submit("long")
    fixture.pool.events.withdraw(old)
    with pytest.raises(Throttled):
        fixture.submit("a")
    assert len(fixture.runners) == 1
