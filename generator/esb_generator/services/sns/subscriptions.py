"""Subscriptions of topics: the property Subscription, AWS::SNS::Subscription, and SNS events of functions.

Sources: CloudFormation template reference, "AWS::SNS::Subscription"; SAM specification, "SNS" and
"SqsSubscriptionObject".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from esb_generator.model import ResourceEntry
from esb_generator.resources.nodes import (
    SILENT,
    Dropped,
    Field,
    Node,
    Shape,
    check_keys,
    flag,
    integer,
    names,
    one_of,
    read_shape,
    text,
    written,
)
from esb_generator.resources.queues import check_timeouts, dead_letter_queue, function_timeout, queue_with_arn
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Event, Resource, Stack
from esb_generator.values import Map
from esb_schemas.contract import record_of
from esb_schemas.event_sources.sqs import SqsMapping
from esb_schemas.partitions import arn_of
from esb_schemas.sections.sqs import DEFAULT_VISIBILITY_TIMEOUT, SUFFIX
from esb_wire.patterns import SNS, InvalidPattern, compile_pattern

TOPIC_TYPE, SUBSCRIPTION_TYPE = "AWS::SNS::Topic", "AWS::SNS::Subscription"
_NOT_DELIVERED = {
    "application": "mobile push messages are not sent",
    "email": "e-mails are not sent",
    "email-json": "e-mails are not sent",
    "firehose": "there is no Data Firehose in the stack",
    "sms": "text messages are not sent",
}
_PROTOCOLS = ("sqs", "lambda", "http", "https", *_NOT_DELIVERED)
_SCOPES = ("MessageAttributes", "MessageBody")
_LARGEST_BATCH = 10


def _json(node: Node) -> str:
    if not isinstance(node.value, Map):
        node.problem("must be a mapping")
    return json.dumps(node.value, sort_keys=True)


def _filter_policy(node: Node) -> str:
    policy = _json(node)
    try:
        compile_pattern(policy, SNS)
    except InvalidPattern as problem:
        node.problem(f"is not a valid filter policy: {problem}")
    return policy


_ATTRIBUTES: Shape = {
    "FilterPolicy": Field(_filter_policy),
    "FilterPolicyScope": Field(one_of(*_SCOPES)),
    "RedrivePolicy": None,
}
_SUBSCRIPTION: Shape = {
    **_ATTRIBUTES,
    "RawMessageDelivery": Field(written(flag)),
    "DeliveryPolicy": Field(_json),
    "Endpoint": None,
    "Protocol": None,
    "TopicArn": None,
    "Region": SILENT,
    "ReplayPolicy": Dropped("nothing is archived that could be replayed"),
    "SubscriptionRoleArn": SILENT,
}
_EVENT: Shape = {**_ATTRIBUTES, "Topic": None, "Region": SILENT, "SqsSubscription": None}
_OF_QUEUE = names("BatchSize Enabled QueueArn QueuePolicyLogicalId QueueUrl")


def topic_with_arn(stack: Stack, arn: str | None) -> Resource | None:
    """The topic of this template with an ARN."""
    return next((each for each in stack.of_type(TOPIC_TYPE) if stack.attribute(each, "TopicArn") == arn), None)


def subscription_support(stack: Stack, subscription: Resource) -> str:
    """Why an AWS::SNS::Subscription is unsupported: its topic, its protocol or its endpoint is not in the stack."""
    arn = subscription.properties.read("TopicArn", text)
    if topic_with_arn(stack, arn) is None:
        return f"{arn} is not a topic of this template"
    return _undelivered(stack, subscription.properties)


def subscriptions_of(stack: Stack, topic: Resource) -> list[Mapping[str, Any]]:
    """The subscriptions of a topic, as entries of resources.yml."""
    found = [*_of_property(stack, topic), *_of_resources(stack, topic), *_of_events(stack, topic)]
    return [entry for entry in found if entry is not None]


def sqs_subscriptions(stack: Stack) -> Parts:
    """Queues and mappings of SNS events with SqsSubscription. Events whose topic is missing are reported."""
    sources: list[tuple[str, SqsMapping]] = []
    entries: list[tuple[str, ResourceEntry]] = []
    for event in stack.events("SNS"):
        arn = event.properties.need("Topic", text)
        if topic_with_arn(stack, arn) is None:
            _report_unknown_topic(event, arn)
        elif (node := _sqs_subscription(event)) is not None:
            queue = _queue(stack, event, node)
            if queue is not None:
                name, entry = queue
                sources.append((event.owner.logical_id, _mapping(event, node, name)))
                entries += [("SQS", entry)] if entry is not None else []
    return Parts(event_sources=tuple(sources), resources=tuple(entries))


def _of_property(stack: Stack, topic: Resource) -> Iterator[Mapping[str, Any] | None]:
    for node in topic.properties.items_of("Subscription"):
        check_keys(node, names("Endpoint Protocol"))
        reason = _undelivered(stack, node)
        if reason:
            node.notice(f"{node.path}: {reason}")
        else:
            yield _entry(stack, node, {})


def _of_resources(stack: Stack, topic: Resource) -> Iterator[Mapping[str, Any] | None]:
    for resource in stack.of_type(SUBSCRIPTION_TYPE):
        node = resource.properties
        if topic_with_arn(stack, node.read("TopicArn", text)) is topic and not _undelivered(stack, node):
            redrive = Field(lambda node: _redrive_policy(stack, node))
            yield _entry(stack, node, read_shape(node, {**_SUBSCRIPTION, "RedrivePolicy": redrive}))


def _of_events(stack: Stack, topic: Resource) -> Iterator[Mapping[str, Any] | None]:
    for event in stack.events("SNS"):
        node = event.properties
        if topic_with_arn(stack, node.read("Topic", text)) is not topic:
            continue
        redrive = Field(lambda node: _redrive_policy(stack, node))
        attributes = read_shape(node, {**_EVENT, "RedrivePolicy": redrive})
        of_queue = _sqs_subscription(event)
        if of_queue is None:
            yield _subscription("lambda", stack.trigger_arn(event.owner), attributes)
        elif (queue := _queue(stack, event, of_queue)) is not None:
            yield _subscription("sqs", queue[0], attributes)


def _entry(stack: Stack, node: Node, attributes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    protocol, endpoint = node.need("Protocol", one_of(*_PROTOCOLS)), node.need("Endpoint", text)
    if protocol is None or endpoint is None:
        return None
    if protocol == "lambda" and (function := stack.function(endpoint)) is not None:
        endpoint = _with_qualifier(stack, function, endpoint)
    return _subscription(protocol, endpoint, attributes)


def _subscription(protocol: str, endpoint: str, attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Protocol": protocol, "Endpoint": endpoint, **({"Attributes": attributes} if attributes else {})}


def _with_qualifier(stack: Stack, function: Resource, endpoint: str) -> str:
    arn = stack.function_arn(function)
    return endpoint if endpoint.startswith(f"{arn}:") else arn


def _undelivered(stack: Stack, node: Node) -> str:
    """Why nothing is delivered to a subscription; empty if it is delivered, or wrong in another way."""
    protocol, endpoint = node.read("Protocol", one_of(*_PROTOCOLS)), node.read("Endpoint", text)
    if protocol in _NOT_DELIVERED:
        return f"{_NOT_DELIVERED[protocol]}; messages do not reach {endpoint}"
    if protocol == "sqs" and endpoint and queue_with_arn(stack, endpoint) is None:
        return f"{endpoint} is not a queue of this template; messages do not reach it"
    if protocol == "lambda" and endpoint and stack.function(endpoint) is None:
        return f"{endpoint} is not a function of this template; messages do not reach it"
    return ""


def _redrive_policy(stack: Stack, node: Node) -> str | None:
    """The policy as JSON text; None if its queue is not in this template, which is reported."""
    check_keys(node, names("deadLetterTargetArn"))
    arn = dead_letter_queue(stack, node, "deadLetterTargetArn")
    return None if arn is None else json.dumps({"deadLetterTargetArn": arn})


def _report_unknown_topic(event: Event, arn: str | None) -> None:
    if arn is not None:
        reason = f"{arn} is not a topic of this template; {event.owner.logical_id} is never triggered by it"
        event.properties.notice(f"event {event.name} (SNS): {reason}")


def _sqs_subscription(event: Event) -> Node | None:
    """SqsSubscription, unless it is missing or false."""
    node = event.properties.get("SqsSubscription")
    if node is None:
        return None
    if isinstance(node.value, Map):
        check_keys(node, _OF_QUEUE)
        return node
    return node._replace(value=Map(node.mark)) if flag(node) else None


def _queue(stack: Stack, event: Event, node: Node) -> tuple[str, ResourceEntry | None] | None:
    """The ARN of the queue between topic and function, and its entry if SAM makes it."""
    arn = node.read("QueueArn", text)
    if arn is not None:
        queue = queue_with_arn(stack, arn)
        if queue is None:
            node.notice(f"{node.path}: {arn} is not a queue of this template; messages do not reach it")
            return None
        check_timeouts(queue, event.owner)
        return arn, None
    logical_id = f"{event.owner.logical_id}{event.name}Queue"
    identity = event.owner.scope.identity
    name = f"{stack.context.identity.stack_name}-{logical_id}"[:80]
    if function_timeout(event.owner) > DEFAULT_VISIBILITY_TIMEOUT:
        node.problem(
            f"makes a queue with a VisibilityTimeout of {DEFAULT_VISIBILITY_TIMEOUT} s, less than the Timeout of "
            f"{event.owner.logical_id}; add a queue with a longer one, and name it in QueueArn"
        )
    entry = ResourceEntry("queue", logical_id, name, node.mark, {"QueueName": name})
    return arn_of("sqs", identity.region, identity.account_id, name), entry


def _mapping(event: Event, node: Node, queue: str) -> SqsMapping:
    most = _LARGEST_BATCH if queue.endswith(SUFFIX) else 10000
    batch_size = node.read("BatchSize", integer(1, most))
    if batch_size is not None and batch_size > _LARGEST_BATCH:
        node.problem(f"BatchSize: more than {_LARGEST_BATCH} messages need a batching window, which SAM does not give")
    return record_of(
        SqsMapping,
        type="sqs",
        name=event.name,
        queue=queue,
        batch_size=batch_size,
        enabled=node.read("Enabled", flag),
    )
