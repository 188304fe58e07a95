"""Compares a topic of the file with the one on the server, and creates it.

Attributes that are not in the file get SNS's defaults, as in CloudFormation. Other subscriptions are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_provisioner.amount import amount
from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.attributes import without_off
from esb_provisioner.resources.policy_text import policy_text
from esb_provisioner.resources.reading import UNKNOWN
from esb_provisioner.resources.tag_aspect import tag_aspect, tag_pairs
from esb_provisioner.services.sns.calls import api_call
from esb_provisioner.services.sns.definition import Subscriber, Topic
from esb_provisioner.services.sns.read import ObservedSubscription, ObservedTopic
from esb_provisioner.steps import ApiCall, Operation, Step

FIFO: Final = "FifoTopic"
POLICIES: Final = ("DeliveryPolicy", "FilterPolicy", "RedrivePolicy")
# API reference, SetTopicAttributes and SetSubscriptionAttributes. An empty value removes an attribute.
DEFAULTS: Final[Mapping[str, str]] = {"DeliveryPolicy": "", "DisplayName": ""}
FIFO_DEFAULTS: Final[Mapping[str, str]] = {"ContentBasedDeduplication": "false"}
FIFO_ONLY: Final = frozenset({FIFO, *FIFO_DEFAULTS})
SUBSCRIPTION_DEFAULTS: Final[Mapping[str, str]] = {
    "FilterPolicyScope": "MessageAttributes",  # first, since a nested filter policy needs the other scope
    "FilterPolicy": "",
    "RawMessageDelivery": "false",
    "RedrivePolicy": "",
}
ANOTHER_TOPIC: Final = "give the topic another name in the template"


def create(topic: Topic) -> Iterator[Step]:
    """CreateTopic; the subscriptions need its ARN, and are added in the next round."""
    more: dict[str, Any] = {"Tags": tag_pairs(topic.tags)} if topic.tags else {}
    count = len(topic.subscriptions)
    then = f", then {amount(count, 'subscription')}" if count else ""
    yield Operation(
        topic.resource,
        "Name",
        f"not found{then}",
        api_call("create_topic", Name=topic.name, Attributes=without_off(topic.attributes, FIFO_ONLY), **more),
        essential=True,
        creates=True,
        fallback=api_call("create_topic", Name=topic.name, Attributes=needed(topic)),
    )


def needed(topic: Topic) -> dict[str, str]:
    return {FIFO: "true"} if topic.attributes.get(FIFO) == "true" else {}


def aspects(topic: Topic, seen: ObservedTopic) -> Iterator[Aspect]:
    """FifoTopic, which cannot be changed; the attributes; the tags; the subscriptions."""
    fifo = topic.attributes.get(FIFO, "false")
    yield Aspect(FIFO, fifo, seen.attributes.get(FIFO, "false").lower(), hint=ANOTHER_TOPIC)
    defaults = {**DEFAULTS, **(FIFO_DEFAULTS if fifo == "true" else {})}
    for key, value in sorted({**defaults, **without_off(topic.attributes, FIFO_ONLY)}.items()):
        if key != FIFO:
            call = api_call("set_topic_attributes", TopicArn=seen.arn, AttributeName=key, AttributeValue=value)
            yield from attribute(topic, key, (value, seen.attributes.get(key, "")), call)
    yield from tags(topic, seen)
    for subscriber, attributes in topic.subscriptions.items():
        yield from subscription(topic, seen, subscriber, attributes)


def subscription(
    topic: Topic, seen: ObservedTopic, subscriber: Subscriber, attributes: Mapping[str, str]
) -> Iterator[Aspect]:
    """A subscription and its attributes. One that is pending confirmation exists but cannot be changed."""
    found, key = seen.subscriptions.get(subscriber), f"subscription {subscriber}"
    given = {name: value for name, value in attributes.items() if value != SUBSCRIPTION_DEFAULTS.get(name)}
    call = api_call(
        "subscribe",
        TopicArn=seen.arn,
        Protocol=subscriber.protocol,
        Endpoint=subscriber.endpoint,
        Attributes=given,
        ReturnSubscriptionArn=True,
    )
    live = "missing" if found is None else "there"
    step = Operation(topic.resource, key, f"{subscriber}: not subscribed", call, essential=True)
    yield Aspect(key, "there", live, (step,))
    if found is not None:
        yield from subscription_attributes(topic, subscriber, found, {**SUBSCRIPTION_DEFAULTS, **attributes})


def subscription_attributes(
    topic: Topic, subscriber: Subscriber, found: ObservedSubscription, wanted: Mapping[str, str]
) -> Iterator[Aspect]:
    for name, value in wanted.items():
        key = f"{name} of {subscriber}"
        if not found.arn:
            yield Aspect(key, value, UNKNOWN)
            continue
        call = api_call(
            "set_subscription_attributes",
            SubscriptionArn=found.arn,
            AttributeName=name,
            AttributeValue=value or ("{}" if name == "FilterPolicy" else ""),
        )
        default = SUBSCRIPTION_DEFAULTS.get(name, "")
        yield from attribute(topic, key, (value, found.attributes.get(name) or default), call)


def attribute(topic: Topic, key: str, values: tuple[str, str], call: Any) -> Iterator[Aspect]:
    """One attribute: the values of the file and the server, and the call that sets it."""
    is_policy = key.partition(" ")[0] in POLICIES
    desired, live = map(policy_text, values) if is_policy else (value or "none" for value in values)
    step = Operation(topic.resource, key, f"{key}: {live} -> {desired}", call, essential=is_policy)
    yield Aspect(key, desired, live, (step,))


def tags(topic: Topic, seen: ObservedTopic) -> Iterator[Aspect]:
    def tag(missing: Mapping[str, str]) -> ApiCall:
        return api_call("tag_resource", ResourceArn=seen.arn, Tags=tag_pairs(missing))

    yield from tag_aspect(topic.resource, topic.tags, seen.tags, tag)
