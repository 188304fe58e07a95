"""NotificationConfiguration of a bucket, with what functions' S3 events add to it.

Sources: CloudFormation template reference, "AWS::S3::Bucket NotificationConfiguration"; SAM specification, "S3"; S3
user guide, "Supported event types for SQS, SNS, and Lambda" and "Configuring event notifications using object key name
filtering".
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from esb_generator.resources.nodes import (
    Field,
    Node,
    Shape,
    check_keys,
    each,
    flag,
    names,
    one_of,
    read_shape,
    shaped,
    text,
)
from esb_generator.resources.service import Parts
from esb_generator.resources.stack import Resource, Stack
from esb_generator.resources.targets import check_standard, delivered_arn
from esb_generator.services.s3.loops import report_loop
from esb_generator.values import Seq

BUCKET_TYPE: Final = "AWS::S3::Bucket"
_CREATED: Final = ("Put", "Post", "Copy", "CompleteMultipartUpload")
EVENTS: Final = (
    "s3:ObjectCreated:*",
    *(f"s3:ObjectCreated:{how}" for how in _CREATED),
    "s3:ObjectRemoved:*",
    "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated",
    "s3:ObjectTagging:*",
    "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete",
    "s3:ObjectAcl:Put",
)
"""The events that happen in the stack."""
_OTHERS: Final = (
    "s3:IntelligentTiering",
    "s3:LifecycleExpiration:*",
    "s3:LifecycleExpiration:Delete",
    "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition",
    "s3:ObjectRestore:*",
    "s3:ObjectRestore:Completed",
    "s3:ObjectRestore:Delete",
    "s3:ObjectRestore:Post",
    "s3:ReducedRedundancyLostObject",
    "s3:Replication:*",
    "s3:Replication:OperationFailedReplication",
    "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationNotTracked",
    "s3:Replication:OperationReplicatedAfterThreshold",
)
_FILTER_RULE: Shape = {"Name": Field(text, required=True), "Value": Field(text, required=True)}
_LISTS: Final = (
    ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
    ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
)
_CONFIGURATION: Final = names("EventBridgeConfiguration LambdaConfigurations QueueConfigurations TopicConfigurations")


class _Configuration(NamedTuple):
    """A configuration of a bucket, and where it stands."""

    node: Node
    kind: str  # the name of its list
    entry: Mapping[str, Any]

    @property
    def affixes(self) -> tuple[str, str]:
        rules = self.entry.get("Filter", {}).get("Key", {}).get("FilterRules", ())
        found = {rule["Name"]: rule["Value"] for rule in rules}
        return found.get("prefix", ""), found.get("suffix", "")


def notifications(stack: Stack, bucket: Resource) -> dict[str, Any]:
    """The configuration in boto3's shape; empty if there is none. Unsupported targets are reported."""
    node = bucket.properties.child("NotificationConfiguration")
    check_keys(node, _CONFIGURATION)
    configurations = [*_of_bucket(stack, node), *_of_events(stack, bucket)]
    _check_overlaps(configurations)
    _check_loops(stack, bucket, configurations)
    found: dict[str, Any] = {}
    for configuration in configurations:
        found.setdefault(configuration.kind, []).append(configuration.entry)
    if node.read("EventBridgeConfiguration", _sends_to_bus):
        found["EventBridgeConfiguration"] = {}
    return found


def report_other_buckets(stack: Stack) -> Parts:
    """S3 events of buckets that are not in the template; the others are read with their bucket."""
    for event in stack.events("S3"):
        node = event.properties
        check_keys(node, names("Bucket Events Filter"))
        if not node.has("Events"):
            node.need("Events", text)
        name = node.need("Bucket", text)
        if name is not None and stack.find(name, (BUCKET_TYPE,)) is None:
            reason = f"{name} is not a bucket of this template; {event.owner.logical_id} is never triggered by it"
            node.notice(f"event {event.name} (S3): {reason}")
    return Parts()


def _of_bucket(stack: Stack, node: Node) -> Iterator[_Configuration]:
    for key, target, kind, arn in _LISTS:
        for entry in node.items_of(key):
            shape: Shape = {
                target: Field(text, arn, required=True),
                "Event": Field(_event, "Events", required=True),
                "Filter": Field(_filter),
            }
            values = read_shape(entry, shape)
            delivered = _delivered(stack, entry, values.get(arn))
            if delivered is not None and values.get("Events"):
                yield _Configuration(entry, kind, {**values, arn: delivered})


def _delivered(stack: Stack, node: Node, arn: str | None) -> str | None:
    """The ARN of a target of the template; None for another one, which is reported."""
    if arn is None:
        return None
    found = delivered_arn(stack, arn)
    if found is None:
        node.notice(f"{node.path}: the stack cannot deliver to {arn}; it is not notified")
    else:
        check_standard(node, found, "S3 does not notify")
    return found


def _of_events(stack: Stack, bucket: Resource) -> Iterator[_Configuration]:
    """The configurations of S3 events of functions, one for each kind of event, as the SAM transform does."""
    for event in stack.events("S3"):
        node = event.properties
        if stack.find(node.read("Bucket", text), (BUCKET_TYPE,)) is not bucket:
            continue
        chosen = node.read("Filter", _filter)
        filtered = {} if chosen is None else {"Filter": chosen}
        for kind in node.read("Events", _kinds) or ():
            entry = {"LambdaFunctionArn": stack.trigger_arn(event.owner), "Events": [kind], **filtered}
            yield _Configuration(node, "LambdaFunctionConfigurations", entry)


def _check_overlaps(configurations: list[_Configuration]) -> None:
    """Report overlapping configurations: S3 refuses two that report the same event of an object."""
    for index, one in enumerate(configurations):
        for other in configurations[:index]:
            if _same_event(one, other) and _overlap(one.affixes, other.affixes):
                one.node.problem(
                    f"is told of {one.entry['Events'][0]} as the configuration at {other.node.mark} is, and an object "
                    "may match the filters of both, which S3 refuses; give them prefixes or suffixes that differ"
                )
                break


def _check_loops(stack: Stack, bucket: Resource, configurations: list[_Configuration]) -> None:
    """Report possible loops, for each function once, at its first notification without a filter."""
    seen = set[str]()
    for one in configurations:
        function = stack.function(one.entry.get("LambdaFunctionArn"))
        creates = any(name.startswith("s3:ObjectCreated:") for name in one.entry["Events"])
        if function is not None and creates and one.affixes == ("", "") and function.logical_id not in seen:
            seen.add(function.logical_id)
            report_loop(stack, one.node, bucket, function)


def _same_event(one: _Configuration, other: _Configuration) -> bool:
    return any(_covers(a, b) or _covers(b, a) for a in one.entry["Events"] for b in other.entry["Events"])


def _covers(wide: str, name: str) -> bool:
    return wide == name or (wide.endswith("*") and name.startswith(wide[:-1]))


def _overlap(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether a key can match both: one prefix begins with the other, and one suffix ends with the other."""
    prefixes = one[0].startswith(other[0]) or other[0].startswith(one[0])
    return prefixes and (one[1].endswith(other[1]) or other[1].endswith(one[1]))


def _kinds(node: Node) -> tuple[str, ...]:
    if isinstance(node.value, Seq):
        return tuple(name for item in node.items() for name in _event(item))
    return tuple(_event(node))


def _event(node: Node) -> list[str]:
    """The name of an event; none if it does not happen in the stack, which is reported."""
    name = one_of(*EVENTS, *_OTHERS)(node)
    if name in _OTHERS:
        node.notice(f"{node.path}: {name} does not happen in the stack; nothing is told of it")
        return []
    return [name]


def _filter(node: Node) -> dict[str, Any]:
    values = read_shape(
        node, {"S3Key": Field(shaped({"Rules": Field(each(shaped(_FILTER_RULE)), required=True)}), required=True)}
    )
    rules = values.get("S3Key", {}).get("Rules", [])
    return {"Key": {"FilterRules": [{**rule, "Name": rule.get("Name", "").lower()} for rule in rules]}}


def _sends_to_bus(node: Node) -> bool:
    """EventBridgeEnabled defaults to true."""
    return bool(read_shape(node, {"EventBridgeEnabled": Field(flag)}).get("EventBridgeEnabled", True))
