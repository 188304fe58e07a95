"""Sample events of topics and buses, made by the code that delivers the real ones, for `esb-cloud event`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, TypeAlias

from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.events.put_events import event_head
from esb_cloud.eventbridge.inputs import dump
from esb_cloud.sns.notifications.messages import Envelope, PublishedMessage, lambda_event
from esb_wire.patterns import read_json
from esb_wire.random_ids import RandomIds
from esb_wire.utc_times import to_millisecond, to_second

Make: TypeAlias = Callable[[Mapping[str, Any], Stack, float, RandomIds], str]

_URL: Final = "http://cloud:4566"  # as links of the stack begin
_SEQUENCE: Final = "10000000000000000000"


class InvalidOption(ValueError):
    """An option of the command line; the text says what to do."""


def _event(options: Mapping[str, Any], stack: Stack, now: float, ids: RandomIds) -> str:
    entry = {
        "Source": options.get("source") or "my.application",
        "DetailType": options.get("detail-type") or "Something Happened",
    }
    with suppress(ValueError):
        detail = read_json(options.get("body") or "{}")
        if isinstance(detail, dict):
            return dump({**event_head(entry, stack, ids.uuid(), to_second(now)), "detail": detail})
    raise InvalidOption('--body: the detail of an event is a JSON object, such as {"hello": "world"}.')


def _notification(options: Mapping[str, Any], stack: Stack, now: float, ids: RandomIds) -> str:
    topic = stack.arn("sns", options.get("topic") or "my-topic")
    is_fifo = topic.endswith(".fifo")
    message = PublishedMessage(
        id=ids.uuid(),
        topic_arn=topic,
        time=to_millisecond(now),
        text=options.get("body") or "Hello from SNS",
        texts={},
        subject=options.get("subject") or None,
        attributes=dict(map(_attribute, options.get("attribute", ()))),
        sequence=_SEQUENCE if is_fifo else None,
    )
    subscription = f"{topic}:{ids.uuid()}"
    unsubscribe = f"{_URL}/?Action=Unsubscribe&SubscriptionArn={subscription}"
    signature = None if is_fifo else "EXAMPLE"  # messages of FIFO topics are not signed
    return lambda_event(message, subscription, Envelope(unsubscribe, signature, "1", f"{_URL}/certificate.pem"))


def _attribute(text: str) -> tuple[str, dict[str, str]]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise InvalidOption(f"--attribute {text}: not an attribute; write it as name=value.")
    return name, {"DataType": "String", "StringValue": value}


SAMPLES: Final[Mapping[tuple[str, str], Make]] = {
    ("eventbridge", "event"): _event,
    ("sns", "notification"): _notification,
}
