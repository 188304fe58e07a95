"""EventInvokeConfig, DeadLetterQueue and DeadLetterConfig: the handling of asynchronous invocations.

A destination that is a function of the template is invoked; a queue, a topic or a bus of the template gets a message.
Other targets and buckets get nothing: the gateway keeps those events, which is reported.
"""

from __future__ import annotations

from esb_generator.resources.nodes import Node, check_keys, integer, names, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.targets import check_standard, delivered_arn, service_of
from esb_schemas.contract import Destination, EventInvoke, record_of

_CONFIG = names("DestinationConfig MaximumEventAgeInSeconds MaximumRetryAttempts")
_DESTINATION_TYPES = ("SQS", "SNS", "EventBridge", "Lambda", "S3Bucket")
_DEAD_LETTERS = ("sqs", "sns")
_FAILED = "events that failed are kept"
_KEPT = {"OnSuccess": "the results of events that succeeded are kept", "OnFailure": _FAILED}


def event_invokes(stack: Stack) -> dict[str, EventInvoke]:
    """Configurations by logical ids of functions; a second one of a function is reported and left out."""
    found: dict[str, EventInvoke] = {}
    for resource in stack.of_type("AWS::Serverless::Function"):
        config = resource.properties.get("EventInvokeConfig")
        if config is not None:
            check_keys(config, _CONFIG)
            found[resource.logical_id] = _config(stack, config, has_types=True)
    for resource in stack.of_type("AWS::Lambda::EventInvokeConfig"):
        _add_resource(stack, resource, found)
    for resource in stack.of_kind("function"):
        target = _dead_letter(stack, resource)
        if target is not None:
            found[resource.logical_id] = found.get(resource.logical_id, EventInvoke())._replace(dead_letter=target)
    return found


def _add_resource(stack: Stack, resource: Resource, found: dict[str, EventInvoke]) -> None:
    stack.check_properties(resource)
    reference = resource.properties.need("FunctionName", text) or ""
    qualifier = resource.properties.need("Qualifier", text)
    config = _config(stack, resource.properties)
    owner = stack.function(reference)
    if owner is None:
        resource.notice(f"{reference} is not a function of this template: its configuration is left out")
    elif owner.logical_id in found:
        resource.notice(
            f"{owner.logical_id} is configured already, and a function has one version here: "
            f"the configuration of {qualifier} is left out"
        )
    else:
        found[owner.logical_id] = config


def _config(stack: Stack, node: Node, *, has_types: bool = False) -> EventInvoke:
    """With `has_types`, destinations have a Type, as SAM writes them; what SAM makes for one is a resource already."""
    destinations = node.child("DestinationConfig")
    check_keys(destinations, names("OnFailure OnSuccess"))
    return record_of(
        EventInvoke,
        maximum_retry_attempts=node.read("MaximumRetryAttempts", integer(0, 2)),
        maximum_event_age=node.read("MaximumEventAgeInSeconds", integer(60, 21600)),
        on_success=_destination(stack, destinations, "OnSuccess", has_types=has_types),
        on_failure=_destination(stack, destinations, "OnFailure", has_types=has_types),
    )


def _destination(stack: Stack, destinations: Node, key: str, *, has_types: bool) -> Destination | None:
    node = destinations.get(key)
    if node is None:
        return None
    check_keys(node, names("Destination Type") if has_types else names("Destination"))
    if has_types:
        node.need("Type", one_of(*_DESTINATION_TYPES))
    arn = node.need("Destination", text)
    function = stack.function(arn) if arn and ":function:" in arn else None
    if function is not None:
        return Destination(function=stack.name(function))
    return _delivered(stack, node, arn, key) if arn else None


def _delivered(stack: Stack, node: Node, arn: str, key: str) -> Destination:
    """A queue, a topic or a bus of the template; Lambda takes no FIFO queue and no FIFO topic."""
    if delivered_arn(stack, arn) is None or (key not in _KEPT and service_of(arn) not in _DEAD_LETTERS):
        return _undeliverable(node, arn, key)
    check_standard(node, arn, "Lambda does not send to")
    return Destination(arn=arn)


def _dead_letter(stack: Stack, resource: Resource) -> Destination | None:
    if resource.type == "AWS::Serverless::Function":
        key, known = "DeadLetterQueue", names("TargetArn Type")
    else:
        key, known = "DeadLetterConfig", names("TargetArn")
    node = resource.properties.get(key)
    if node is None:
        return None
    check_keys(node, known)
    if "Type" in known:
        node.need("Type", one_of("SQS", "SNS"))
    arn = node.need("TargetArn", text) if "Type" in known else node.read("TargetArn", text)
    return _delivered(stack, node, arn, key) if arn else None


def _undeliverable(node: Node, arn: str, key: str) -> Destination:
    kept = _KEPT.get(key, _FAILED)
    node.notice(f"{node.path}: the stack cannot deliver to {arn}; {kept}, and esb-gateway events lists them")
    return Destination(arn=arn)
