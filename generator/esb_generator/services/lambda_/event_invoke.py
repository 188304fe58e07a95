"""EventInvokeConfig, DeadLetterQueue and DeadLetterConfig: what becomes of asynchronous invocations.

A destination that is a function of the template is invoked. Nothing here is a queue, a topic, a bus or writes into
buckets: for those the gateway keeps the event, which is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from esb_generator.resources.nodes import Node, check_keys, integer, names, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_schemas.contract import Destination, EventInvoke, given

_CONFIG = names("DestinationConfig MaximumEventAgeInSeconds MaximumRetryAttempts")
_MADE_BY_SAM: Final[Mapping[str, tuple[str, str]]] = {"SQS": ("sqs", "Queue"), "SNS": ("sns", "Topic")}
_DESTINATION_TYPES = ("SQS", "SNS", "EventBridge", "Lambda", "S3Bucket")
_FAILED = "events that failed are kept"
_KEPT = {"OnSuccess": "the results of events that succeeded are kept", "OnFailure": _FAILED}


def event_invokes(stack: Stack) -> dict[str, EventInvoke]:
    """By the logical ids of their functions; a second configuration of a function is told and left out."""
    found: dict[str, EventInvoke] = {}
    for resource in stack.of_type("AWS::Serverless::Function"):
        config = resource.properties.get("EventInvokeConfig")
        if config is not None:
            check_keys(config, _CONFIG)
            found[resource.logical_id] = _config(stack, config, f"{resource.logical_id}EventInvokeConfig")
    for resource in stack.of_type("AWS::Lambda::EventInvokeConfig"):
        _add_resource(stack, resource, found)
    for resource in stack.of_kind("function"):
        target = _dead_letter(resource)
        if target is not None:
            found[resource.logical_id] = found.get(resource.logical_id, EventInvoke())._replace(dead_letter=target)
    return found


def _add_resource(stack: Stack, resource: Resource, found: dict[str, EventInvoke]) -> None:
    properties = resource.properties
    stack.check_properties(resource)
    reference = properties.need("FunctionName", text) or ""
    qualifier = properties.need("Qualifier", text)
    config = _config(stack, properties)
    owner = stack.function(reference)
    if owner is None:
        resource.notice(f"{reference} is no function of this template: its configuration is left out")
    elif owner.logical_id in found:
        resource.notice(
            f"{owner.logical_id} is configured already, and a function has one version here: "
            f"what is said of {qualifier} is left out"
        )
    else:
        found[owner.logical_id] = config


def _config(stack: Stack, node: Node, made_by_sam: str | None = None) -> EventInvoke:
    """`made_by_sam`: what the names of the queues and topics begin with that SAM makes where none is named."""
    destinations = node.get("DestinationConfig")
    if destinations is not None:
        check_keys(destinations, names("OnFailure OnSuccess"))
    return given(
        EventInvoke,
        maximum_retry_attempts=node.read("MaximumRetryAttempts", integer(0, 2)),
        maximum_event_age=node.read("MaximumEventAgeInSeconds", integer(60, 21600)),
        on_success=_destination(stack, destinations, "OnSuccess", made_by_sam),
        on_failure=_destination(stack, destinations, "OnFailure", made_by_sam),
    )


def _destination(stack: Stack, destinations: Node | None, key: str, made_by_sam: str | None) -> Destination | None:
    node = destinations.get(key) if destinations is not None else None
    if node is None:
        return None
    check_keys(node, names("Destination Type") if made_by_sam else names("Destination"))
    kind = node.need("Type", one_of(*_DESTINATION_TYPES)) if made_by_sam else None
    if kind is not None and kind in _MADE_BY_SAM and not node.has("Destination"):
        service, what = _MADE_BY_SAM[kind]
        place = stack.context.place
        return _elsewhere(node, f"arn:aws:{service}:{place.region}:{place.account_id}:{made_by_sam}{key}{what}", key)
    arn = node.need("Destination", text)
    return _target(stack, node, arn, key) if arn else None


def _dead_letter(resource: Resource) -> Destination | None:
    key = "DeadLetterQueue" if resource.type == "AWS::Serverless::Function" else "DeadLetterConfig"
    node = resource.properties.get(key)
    if node is None:
        return None
    if key == "DeadLetterQueue":
        check_keys(node, names("TargetArn Type"))
        node.need("Type", one_of("SQS", "SNS"))
        arn = node.need("TargetArn", text)
    else:
        check_keys(node, names("TargetArn"))
        arn = node.read("TargetArn", text)
    return _elsewhere(node, arn, key) if arn else None


def _target(stack: Stack, node: Node, arn: str, key: str) -> Destination:
    function = stack.function(arn) if ":function:" in arn else None
    return _elsewhere(node, arn, key) if function is None else Destination(function=stack.name(function))


def _elsewhere(node: Node, arn: str, key: str) -> Destination:
    kept = _KEPT.get(key, _FAILED)
    node.notice(f"{node.path}: nothing here delivers to {arn}; {kept}, and esb-gateway events lists them")
    return Destination(arn=arn)
