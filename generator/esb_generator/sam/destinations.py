"""Queues and topics that the SAM transform makes for destinations of functions without a Destination.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-onfailure.html
"""

from collections.abc import Iterator
from typing import NamedTuple

from esb_generator.values import Map, Mark, Seq, Value

_KINDS = {"SQS": ("Queue", "AWS::SQS::Queue"), "SNS": ("Topic", "AWS::SNS::Topic")}
_FUNCTION = "AWS::Serverless::Function"


class GeneratedDestination(NamedTuple):
    """A queue or topic: `reference` is SAM's name for it after the function's id, `key` is OnSuccess or OnFailure."""

    logical_id: str
    key: str
    type: str
    reference: str


def generated_destinations(logical_id: str, function: Map) -> Iterator[GeneratedDestination]:
    """The queues and topics that are made for a function, also if its destinations already refer to them."""
    destinations = _below(function, "Properties", "EventInvokeConfig", "DestinationConfig")
    for key in ("OnSuccess", "OnFailure") if destinations is not None else ():
        destination = _below(destinations, key)
        kind = destination.get("Type") if destination is not None else None
        if destination is None or not isinstance(kind, str) or kind not in _KINDS:
            continue
        what, type_ = _KINDS[kind]
        made = GeneratedDestination(f"{logical_id}EventInvokeConfig{key}{what}", key, type_, f"Destination{what}")
        if destination.get("Destination", _arn_of(made, destination.mark)) == _arn_of(made, destination.mark):
            yield made


def with_destinations(template: Map) -> Map:
    """The template with the queues and topics among its resources; each has the condition of its function."""
    resources = template.get("Resources")
    if not isinstance(resources, Map):
        return template
    result: Map | None = None
    for logical_id, resource in resources.items():
        if isinstance(resource, Map) and resource.get("Type") == _FUNCTION:
            for made in generated_destinations(logical_id, resource):
                result = resources.copied() if result is None else result
                at = resources.key_mark(logical_id)
                function = result[logical_id]
                result[logical_id] = _naming(function, made) if isinstance(function, Map) else function
                result.put(made.logical_id, _made(resource, made), at, at)
    if result is None:
        return template
    changed = template.copied()
    changed["Resources"] = result
    return changed


def _made(function: Map, made: GeneratedDestination) -> Map:
    resource = Map(function.mark, [("Type", made.type)])
    if "Condition" in function:
        resource["Condition"] = function["Condition"]
    return resource


def _naming(function: Map, made: GeneratedDestination) -> Map:
    """The function, with the generated resource as its destination."""
    path = ("Properties", "EventInvokeConfig", "DestinationConfig", made.key)
    return _changed(function, path, _arn_of(made, function.mark))


def _arn_of(made: GeneratedDestination, at: Mark) -> Map:
    if made.type == "AWS::SNS::Topic":
        return Map(at, [("Ref", made.logical_id)])
    return Map(at, [("Fn::GetAtt", Seq(at, [made.logical_id, "Arn"]))])


def _changed(node: Map, path: tuple[str, ...], destination: Value) -> Map:
    """A copy with the Destination below a path."""
    result = node.copied()
    if not path:
        result["Destination"] = destination
        return result
    child = node[path[0]]
    if isinstance(child, Map):
        result[path[0]] = _changed(child, path[1:], destination)
    return result


def _below(node: Map | None, *path: str) -> Map | None:
    for key in path:
        child = node.get(key) if node is not None else None
        node = child if isinstance(child, Map) else None
    return node
