"""The current state of a topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from esb_provisioner.resources.reading import IsUnknown, all_pages
from esb_provisioner.resources.tag_aspect import read_tags
from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.services.sns.calls import api_call
from esb_provisioner.services.sns.definition import Subscriber, Topic
from esb_provisioner.steps import Answer, Api


@dataclass(frozen=True)
class ObservedSubscription:
    """A subscription; an unconfirmed one has no ARN, and its attributes cannot be read."""

    arn: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ObservedTopic:
    """A topic that exists; `tags` are None if the file has none. Subscriptions that are not in the file have no
    attributes.
    """

    arn: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] | IsUnknown | None = None
    subscriptions: Mapping[Subscriber, ObservedSubscription] = field(default_factory=dict)


def list_topics(api: Api) -> frozenset[str]:
    """The names of all topics."""
    return frozenset(arn.rpartition(":")[2] for arn in topic_arns(api))


def topic_arns(api: Api) -> list[str]:
    pages = all_pages(api, api_call("list_topics"), "NextToken", "NextToken")
    return [topic["TopicArn"] for page in pages for topic in page.get("Topics", ())]


def read(api: Api, topic: Topic, answers: Sequence[Answer]) -> ObservedTopic:
    """The attributes, the subscriptions and, if the file gives any, the tags. Raises ServerError (MISSING)."""
    created = [answer["TopicArn"] for answer in answers if "TopicArn" in answer]
    known = created or [arn for arn in topic_arns(api) if arn.rpartition(":")[2] == topic.name]
    if not known:
        raise ServerError(ErrorKind.MISSING, "NotFound", topic.name)
    arn = known[0]
    attributes = api(api_call("get_topic_attributes", TopicArn=arn)).get("Attributes", {})
    return ObservedTopic(
        arn,
        attributes,
        read_tags(api, api_call("list_tags_for_resource", ResourceArn=arn)) if topic.tags else None,
        dict(read_subscriptions(api, topic, arn)),
    )


def read_subscriptions(api: Api, topic: Topic, arn: str) -> Mapping[Subscriber, ObservedSubscription]:
    call = api_call("list_subscriptions_by_topic", TopicArn=arn)
    found: dict[Subscriber, ObservedSubscription] = {}
    for page in all_pages(api, call, "NextToken", "NextToken"):
        for each in page.get("Subscriptions", ()):
            key = Subscriber(each["Protocol"], each["Endpoint"])
            found[key] = read_subscription(api, each["SubscriptionArn"], asked=key in topic.subscriptions)
    return found


def read_subscription(api: Api, arn: str, *, asked: bool) -> ObservedSubscription:
    if not arn.startswith("arn:"):  # PendingConfirmation
        return ObservedSubscription("")
    if not asked:
        return ObservedSubscription(arn)
    answer = api(api_call("get_subscription_attributes", SubscriptionArn=arn))
    return ObservedSubscription(arn, answer.get("Attributes", {}))
