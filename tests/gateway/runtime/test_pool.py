"""The state machine of one function's slots, on a clock that the test moves and with runners that only note things."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esb_gateway.execution import failures
from esb_gateway.execution.pool import Pool
from esb_gateway.execution.slots import Answer, Limits, Outside, Slot, State, Work
from esb_gateway.invocation import Ending, Function, Invocation, Throttled

FUNCTION = Function(
    name="orders",
    arn="arn:aws:lambda:us-east-1:123456789012:function:orders",
    handler="app.handler",
    runtime="python3.12",
    timeout=3,
    memory_size=128,
    min_capacity=0,
    max_capacity=2,
    idle_timeout=60,
    queue_depth=10,
)
ANSWER = Answer(Ending.DONE, b'"done"')
EXIT_3 = failures.exit_reason(3)


@dataclass
class NotingRunner:
    slot: Slot
    connected: bool = True
    gone: bool = False
    delivered: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.orders.append("start")

    def deliver(self, work: Work) -> bool:
        if self.connected:
            self.delivered.append(work.invocation.request_id)
        return self.connected

    def finish(self, work: Work, ending: Ending, duration: float) -> bytes:
        raise AssertionError("the pool settles, its owner finishes")

    def stop(self) -> None:
        self.orders.append("stop")

    def kill(self) -> None:
        self.orders.append("kill")


class World:
    """A pool and everything outside of it."""

    def __init__(self, function: Function = FUNCTION, *, limits: Limits | None = None, hires: bool = True) -> None:
        self.now = 1000.0
        self.alarm = inf
        self.runners: list[NotingRunner] = []
        self.outcomes: dict[str, list[Answer]] = {}
        self.submitting = False
        self.containers = 1  # at the most, until now
        self.most = 0  # the highest max_capacity until now
        self.draining = False
        self.hires = hires
        outside = Outside(lambda: self.now, self._set_alarm, self._settle, self._hire if hires else None)
        self.pool = Pool(function, outside, limits or Limits())

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
        """Slots that are idle."""
        self.submit(*(f"warm-up {at}" for at in range(number)))
        slots = [runner.slot for runner in self.runners[-number:]]
        for slot in slots:
            self.pool.poll(slot)
        for runner in self.runners[-number:]:
            self.pool.answer(runner.slot, runner.delivered[-1], ANSWER)
            self.pool.poll(runner.slot)
        return slots

    def answer_of(self, request_id: str) -> Answer:
        [answer] = self.outcomes[request_id]
        return answer

    def states(self) -> list[State]:
        return [runner.slot.state for runner in self.runners]

    def joined(self) -> NotingRunner:
        """A runner that came by itself and polls."""
        runner = NotingRunner(slot=None)  # type: ignore[arg-type]
        runner.slot = self.pool.join(runner)
        self.runners.append(runner)
        self.pool.poll(runner.slot)
        return runner

    def _set_alarm(self, at: float) -> None:
        self.alarm = at

    def _hire(self, slot: Slot) -> NotingRunner:
        self.runners.append(NotingRunner(slot))
        return self.runners[-1]

    def _settle(self, work: Work, answer: Answer) -> None:
        assert not self.submitting, "done was called before submit returned"
        self.outcomes[work.invocation.request_id].append(answer)


def document(answer: Answer) -> dict[str, str]:
    content: dict[str, str] = json.loads(answer.payload)
    return content


def test_first_request_starts_a_slot_and_runs_when_it_polls() -> None:
    world = World()
    world.submit("a")
    [runner] = world.runners
    assert (runner.orders, runner.delivered) == (["start"], [])

    world.now += 0.2
    assert world.pool.poll(runner.slot)
    assert runner.delivered == ["a"]
    assert runner.slot.init_seconds == pytest.approx(0.2)

    assert world.pool.answer(runner.slot, "a", ANSWER)
    assert world.outcomes == {"a": [ANSWER]}


def test_warm_slot_takes_the_next_request_and_no_other_is_started() -> None:
    world = World()
    world.start_slots(1)
    world.submit("a")
    assert world.runners[0].delivered[-1] == "a"
    assert len(world.runners) == 1


def test_slots_start_up_to_the_maximum_and_the_rest_waits_in_order() -> None:
    world = World()
    world.submit("a", "b", "c", "d")
    first, second = world.runners
    world.pool.poll(first.slot)
    world.pool.poll(second.slot)
    assert (world.pool.running, world.pool.queued) == (2, 2)
    world.pool.answer(second.slot, "b", ANSWER)
    world.pool.poll(second.slot)
    world.pool.answer(first.slot, "a", ANSWER)
    world.pool.poll(first.slot)
    assert (first.delivered, second.delivered) == (["a", "d"], ["b", "c"])


def test_full_queue_throttles() -> None:
    world = World(replace(FUNCTION, max_capacity=1, queue_depth=2))
    world.submit("a", "b", "c")
    with pytest.raises(Throttled) as refused:
        world.submit("d")
    assert refused.value.reason == "ConcurrentInvocationLimitExceeded"
    assert world.outcomes["d"] == []


def test_queue_depth_zero_still_lets_a_slot_start() -> None:
    world = World(replace(FUNCTION, max_capacity=1, queue_depth=0))
    world.submit("a")
    with pytest.raises(Throttled):
        world.submit("b")


def test_function_without_any_slot_throttles_instead_of_waiting() -> None:
    world = World(replace(FUNCTION, max_capacity=0))
    with pytest.raises(Throttled):
        world.submit("a")


@pytest.mark.parametrize(("reserved", "accepted"), [(0, 0), (1, 1), (3, 3)])
def test_reserved_concurrency_bounds_running_and_waiting_together(reserved: int, accepted: int) -> None:
    world = World(replace(FUNCTION, reserved_concurrency=reserved))
    world.submit(*map(str, range(accepted)))
    with pytest.raises(Throttled) as refused:
        world.submit("one more")
    assert refused.value.reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_request_id_in_flight_is_refused() -> None:
    world = World()
    world.submit("a")
    with pytest.raises(ValueError, match="request id a is in flight already"):
        world.submit("a")


def test_nobody_waits_longer_than_the_longest_wait() -> None:
    world = World(limits=Limits(queue_wait=5, init=100))
    world.submit("a")
    world.pass_time(4.9)
    assert world.outcomes["a"] == []
    world.pass_time(0.2)
    assert world.answer_of("a").ending is Ending.NOT_RUN
    world.pool.poll(world.runners[0].slot)
    assert world.runners[0].delivered == []


def test_deadline_counts_from_the_hand_over() -> None:
    world = World(replace(FUNCTION, max_capacity=1))
    [slot] = world.start_slots(1)
    world.submit("a", "b")
    world.pass_time(2.9)
    world.pool.answer(slot, "a", ANSWER)
    world.pool.poll(slot)
    world.pass_time(2.9)
    assert world.outcomes["b"] == []
    world.pass_time(0.2)
    answer = world.answer_of("b")
    assert answer.ending is Ending.TIMED_OUT
    assert document(answer) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: b Error: Task timed out after 3.00 seconds",
    }


def test_overdue_slot_is_killed_and_its_late_answer_refused() -> None:
    world = World()
    [slot] = world.start_slots(1)
    world.submit("a")
    world.pass_time(3.1)
    assert world.runners[0].orders[-1] == "kill"
    assert not world.pool.answer(slot, "a", ANSWER)
    assert not world.pool.poll(slot)
    assert world.answer_of("a").ending is Ending.TIMED_OUT


def test_killed_slot_is_replaced_for_those_who_wait() -> None:
    world = World(replace(FUNCTION, max_capacity=1))
    world.start_slots(1)
    world.submit("a", "b")
    world.pass_time(3.1)
    assert len(world.runners) == 2
    world.pool.poll(world.runners[1].slot)
    assert world.runners[1].delivered == ["b"]


def test_slot_that_answers_but_never_polls_again_is_killed_at_the_deadline() -> None:
    world = World()
    [slot] = world.start_slots(1)
    world.submit("a")
    world.pool.answer(slot, "a", ANSWER)
    world.pass_time(3.1)
    assert world.runners[0].orders == ["start", "kill"]
    assert world.outcomes["a"] == [ANSWER]


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
    world = World()
    [slot] = world.start_slots(1)
    world.submit("a")
    world.pool.exit(slot, failures.exit_reason(returncode))
    assert world.answer_of("a").ending is Ending.EXITED
    assert document(world.answer_of("a")) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: a Error: {words}",
    }


def test_request_after_a_crash_gets_a_new_slot_at_once() -> None:
    world = World()
    [slot] = world.start_slots(1)
    world.submit("a")
    world.pool.exit(slot, EXIT_3)
    world.submit("b")
    world.pool.poll(world.runners[1].slot)
    assert world.runners[1].delivered == ["b"]


def test_answers_for_the_wrong_request_slot_or_time_are_refused() -> None:
    world = World()
    first, _ = world.start_slots(2)
    world.submit("a", "b")
    running = {runner.delivered[-1]: runner.slot for runner in world.runners}
    assert not world.pool.answer(running["a"], "b", ANSWER)
    assert not world.pool.answer(first, "unknown", ANSWER)
    assert world.pool.answer(running["a"], "a", ANSWER)
    assert not world.pool.answer(running["a"], "a", ANSWER)
    assert world.outcomes["a"] == [ANSWER]
    assert world.outcomes["b"] == []


def test_slot_may_not_poll_before_it_has_answered() -> None:
    world = World()
    [slot] = world.start_slots(1)
    world.submit("a")
    assert not world.pool.poll(slot)


def test_work_of_which_no_byte_went_out_goes_to_another_slot_first() -> None:
    world = World()
    first, second = world.start_slots(2)
    world.runners[1].connected = False  # the youngest is served first
    world.submit("a")
    assert world.runners[0].delivered[-1] == "a"
    assert second.state is State.RETURNING
    assert first.state is State.BUSY


def test_work_of_which_no_byte_went_out_is_ahead_of_the_queue() -> None:
    world = World(replace(FUNCTION, max_capacity=1))
    world.submit("a", "b")
    [first] = world.runners
    first.connected = False
    world.pool.poll(first.slot)
    assert (first.delivered, world.pool.queued) == ([], 2)
    world.pool.exit(first.slot, EXIT_3)
    world.pool.poll(world.runners[1].slot)
    assert world.runners[1].delivered == ["a"]


def init_error(request_id: str) -> bytes:
    return failures.init_error(request_id, posted=b'{"errorType":"Runtime.ImportModuleError","requestId":""}')


def test_init_error_fails_all_that_wait() -> None:
    world = World()
    world.submit("a", "b", "c")
    assert world.pool.fail_init(world.runners[0].slot, init_error)
    for request_id in "abc":
        assert world.answer_of(request_id).ending is Ending.INIT_ERROR
        assert document(world.answer_of(request_id)) == {
            "errorType": "Runtime.ImportModuleError",
            "requestId": request_id,
        }


def test_init_error_answers_what_comes_during_the_backoff_and_then_it_is_tried_again() -> None:
    world = World()
    world.submit("a")
    world.pool.fail_init(world.runners[0].slot, init_error)
    world.pool.exit(world.runners[0].slot, failures.exit_reason(1))
    world.submit("b")
    world.pass_time(0.001)
    assert world.answer_of("b").ending is Ending.INIT_ERROR
    assert len(world.runners) == 1
    world.pass_time(0.05)
    world.submit("c")
    assert len(world.runners) == 2
    world.pool.poll(world.runners[1].slot)
    assert world.runners[1].delivered == ["c"]


def test_backoff_doubles_up_to_its_end_and_starts_again_after_an_answer() -> None:
    world = World(replace(FUNCTION, min_capacity=1, max_capacity=1))
    world.pool.start()
    starts = []
    for _ in range(10):
        starts.append(world.now)
        world.pool.exit(world.runners[-1].slot, EXIT_3)
        attempts = len(world.runners)
        while len(world.runners) == attempts:
            world.pass_time(world.alarm - world.now)
    pauses = [after - before for before, after in zip(starts, [*starts[1:], world.now], strict=True)]
    assert pauses == pytest.approx([0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10])

    world.submit("a")
    world.pool.poll(world.runners[-1].slot)
    world.pool.answer(world.runners[-1].slot, "a", ANSWER)
    world.pool.poll(world.runners[-1].slot)
    world.pool.exit(world.runners[-1].slot, EXIT_3)
    attempts = len(world.runners)
    world.pass_time(0.051)
    assert len(world.runners) == attempts + 1


def test_exit_during_init_is_an_init_error() -> None:
    world = World()
    world.submit("a")
    world.pool.exit(world.runners[0].slot, EXIT_3)
    assert world.answer_of("a").ending is Ending.INIT_ERROR
    assert document(world.answer_of("a"))["errorMessage"] == "RequestId: a Error: " + EXIT_3


def test_init_error_of_one_slot_leaves_the_queue_to_the_one_that_works() -> None:
    world = World()
    [slot] = world.start_slots(1)
    world.submit("a", "b")
    world.pool.fail_init(world.runners[1].slot, init_error)
    assert world.outcomes["b"] == []
    world.pool.answer(slot, "a", ANSWER)
    world.pool.poll(slot)
    assert world.runners[0].delivered[-1] == "b"


def test_init_error_after_the_first_poll_is_refused() -> None:
    world = World()
    [slot] = world.start_slots(1)
    assert not world.pool.fail_init(slot, init_error)


def test_runtime_that_reports_an_init_error_and_stays_is_killed() -> None:
    world = World()
    world.submit("a")
    world.pool.fail_init(world.runners[0].slot, init_error)
    world.pass_time(1.1)
    assert world.runners[0].orders == ["start", "kill"]


def test_init_longer_than_the_limit_is_tried_again_inside_the_request() -> None:
    world = World(replace(FUNCTION, timeout=30))
    world.submit("a")
    world.pass_time(10.1)
    assert world.runners[0].orders == ["start", "kill"]
    assert len(world.runners) == 2

    world.pass_time(12)
    world.pool.poll(world.runners[1].slot)
    assert world.runners[1].delivered == ["a"]
    world.pool.answer(world.runners[1].slot, "a", ANSWER)
    assert world.outcomes["a"] == [ANSWER]


def test_timeout_covers_the_init_inside_the_request() -> None:
    world = World()
    world.submit("a")
    world.pass_time(10.0)
    world.pass_time(2.9)
    assert world.outcomes["a"] == []
    world.pass_time(0.2)
    assert world.answer_of("a").ending is Ending.TIMED_OUT
    assert world.runners[1].orders == ["start", "kill"]


def test_slots_that_are_always_there_have_more_time_to_start() -> None:
    world = World(replace(FUNCTION, min_capacity=1))
    world.pool.start()
    world.pass_time(100)
    assert world.runners[0].orders == ["start"]


def test_idle_slots_leave_until_the_minimum_is_left() -> None:
    world = World(replace(FUNCTION, min_capacity=1, max_capacity=3))
    world.start_slots(3)
    world.pass_time(59)
    assert world.states() == [State.IDLE] * 3
    world.pass_time(2)
    assert sorted(state.value for state in world.states()) == ["idle", "leaving", "leaving"]
    world.pass_time(1)
    assert sum(runner.orders == ["start", "stop", "kill"] for runner in world.runners) == 2


def test_function_scales_to_zero_and_comes_back() -> None:
    world = World()
    [slot] = world.start_slots(1)
    world.pass_time(60)
    assert world.runners[0].orders == ["start", "stop"]
    world.pool.exit(slot, failures.exit_reason(-15))
    assert world.pool.empty
    world.pass_time(1)
    assert world.alarm == inf
    world.submit("a")
    assert len(world.runners) == 2


def test_minimum_is_started_first_and_restored_after_an_idle_crash() -> None:
    world = World(replace(FUNCTION, min_capacity=2, max_capacity=4))
    world.pool.start()
    assert len(world.runners) == 2
    for runner in world.runners:
        world.pool.poll(runner.slot)
    world.pool.exit(world.runners[0].slot, EXIT_3)
    assert len(world.runners) == 2
    world.pass_time(0.051)
    assert len(world.runners) == 3


def test_slots_that_come_by_themselves_share_the_work_up_to_the_maximum() -> None:
    world = World(hires=False)
    runners = [world.joined() for _ in range(3)]
    world.submit("a", "b", "c")
    assert sorted(len(runner.delivered) for runner in runners) == [0, 1, 1]
    assert world.pool.answer(None, "b", ANSWER)
    assert sorted(len(runner.delivered) for runner in runners) == [1, 1, 1]


def test_old_init_error_is_forgotten_once_a_slot_came_that_works() -> None:
    world = World(hires=False)
    world.pool.fail_init(None, init_error)
    runner = world.joined()
    world.pool.exit(runner.slot, failures.NO_REASON)
    world.submit("a")
    world.pass_time(0.2)
    assert world.outcomes["a"] == []


def test_close_gives_up_what_waits_and_lets_the_running_finish() -> None:
    world = World(replace(FUNCTION, max_capacity=1))
    [slot] = world.start_slots(1)
    world.submit("a", "b")
    world.pool.close()
    assert world.answer_of("b").ending is Ending.NOT_RUN
    assert world.pool.answer(slot, "a", ANSWER)
    world.pool.poll(slot)
    assert world.runners[0].orders == ["start", "stop"]
    with pytest.raises(Throttled):
        world.submit("c")


def test_abort_ends_what_still_runs() -> None:
    world = World()
    world.start_slots(1)
    world.submit("a")
    world.pool.close()
    world.pool.abort()
    assert world.answer_of("a").ending is Ending.EXITED
    assert world.runners[0].orders == ["start", "kill"]


def test_without_a_container_work_waits_and_starts_when_one_comes() -> None:
    world = World()
    world.pool.resize(0)
    world.submit("a", "b", "c")
    assert (world.runners, world.pool.queued) == ([], 3)
    world.pool.resize(1)
    assert len(world.runners) == 2
    world.pool.poll(world.runners[0].slot)
    assert world.runners[0].delivered == ["a"]


def test_waiting_for_a_container_has_an_end_and_a_bound() -> None:
    world = World(replace(FUNCTION, queue_depth=0), limits=Limits(queue_wait=5))
    world.pool.resize(0)
    world.submit("a", "b")
    with pytest.raises(Throttled):
        world.submit("c")
    world.pass_time(5)
    assert world.answer_of("a").ending is Ending.NOT_RUN


def test_every_container_has_room_for_the_maximum() -> None:
    world = World(replace(FUNCTION, reserved_concurrency=5))
    world.pool.resize(2)
    world.submit("a", "b", "c", "d")
    assert len(world.runners) == 4
    world.pool.resize(3)
    world.submit("e")
    assert len(world.runners) == 5  # the reserved ones


def test_provisioned_slots_wait_for_a_container() -> None:
    world = World(replace(FUNCTION, min_capacity=1))
    world.pool.resize(0)
    world.pool.start()
    assert world.runners == []
    world.pool.resize(1)
    assert len(world.runners) == 1


def test_retired_slot_is_stopped_once_it_has_answered() -> None:
    world = World()
    idle, busy = world.start_slots(2)
    world.submit("a")
    assert world.runners[1].delivered[-1] == "a"
    world.pool.resize(0)
    for slot in (idle, busy):
        world.pool.retire(slot)
    assert [runner.orders for runner in world.runners] == [["start", "stop"], ["start"]]
    assert world.pool.answer(busy, "a", ANSWER)
    world.pool.poll(busy)
    assert world.runners[1].orders == ["start", "stop"]
    world.submit("b")
    assert world.pool.queued == 1


def test_only_slots_that_were_hired_are_stopped_when_idle() -> None:
    world = World()
    came = world.joined()
    world.submit("a", "b")
    [hired] = world.runners[1:]
    world.pool.poll(hired.slot)
    for runner in (came, hired):
        world.pool.answer(runner.slot, runner.delivered[-1], ANSWER)
        world.pool.poll(runner.slot)
    world.pass_time(1000)
    assert (came.orders, hired.orders) == ([], ["start", "stop", "kill"])


def test_changed_limits_count_at_once_and_what_runs_keeps_its_deadline() -> None:
    world = World(replace(FUNCTION, max_capacity=1, timeout=10))
    [slot] = world.start_slots(1)
    world.submit("a", "b")
    world.pool.adjust(replace(FUNCTION, max_capacity=3, timeout=2, reserved_concurrency=3))
    assert len(world.runners) == 2, "there is room for what waited"
    world.pool.poll(world.runners[1].slot)
    world.submit("c")
    with pytest.raises(Throttled):
        world.submit("d")
    world.pass_time(2)
    assert document(world.answer_of("b"))["errorMessage"].endswith("Task timed out after 2.00 seconds")
    assert world.outcomes["a"] == []
    world.pass_time(8)
    assert document(world.answer_of("a"))["errorMessage"].endswith("Task timed out after 10.00 seconds")
    assert slot.state is State.LEAVING


def test_a_higher_minimum_starts_slots_and_a_lower_maximum_ends_those_that_are_too_many() -> None:
    world = World()
    world.pool.adjust(replace(FUNCTION, min_capacity=2))
    assert len(world.runners) == 2
    for runner in world.runners:
        world.pool.poll(runner.slot)
    world.submit("a")
    world.pool.adjust(replace(FUNCTION, max_capacity=1))
    assert [runner.orders for runner in world.runners if not runner.delivered] == [["start", "stop"]]
    assert [runner.orders for runner in world.runners if runner.delivered] == [["start"]]


def test_a_shorter_idle_timeout_counts_for_slots_that_are_idle_already() -> None:
    world = World()
    world.start_slots(1)
    world.pool.adjust(replace(FUNCTION, idle_timeout=5))
    world.pass_time(5)
    assert world.runners[0].orders[:2] == ["start", "stop"]


def test_new_code_runs_in_new_slots_and_what_runs_is_answered_by_the_old_one() -> None:
    world = World(replace(FUNCTION, max_capacity=3))
    idle, busy = world.start_slots(2)
    world.submit("a")
    assert (world.states(), busy.work is not None) == ([State.IDLE, State.BUSY], True)
    world.pool.renew()
    assert idle.state is State.LEAVING
    world.submit("b")
    new = world.runners[2]
    world.pool.poll(new.slot)
    assert new.delivered == ["b"]
    assert world.pool.answer(busy, "a", ANSWER)
    world.pool.poll(busy)
    assert busy.state is State.LEAVING


def test_new_code_is_tried_at_once_though_the_old_one_has_just_failed() -> None:
    world = World()
    world.submit("a")
    world.pool.fail_init(world.runners[0].slot, init_error)
    world.pool.exit(world.runners[0].slot, EXIT_3)
    world.pool.renew()
    world.submit("b")
    assert len(world.runners) == 2
    world.pool.poll(world.runners[1].slot)
    assert world.runners[1].delivered == ["b"]


def test_a_slot_that_starts_with_old_code_is_replaced_and_nothing_that_waits_is_lost() -> None:
    world = World()
    world.submit("a")
    world.pool.renew()
    old, new = world.runners
    assert old.orders == ["start", "stop"]
    world.pool.exit(old.slot, EXIT_3)
    world.pool.poll(new.slot)
    assert new.delivered == ["a"]


def test_draining_runs_what_was_accepted_and_then_ends() -> None:
    drained: list[str] = []
    world = World(replace(FUNCTION, max_capacity=1, min_capacity=1))
    [slot] = world.start_slots(1)
    world.submit("a", "b")
    world.pool.drain(lambda: drained.append("drained"))
    world.pool.answer(slot, "a", ANSWER)
    world.pool.poll(slot)
    assert world.runners[0].delivered[-1] == "b"
    world.pool.answer(slot, "b", ANSWER)
    world.pool.poll(slot)
    assert (world.runners[0].orders, drained) == (["start", "stop"], [])
    world.pool.exit(slot, EXIT_3)
    assert (len(world.runners), drained) == (1, ["drained"])


def test_draining_what_does_nothing_ends_at_once() -> None:
    drained: list[str] = []
    world = World()
    world.pool.drain(lambda: drained.append("drained"))
    assert drained == ["drained"]


def test_draining_ends_when_what_waits_for_a_slot_is_given_up() -> None:
    drained: list[str] = []
    world = World(limits=Limits(queue_wait=5), hires=False)
    world.submit("a")
    world.pool.drain(lambda: drained.append("drained"))
    assert drained == []
    world.pass_time(5)
    assert (world.answer_of("a").ending, drained) == (Ending.NOT_RUN, ["drained"])


def test_a_function_that_comes_back_while_it_is_draining_goes_on() -> None:
    drained: list[str] = []
    world = World()
    [slot] = world.start_slots(1)
    world.pool.drain(lambda: drained.append("drained"))
    world.pool.adjust(FUNCTION)
    world.pool.exit(slot, EXIT_3)
    world.submit("a")
    world.pool.poll(world.runners[-1].slot)
    assert (world.runners[-1].delivered, drained) == (["a"], [])


EVENTS = [
    *("submit", "poll", "answer", "exit", "fail init", "time", "short time", "disconnect"),
    *("resize", "retire", "adjust", "renew", "drain"),
]


@settings(max_examples=300, deadline=None)
@given(
    script=st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 7)), max_size=120),
    most=st.integers(1, 3),
    least=st.integers(0, 1),
    hires=st.booleans(),
)
def test_whatever_happens_every_request_ends_once_and_is_handed_over_at_most_once(
    script: list[tuple[str, int]], most: int, least: int, hires: bool
) -> None:
    function = replace(FUNCTION, max_capacity=most, min_capacity=least, queue_depth=4)
    world = World(function, limits=Limits(queue_wait=20), hires=hires)
    world.most = most
    world.pool.start()
    accepted: set[str] = set()
    for at, (event, choice) in enumerate(script):
        play(world, event, choice, f"request {at}", accepted)
        assert world.states().count(State.BUSY) <= world.most * world.containers
        assert world.pool.running + world.pool.queued == sum(not world.outcomes[name] for name in accepted)
    world.pass_time(200)
    world.pool.close()
    world.pool.abort()
    for request_id in accepted:
        assert len(world.outcomes[request_id]) == 1
    delivered = [request_id for runner in world.runners for request_id in runner.delivered]
    assert len(delivered) == len(set(delivered))
    not_run = {name for name in accepted if world.outcomes[name][0].ending is Ending.NOT_RUN}
    assert not_run.isdisjoint(delivered)


def play(world: World, event: str, choice: int, request_id: str, accepted: set[str]) -> None:
    if event == "submit":
        if world.draining:
            return
        try:
            world.submit(request_id)
        except Throttled:
            return
        accepted.add(request_id)
    elif event == "time":
        world.pass_time(choice * 4.0)
    elif event == "short time":
        world.pass_time(choice / 100)
    elif event == "resize":
        world.pool.resize(choice % 3)
        world.containers = max(world.containers, choice % 3)
    elif event in ("adjust", "renew", "drain"):
        change(world, event, choice)
    elif event == "poll" and choice > 3:
        world.joined()
    else:
        living = [runner for runner in world.runners if not runner.gone]
        if living:
            act(world, event, living[choice % len(living)])


def change(world: World, event: str, choice: int) -> None:
    if event == "renew":
        world.pool.renew()
        return
    world.draining = event == "drain"
    if world.draining:
        world.pool.drain(lambda: None)
    else:
        world.pool.adjust(replace(FUNCTION, max_capacity=choice % 3 + 1, min_capacity=choice % 2, queue_depth=4))
        world.most = max(world.most, choice % 3 + 1)


def act(world: World, event: str, runner: NotingRunner) -> None:
    actions: dict[str, Callable[[], object]] = {
        "poll": lambda: world.pool.poll(runner.slot),
        "answer": lambda: world.pool.answer(runner.slot, (runner.delivered or [""])[-1], ANSWER),
        "exit": lambda: world.pool.exit(runner.slot, EXIT_3),
        "retire": lambda: world.pool.retire(runner.slot),
        "fail init": lambda: world.pool.fail_init(runner.slot, init_error),
    }
    if event == "disconnect":
        runner.connected = False
    else:
        runner.gone = event == "exit"
        actions[event]()
