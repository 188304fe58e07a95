"""The attributes that a subscription can have, and the endpoint that it is for: checked in AWS's words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from esb_cloud.sns.arns import invalid
from esb_cloud.sns.notifications.delivery_policies import InvalidDeliveryPolicy, read_subscription_policy
from esb_cloud.sns.subscriptions.filter_policies import ATTRIBUTES, BODY, InvalidFilterPolicy, compile_policy
from esb_wire.offload import is_costly

HTTP: Final = ("http", "https")

_ELSEWHERE: Final = ("application", "email", "email-json", "firehose", "sms")
_QUEUE: Final = re.compile(r"arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w-]{1,80}(\.fifo)?", re.ASCII)
_FUNCTION: Final = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?", re.ASCII)


class Subscriber(NamedTuple):
    """The subscription that an attribute is checked for. `attributes` are all that it will have."""

    fifo: bool
    protocol: str
    attributes: Mapping[str, str]


def check_endpoint(protocol: str, endpoint: str, *, fifo: bool) -> None:
    """Raises AwsError unless a topic, which is `fifo` or not, can have such a subscriber."""
    if protocol in _ELSEWHERE:
        raise invalid(f"Protocol Reason: {protocol} is not available in this stack; use sqs, lambda, http or https")
    if protocol not in _ENDPOINTS:
        raise invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if fifo and protocol != "sqs":
        raise invalid("Invalid parameter: Endpoint Reason: Please use SQS queues as endpoints of FIFO topics")
    pattern, what = _ENDPOINTS[protocol]
    if not pattern.fullmatch(endpoint):
        raise invalid(what)
    if endpoint.endswith(".fifo") and not fifo and protocol == "sqs":
        reason = "FIFO SQS Queues can not be subscribed to standard SNS topics"
        raise invalid(f"Invalid parameter: Endpoint Reason: {reason}")


_ENDPOINTS: Final = {
    "sqs": (_QUEUE, "SQS endpoint ARN"),
    "lambda": (_FUNCTION, "Lambda endpoint ARN"),
    "http": (re.compile(r"http://[!-~]+"), "Endpoint must match the specified protocol"),
    "https": (re.compile(r"https://[!-~]+"), "Endpoint must match the specified protocol"),
}


def check_new(subscriber: Subscriber) -> None:
    """Raises AwsError unless a new subscription can have these attributes."""
    for name, value in subscriber.attributes.items():
        if name not in _CHECKS:
            raise invalid(f"Attributes Reason: Unknown attribute: {name}")
        _check(subscriber, name, value, "Attributes Reason: ")


def check_changed(subscriber: Subscriber, name: str) -> None:
    """Raises AwsError unless a subscription can have the attribute that was changed, or taken away."""
    if name not in _CHECKS:
        raise invalid("AttributeName")
    if name in subscriber.attributes:
        _check(subscriber, name, subscriber.attributes[name], "")


def dead_letter_queue(attributes: Mapping[str, str]) -> str | None:
    """The ARN of the queue for what cannot be delivered."""
    policy = attributes.get("RedrivePolicy")
    return None if policy is None else str(json.loads(policy)["deadLetterTargetArn"])


def _check(subscriber: Subscriber, name: str, value: str, where: str) -> None:
    reason = _CHECKS[name](subscriber, value)
    if reason is not None:
        # recorded: a nested policy that suits no attributes is refused without a prefix
        nested = reason.startswith("Filter policy scope")
        raise invalid(reason if nested else f"{where}{reason}")


def _filter_policy(subscriber: Subscriber, value: str) -> str | None:
    try:
        compile_policy(value, subscriber.attributes.get("FilterPolicyScope", ATTRIBUTES))
    except InvalidFilterPolicy as error:
        return str(error)
    return None


def _filter_policy_scope(subscriber: Subscriber, value: str) -> str | None:
    if value not in (ATTRIBUTES, BODY):
        return f"FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"
    policy = subscriber.attributes.get("FilterPolicy")
    return None if policy is None else _filter_policy(subscriber, policy)


def _raw_message_delivery(subscriber: Subscriber, value: str) -> str | None:
    if value.lower() not in ("true", "false"):
        return f"RawMessageDelivery: Invalid value [{value}]. Must be true or false."
    if subscriber.protocol == "lambda" and value.lower() == "true":
        return "Delivery protocol [lambda] does not support raw message delivery."
    return None


def _redrive_policy(subscriber: Subscriber, value: str) -> str | None:
    try:
        policy: Any = None if is_costly(value) else json.loads(value)
    except (ValueError, RecursionError):
        policy = None
    if not isinstance(policy, dict):
        return "RedrivePolicy: failed to parse JSON."
    queue = policy.get("deadLetterTargetArn")
    if not isinstance(queue, str) or not _QUEUE.fullmatch(queue):
        return "RedrivePolicy: deadLetterTargetArn is an invalid arn"
    if subscriber.fifo and not queue.endswith(".fifo"):
        return "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
    return None


def _delivery_policy(subscriber: Subscriber, value: str) -> str | None:
    if subscriber.protocol not in HTTP:
        return "DeliveryPolicy: is for http and https subscriptions"
    try:
        read_subscription_policy(value)
    except InvalidDeliveryPolicy as error:
        return f"DeliveryPolicy: {error}"
    return None


_CHECKS: Final[Mapping[str, Callable[[Subscriber, str], str | None]]] = {
    "DeliveryPolicy": _delivery_policy,
    "FilterPolicy": _filter_policy,
    "FilterPolicyScope": _filter_policy_scope,
    "RawMessageDelivery": _raw_message_delivery,
    "RedrivePolicy": _redrive_policy,
}
