"""Recorded records of asynchronous invocations. AWS sent them to queues and buses, ours to a function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.gateway.recorded.application import Application
from tests.gateway.recorded.recordings import Case, asking

_AREA = "Asynchronous invocations"
_MODULE = "lambda/test_lambda_destinations"
_MESSAGE = {"message": "one"}


def cases() -> Iterator[Case]:
    for test, event in (
        ("test_assess_lambda_destination_invocation[payload0]", {}),
        ("test_assess_lambda_destination_invocation[Success-payload0]", {}),
        ("test_assess_lambda_destination_invocation[payload1]", {"raise_error": 1}),
    ):
        yield Case(
            _AREA,
            _MODULE,
            test,
            "receive_message_result",
            asking(_messages, "Intentional", event),
            (*_QUEUE, *_MESSAGES_METADATA),
        )
    for mode in ("success", "failure"):
        yield Case(
            _AREA,
            _MODULE,
            "test_invoke_lambda_eventbridge",
            f"lambda_destination_event_bus_{mode}",
            asking(_detail, "Intentional", {"mode": mode}),
            (r"\.(account|detail-type|id|region|resources|source|time|version)$", _LINES),
        )
    yield Case(
        _AREA,
        _MODULE,
        "test_retries",
        "queue_destination_payload",
        asking(_messages, "Retried", _MESSAGE, 3),
        (*_QUEUE, *_MESSAGES_METADATA),
    )
    # The second attempt comes after a minute, the third two minutes later
    for step, function, attempts in (
        ("no_retry_failure_message", "AgedMinute", 1),
        ("single_retry_failure_message", "AgedTwoMinutes", 2),
    ):
        yield Case(
            _AREA,
            _MODULE,
            "test_maxeventage",
            step,
            asking(_body, function, _MESSAGE, attempts),
            _QUEUE_ONE,
        )
    yield Case(
        _AREA,
        "lambda/test_lambda",
        "test_reserved_concurrency",
        "msg",
        asking(_body, "Blocked", {}),
        _QUEUE_ONE,
    )
    yield Case(_AREA, "lambda/test_lambda", "test_request_id_async_invoke_with_retry", "end_messages", _ends)


_LINES = r".*\.stackTrace\[-1\]$"  # line numbers of the recorded function's file
_QUEUE_ONE = (r"\.(Attributes|MD5OfBody|MessageId|ReceiptHandle)$", _LINES)
_QUEUE = (r"\.Messages\[-1\]\.(Attributes|MD5OfBody|MessageId|ReceiptHandle)$", _LINES)
_MESSAGES_METADATA = (r"\.ResponseMetadata$",)


def _body(application: Application, *event: Any) -> Any:
    return {"Body": _record(application, *event)}


def _messages(application: Application, *event: Any) -> Any:
    return {"Messages": [_body(application, *event)]}


def _detail(application: Application, *event: Any) -> Any:
    return {"detail": _record(application, *event)}


def _event(application: Application, function: str, event: Any, attempts: int) -> str:
    """Run so many attempts of an event; gives its request id."""
    answer = application.invoke(function, event, InvocationType="Event")
    request_id = str(answer["ResponseMetadata"]["RequestId"])
    for attempt in range(1, attempts):
        application.run_again(request_id, attempt)
    return request_id


def _record(application: Application, function: str, event: Any, attempts: int = 1) -> Any:
    return application.received(_event(application, function, event, attempts))


def _ends(application: Application) -> list[str]:
    request_id = _event(application, "RetriedOnce", _MESSAGE, 2)
    return [line for line in application.log(request_id, 2) if line.startswith("END")]
