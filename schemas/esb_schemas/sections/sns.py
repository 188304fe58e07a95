"""Section SNS: the rules of create_topic and subscribe (API reference, CreateTopic and Subscribe)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.documents.checks import Check, unique_tags
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.sections.row import Section
from esb_schemas.sections.sqs import SUFFIX, is_on, json_object, queue_of

Topic: TypeAlias = Mapping[str, Any]

FIFO_ONLY: Final = ("ContentBasedDeduplication", "FifoThroughputScope")
JSON_ATTRIBUTES: Final = ("FilterPolicy", "RedrivePolicy", "DeliveryPolicy")


def is_fifo(topic: Topic) -> bool:
    """Whether a topic is a FIFO topic."""
    return is_on(topic.get("Attributes", {}).get("FifoTopic"))


def function_of(arn: str) -> str | None:
    """The name in the ARN of a function; None for any other text."""
    parts = arn.split(":")
    is_function = len(parts) in (7, 8) and parts[0] == "arn" and parts[2] == "lambda" and parts[5] == "function"
    return parts[6] if is_function and parts[6] else None


def fifo_name(topic: Topic) -> Iterator[Problem]:
    """The name of a FIFO topic ends in .fifo, and no other name does."""
    name = topic["Name"]
    if is_fifo(topic) and not name.endswith(SUFFIX):
        yield Problem(("Name",), f"the name of a FIFO topic ends in {SUFFIX}; use {name + SUFFIX!r}")
    elif not is_fifo(topic) and name.endswith(SUFFIX):
        yield Problem(("Name",), f"a name that ends in {SUFFIX} needs the attribute FifoTopic: 'true'")


def fifo_attributes(topic: Topic) -> Iterator[Problem]:
    """Attributes of FIFO topics are given for no other topic."""
    attributes = topic.get("Attributes", {})
    for key in FIFO_ONLY:
        if key in attributes and not is_fifo(topic) and attributes[key] not in (False, "false"):
            yield Problem(("Attributes", key), "is for FIFO topics only; remove it, or set FifoTopic to 'true'")


def endpoint_of_protocol(topic: Topic) -> Iterator[Problem]:
    """The endpoint of sqs is the ARN of a queue, of lambda that of a function, of http and https a URL; a FIFO topic
    has queues only, and a standard topic no FIFO queue.
    """
    for path, subscription in _subscriptions(topic):
        protocol, endpoint = subscription["Protocol"], subscription["Endpoint"]
        if is_fifo(topic) and protocol != "sqs":
            yield Problem((*path, "Protocol"), "a FIFO topic has subscriptions of queues only; use sqs")
        elif protocol == "sqs" and endpoint.endswith(SUFFIX) and not is_fifo(topic):
            yield Problem((*path, "Endpoint"), "a FIFO queue can subscribe to FIFO topics only")
        elif not _fits(protocol, endpoint):
            yield Problem((*path, "Endpoint"), f"must be {_FORMS[protocol]}, not {endpoint!r}")


def attributes_of_protocol(topic: Topic) -> Iterator[Problem]:
    """RawMessageDelivery is not for functions, DeliveryPolicy for http and https only."""
    for path, subscription in _subscriptions(topic):
        attributes, protocol = subscription.get("Attributes", {}), subscription["Protocol"]
        if protocol == "lambda" and is_on(attributes.get("RawMessageDelivery")):
            text = "functions get SNS's event, never the message alone; remove it"
            yield Problem((*path, "Attributes", "RawMessageDelivery"), text)
        if "DeliveryPolicy" in attributes and not protocol.startswith("http"):
            yield Problem((*path, "Attributes", "DeliveryPolicy"), "is for http and https only; remove it")


def json_attributes(topic: Topic) -> Iterator[Problem]:
    """Policies are the JSON text of an object."""
    if "DeliveryPolicy" in topic.get("Attributes", {}) and json_object(topic["Attributes"]["DeliveryPolicy"]) is None:
        yield Problem(("Attributes", "DeliveryPolicy"), "must be the JSON text of an object")
    for path, subscription in _subscriptions(topic):
        for key in JSON_ATTRIBUTES:
            value = subscription.get("Attributes", {}).get(key)
            if value is not None and json_object(value) is None:
                yield Problem((*path, "Attributes", key), "must be the JSON text of an object")


def unique_endpoints(topic: Topic) -> Iterator[Problem]:
    """The subscriptions of a topic have different protocols or endpoints."""
    seen: set[tuple[str, str]] = set()
    for path, subscription in _subscriptions(topic):
        key = subscription["Protocol"], subscription["Endpoint"]
        if key in seen:
            yield Problem((*path, "Endpoint"), f"{key[1]!r} is subscribed already; remove one subscription")
        seen.add(key)


def queues_of_file(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Queues that subscribe, and dead-letter queues of subscriptions, are queues of the file."""
    queues = {queue["QueueName"] for queue in document.get("SQS", ())}
    for index, topic in enumerate(document.get("SNS", ())):
        for inner, subscription in _subscriptions(topic):
            path: DocumentPath = ("SNS", index, *inner)
            endpoint = subscription["Endpoint"]
            if subscription["Protocol"] == "sqs" and queue_of(endpoint) not in queues:
                yield Problem((*path, "Endpoint"), f"{endpoint} is not a queue of this file; add it")
            redrive = json_object(subscription.get("Attributes", {}).get("RedrivePolicy"))
            if redrive is not None and queue_of(f"{redrive.get('deadLetterTargetArn')}") not in queues:
                text = f"{redrive.get('deadLetterTargetArn')} is not a queue of this file; add it"
                yield Problem((*path, "Attributes", "RedrivePolicy"), text)


def _subscriptions(topic: Topic) -> Iterator[tuple[DocumentPath, Mapping[str, Any]]]:
    for index, subscription in enumerate(topic.get("Subscriptions", ())):
        yield ("Subscriptions", index), subscription


def _fits(protocol: str, endpoint: str) -> bool:
    match protocol:
        case "sqs":
            return queue_of(endpoint) is not None
        case "lambda":
            return function_of(endpoint) is not None
        case _:
            return endpoint.startswith(f"{protocol}://")


_FORMS: Final = {
    "sqs": "the ARN of a queue",
    "lambda": "the ARN of a function",
    "http": "a URL that begins with http://",
    "https": "a URL that begins with https://",
}
CHECKS: Final[tuple[Check, ...]] = (
    fifo_name,
    fifo_attributes,
    unique_tags,
    endpoint_of_protocol,
    attributes_of_protocol,
    json_attributes,
    unique_endpoints,
)

SECTION: Final = Section(
    "SNS", "sns", "Name", CHECKS, Path(__file__).with_suffix(".json"), whole_checks=(queues_of_file,)
)
