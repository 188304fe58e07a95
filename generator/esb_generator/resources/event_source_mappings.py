"""Event source mappings of any source: events of SAM functions, and AWS::Lambda::EventSourceMapping."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from esb_generator.resources.nodes import SILENT, Field, Node, Shape, each, flag, integer, one_of, read_shape, text
from esb_generator.resources.stack import Resource, Stack
from esb_schemas.documents.checks import Check
from esb_schemas.documents.records import Record, plain, record_of

_PROPERTIES: Final[Shape] = {
    "BatchSize": Field(integer(1, 10000), "batch_size"),
    "MaximumBatchingWindowInSeconds": Field(integer(0, 300), "maximum_batching_window"),
    "FunctionResponseTypes": Field(each(one_of("ReportBatchItemFailures")), "report_batch_item_failures"),
    "Enabled": Field(flag, "enabled"),
    "KmsKeyArn": SILENT,
    "LoggingConfig": SILENT,
    "MetricsConfig": SILENT,
}
_OF_RESOURCE: Final[Shape] = {"EventSourceArn": None, "FunctionName": None, "Tags": SILENT}


class Polled(NamedTuple):
    """A kind of event source. The `property` of a SAM event or of a resource of type `mapping` names one.

    `verb` is the word for polling it, such as `receives from`.
    """

    kind: str
    event: str
    property: str
    mapping: str
    verb: str


class Link(NamedTuple):
    """An event source and the function that it invokes; `node` has the properties of the mapping.

    `read_elsewhere` are the properties that name these two.
    """

    name: str
    source: Resource
    owner: Resource
    node: Node
    read_elsewhere: Shape


def links(stack: Stack, polled: Polled) -> Iterator[Link]:
    """The links of events, then those of resources. One whose function or source is not in the template is reported."""
    for event in stack.events(polled.event):
        arn = event.properties.need(polled.property, text)
        source = _source(stack, polled, arn)
        if source is not None:
            yield Link(event.name, source, event.owner, event.properties, {polled.property: None})
        elif arn is not None:
            reason = f"{arn} is not a {polled.kind} of this template; {event.owner.logical_id} is never triggered by it"
            event.properties.notice(f"event {event.name} ({polled.event}): {reason}")
    for resource in stack.of_type(polled.mapping):
        source = _source(stack, polled, resource.properties.read("EventSourceArn", text))
        if source is None:
            continue
        reference = resource.properties.need("FunctionName", text)
        owner = stack.function(reference)
        if owner is not None:
            yield Link(resource.logical_id, source, owner, resource.properties, _OF_RESOURCE)
        elif reference is not None:
            lost = f"nothing {polled.verb} {source.logical_id}"
            resource.notice(f"{reference} is not a function of this template: {lost}")


def read_mapping(
    type_: Callable[..., Record], link: Link, own: Shape, checks: Iterable[Check], fields: Mapping[str, Any]
) -> Record:
    """The mapping with `fields` and its properties: the common ones, and those in `own`."""
    shape = {**_PROPERTIES, **own}
    values = read_shape(link.node, {**shape, **link.read_elsewhere})
    reports = bool(values.pop("report_batch_item_failures", ()))
    mapping = record_of(type_, name=link.name, report_batch_item_failures=reports, **fields, **values)
    keys = {field.name: key for key, field in shape.items() if isinstance(field, Field)}
    for problem in (problem for check in checks for problem in check(plain(mapping))):
        key = keys[f"{problem.path[0]}"]
        link.node._replace(mark=link.node.value_mark(key)).problem(f"{key}: {problem.text}")
    return mapping


def _source(stack: Stack, polled: Polled, arn: str | None) -> Resource | None:
    found = None if arn is None else stack.event_source(arn)
    return found if found is not None and found in stack.of_kind(polled.kind) else None
