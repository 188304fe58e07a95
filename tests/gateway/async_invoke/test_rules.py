"""What comes next for an event: AWS's schedule of retries, ages and destinations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from esb_gateway.async_invoke.rules import (
    AWS_DELAYS,
    Condition,
    Ended,
    Event,
    Retry,
    after_attempt,
    before_attempt,
    dead_letter_queue,
    destinations,
)
from esb_gateway.invocation import Ending, Invocation, Outcome
from esb_gateway.tracing.lineage import with_invocation
from esb_schemas.contract import Destination, EventInvoke
from tests.gateway.functions import ORDERS

NOW = 1_700_000_000.0
ARN = "arn:aws:lambda:us-east-1:123456789012:function:work"
INVOCATION = Invocation("work", b'{"n": 1.10}', "id-1", "Root=1-0", ARN)
FAILED = Outcome(Ending.FUNCTION_ERROR, b'{"errorType":"E"}')
QUEUE = Destination(arn="arn:aws:sqs:us-east-1:123456789012:failed")
AUDIT = Destination(function="audit")


def event(attempts: int = 0, age: float = 0.0) -> Event:
    return Event(INVOCATION, accepted=NOW - age, due=NOW, attempts=attempts)


def test_a_failure_runs_again_after_one_minute_then_after_two_then_no_more() -> None:
    assert after_attempt(event(0), FAILED, EventInvoke(), NOW) == Retry(NOW + 60, 1)
    assert after_attempt(event(1), FAILED, EventInvoke(), NOW) == Retry(NOW + 120, 2)
    assert after_attempt(event(2), FAILED, EventInvoke(), NOW) == Ended(Condition.RETRIES_EXHAUSTED, 3, FAILED.payload)


@pytest.mark.parametrize(("most", "attempts"), [(0, 1), (1, 2), (2, 3)])
def test_the_function_says_how_often(most: int, attempts: int) -> None:
    policy = EventInvoke(maximum_retry_attempts=most)
    assert isinstance(after_attempt(event(attempts - 1), FAILED, policy, NOW), Ended)
    assert attempts == 1 or isinstance(after_attempt(event(attempts - 2), FAILED, policy, NOW), Retry)


@pytest.mark.parametrize(
    "ending", [Ending.FUNCTION_ERROR, Ending.TIMED_OUT, Ending.EXITED, Ending.INIT_ERROR, Ending.TOO_BIG]
)
def test_each_way_to_fail_is_a_failure(ending: Ending) -> None:
    assert isinstance(after_attempt(event(), Outcome(ending, b"{}"), EventInvoke(), NOW), Retry)


def test_success_ends_it_whatever_its_age() -> None:
    done = Outcome(Ending.DONE, b"1")
    assert after_attempt(event(1, age=99999), done, EventInvoke(), NOW) == Ended(Condition.SUCCESS, 2, b"1")


def test_no_retry_is_planned_for_when_the_age_is_over() -> None:
    policy = EventInvoke(maximum_event_age=60)
    assert after_attempt(event(age=1), FAILED, policy, NOW) == Ended(Condition.EVENT_AGE_EXCEEDED, 1, FAILED.payload)


def test_nothing_is_tried_beyond_the_age_or_without_concurrency() -> None:
    policy = EventInvoke(maximum_event_age=60)
    made = replace(ORDERS, name="work", arn=ARN, max_capacity=2, event_invoke=policy)
    none = replace(ORDERS, name="work", arn=ARN, max_capacity=2, reserved_concurrency=0)
    assert before_attempt(event(age=59), made, NOW) is None
    assert before_attempt(event(age=60, attempts=1), made, NOW) == Ended(Condition.EVENT_AGE_EXCEEDED, 1)
    assert before_attempt(event(), none, NOW) == Ended(Condition.ZERO_RESERVED_CONCURRENCY, 0)
    assert before_attempt(event(age=21599), None, NOW) is None
    assert before_attempt(event(age=21600), None, NOW) == Ended(Condition.EVENT_AGE_EXCEEDED, 0)


def test_a_chain_of_events_does_not_go_round_for_ever() -> None:
    made = replace(ORDERS, name="work", arn=ARN, max_capacity=2)
    trace = "Root=1-0"
    for _ in range(16):
        trace = with_invocation(trace, "work")
    looping = Event(INVOCATION._replace(trace_id=trace), accepted=NOW, due=NOW)
    assert before_attempt(looping, made, NOW) == Ended(Condition.RECURSIVE_LOOP, 0)
    assert before_attempt(looping, replace(made, may_loop=True), NOW) is None
    assert before_attempt(looping, replace(made, name="other"), NOW) is None


def test_throttles_double_from_a_second_to_five_minutes() -> None:
    assert [AWS_DELAYS.throttle(count) for count in (1, 2, 3, 8, 9, 10, 5000)] == [1, 2, 4, 128, 256, 300, 300]


SUCCESS, EXHAUSTED = Ended(Condition.SUCCESS, 1, b"1"), Ended(Condition.RETRIES_EXHAUSTED, 3, b"{}")


@pytest.mark.parametrize(
    ("ended", "policy", "expected"),
    [
        (SUCCESS, EventInvoke(), ()),
        (SUCCESS, EventInvoke(on_success=AUDIT, on_failure=QUEUE), (AUDIT,)),
        (SUCCESS, EventInvoke(on_success=QUEUE), (QUEUE,)),
        (EXHAUSTED, EventInvoke(on_success=AUDIT), ()),
        (EXHAUSTED, EventInvoke(on_failure=AUDIT), (AUDIT,)),
        (EXHAUSTED, EventInvoke(dead_letter=AUDIT), (AUDIT,)),
        (EXHAUSTED, EventInvoke(dead_letter=QUEUE), ()),
        (EXHAUSTED, EventInvoke(on_failure=QUEUE, dead_letter=QUEUE), (QUEUE,)),
        (EXHAUSTED, EventInvoke(on_failure=AUDIT, dead_letter=AUDIT), (AUDIT,)),
    ],
)
def test_where_the_record_goes(ended: Ended, policy: EventInvoke, expected: tuple[Destination, ...]) -> None:
    assert destinations(ended, policy) == expected


def test_a_dead_letter_queue_gets_what_failed() -> None:
    policy = EventInvoke(on_failure=QUEUE, dead_letter=QUEUE)
    assert dead_letter_queue(EXHAUSTED, policy) == QUEUE
    assert dead_letter_queue(SUCCESS, policy) is None
    assert dead_letter_queue(EXHAUSTED, EventInvoke(dead_letter=AUDIT)) is None
