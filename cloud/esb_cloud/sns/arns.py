"""ARNs in requests, refused in AWS's words (recorded)."""

from __future__ import annotations

from esb_cloud.aws.stack import Stack
from esb_wire.errors import AwsError

_ELEMENTS = 6


def topic_name(arn: str, stack: Stack, parameter: str = "TopicArn") -> str:
    """The name of a topic of this stack. Raises AwsError; whether the topic exists is not checked."""
    elements = _split(arn, parameter)
    if len(elements) != _ELEMENTS or arn != stack.arn("sns", elements[-1]):
        raise invalid(parameter)
    return elements[-1]


def subscription_id(arn: str, stack: Stack) -> str:
    """The last part of a subscription's ARN. Raises AwsError."""
    if not arn:
        raise invalid("SubscriptionArn Reason: no value for required parameter")
    elements = _split(arn, "SubscriptionArn")
    if len(elements) == _ELEMENTS:
        raise invalid("SubscriptionId")
    topic, identifier = elements[-2:]
    if arn != f"{stack.arn('sns', topic)}:{identifier}":
        raise invalid("SubscriptionArn")
    return identifier


def _split(arn: str, parameter: str) -> list[str]:
    elements = arn.split(":")
    if len(elements) < _ELEMENTS:
        raise invalid(f"{parameter} Reason: An ARN must have at least 6 elements, not {len(elements)}")
    return elements


def invalid(what: str) -> AwsError:
    """A parameter is refused."""
    return AwsError("InvalidParameter", f"Invalid parameter: {what}")


def no_topic() -> AwsError:
    return AwsError("NotFound", "Topic does not exist", 404)


def no_subscription() -> AwsError:
    return AwsError("NotFound", "Subscription does not exist", 404)
