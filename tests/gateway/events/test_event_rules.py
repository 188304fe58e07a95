"""What comes next for an event: AWS's schedule of retries, ages and destinations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from esb_gateway.async_invoke.records import record
from esb_gateway.async_invoke.rules import (
    AWS_DELAYS,
    Again,
    Condition,
    Event,
    Over,
    Routes,
    after,
    before,
    routes,
)
from esb_gateway.invocation import Destination, Ending, EventInvoke, Function, Invocation, Outcome

NOW = 1_700_000_000.0
ARN = "arn:aws:lambda:us-east-1:123456789012:function:work"
INVOCATION = Invocation("work", b'{"n": 1.10}', "id-1", "Root=1-0", ARN)
FAILED = Outcome(Ending.FUNCTION_ERROR, b'{"errorType":"E"}')
QUEUE = Destination(arn="arn:aws:sqs:us-east-1:123456789012:failed")
AUDIT = Destination(function="audit")


def event(attempts: int = 0, age: float = 0.0) -> Event:
    return Event(INVOCATION, accepted=NOW - age, due=NOW, attempts=attempts)


def test_a_failure_runs_again_after_one_minute_then_after_two_then_no_more() -> None:
    assert after(event(0), FAILED, EventInvoke(), NOW) == Again(NOW + 60, 1)
    assert after(event(1), FAILED, EventInvoke(), NOW) == Again(NOW + 120, 2)
    assert after(event(2), FAILED, EventInvoke(), NOW) == Over(Condition.RETRIES_EXHAUSTED, 3, FAILED.payload)


@pytest.mark.parametrize(("most", "attempts"), [(0, 1), (1, 2), (2, 3)])
def test_the_function_says_how_often(most: int, attempts: int) -> None:
    policy = EventInvoke(maximum_retry_attempts=most)
    assert isinstance(after(event(attempts - 1), FAILED, policy, NOW), Over)
    assert attempts == 1 or isinstance(after(event(attempts - 2), FAILED, policy, NOW), Again)


@pytest.mark.parametrize(
    "ending", [Ending.FUNCTION_ERROR, Ending.TIMED_OUT, Ending.EXITED, Ending.INIT_ERROR, Ending.TOO_BIG]
)
def test_each_way_to_fail_is_a_failure(ending: Ending) -> None:
    assert isinstance(after(event(), Outcome(ending, b"{}"), EventInvoke(), NOW), Again)


def test_success_ends_it_whatever_its_age() -> None:
    done = Outcome(Ending.DONE, b"1")
    assert after(event(1, age=99999), done, EventInvoke(), NOW) == Over(Condition.SUCCESS, 2, b"1")


def test_no_retry_is_planned_for_when_the_age_is_over() -> None:
    policy = EventInvoke(maximum_event_age=60)
    assert after(event(age=1), FAILED, policy, NOW) == Over(Condition.EVENT_AGE_EXCEEDED, 1, FAILED.payload)


def test_nothing_is_tried_beyond_the_age_or_without_concurrency() -> None:
    policy = EventInvoke(maximum_event_age=60)
    made = Function("work", ARN, "app.handler", "python3.12", 3, 128, 0, 2, 300, 1000, event_invoke=policy)
    none = Function("work", ARN, "app.handler", "python3.12", 3, 128, 0, 2, 300, 1000, reserved_concurrency=0)
    assert before(event(age=59), made, NOW) is None
    assert before(event(age=60, attempts=1), made, NOW) == Over(Condition.EVENT_AGE_EXCEEDED, 1)
    assert before(event(), none, NOW) == Over(Condition.ZERO_RESERVED_CONCURRENCY, 0)
    assert before(event(age=21599), None, NOW) is None
    assert before(event(age=21600), None, NOW) == Over(Condition.EVENT_AGE_EXCEEDED, 0)


def test_throttles_double_from_a_second_to_five_minutes() -> None:
    assert [AWS_DELAYS.throttle(count) for count in (1, 2, 3, 8, 9, 10, 5000)] == [1, 2, 4, 128, 256, 300, 300]


RAN = {"statusCode": 200, "executedVersion": "$LATEST"}
SUCCESS, EXHAUSTED = Over(Condition.SUCCESS, 1, b"1"), Over(Condition.RETRIES_EXHAUSTED, 3, b"{}")


@pytest.mark.parametrize(
    ("over", "policy", "expected"),
    [
        (SUCCESS, EventInvoke(), Routes()),
        (SUCCESS, EventInvoke(on_success=AUDIT, on_failure=QUEUE), Routes(functions=("audit",))),
        (SUCCESS, EventInvoke(on_success=QUEUE), Routes(arns=(QUEUE.arn,))),
        (EXHAUSTED, EventInvoke(on_success=AUDIT), Routes(keep=True)),
        (EXHAUSTED, EventInvoke(on_failure=AUDIT), Routes(functions=("audit",))),
        (EXHAUSTED, EventInvoke(dead_letter=QUEUE), Routes(arns=(QUEUE.arn,))),
        (EXHAUSTED, EventInvoke(on_failure=AUDIT, dead_letter=QUEUE), Routes(("audit",), (QUEUE.arn,))),
        (EXHAUSTED, EventInvoke(on_failure=AUDIT, dead_letter=AUDIT), Routes(("audit",))),
    ],
)
def test_where_the_record_goes(over: Over, policy: EventInvoke, expected: Routes) -> None:
    assert routes(over, policy) == expected


def test_a_record_has_the_shape_of_aws() -> None:
    assert json.loads(record(event(2), EXHAUSTED, NOW)) == {
        "version": "1.0",
        "timestamp": "2023-11-14T22:13:20.000Z",
        "requestContext": {
            "requestId": "id-1",
            "functionArn": f"{ARN}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"n": 1.1},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {},
    }


@pytest.mark.parametrize(
    ("over", "context", "payload"),
    [
        (SUCCESS, RAN, 1),
        (
            Over(Condition.SUCCESS, 1, b"no json\xff"),
            {"statusCode": 200, "executedVersion": "$LATEST"},
            "no json\ufffd",
        ),
        (Over(Condition.EVENT_AGE_EXCEEDED, 0), {"statusCode": 429}, None),
        (Over(Condition.ZERO_RESERVED_CONCURRENCY, 0), None, None),
    ],
)
def test_the_response_in_a_record(over: Over, context: Any, payload: Any) -> None:
    made = json.loads(record(event(), over, NOW))
    assert (made.get("responseContext"), made.get("responsePayload")) == (context, payload)


def test_the_request_is_in_the_record_byte_for_byte() -> None:
    assert b'"requestPayload":{"n": 1.10}' in record(event(), SUCCESS, NOW)


def test_a_qualifier_stays_in_the_arn() -> None:
    aliased = Event(Invocation("work", b"{}", "id", "", f"{ARN}:live"), NOW, NOW)
    assert json.loads(record(aliased, SUCCESS, NOW))["requestContext"]["functionArn"] == f"{ARN}:live"
