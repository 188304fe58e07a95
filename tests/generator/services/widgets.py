"""A made-up service: a queue-like resource, and an event that brings what is in it to a function.

No package knows it; tests hand it to the registries. It shows what a service needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esb_generator.cloudformation.resource_values.resource_types import Name, PropertyText, Support, arn
from esb_generator.resources.nodes import Field, Shape, check_keys, integer, names, read_shape, text
from esb_generator.resources.service import EventSourceType, ResourceType, Service
from esb_generator.resources.stack import Event, Resource, Stack
from tests.schemas.widgets import WidgetSource

_URL = "http://widgets:4567/{account}/{name}"
_QUEUE: Shape = {
    "QueueName": None,
    "Mode": None,
    "DelaySeconds": Field(integer(0, 900)),
}


def _queue(stack: Stack, resource: Resource) -> Mapping[str, Any]:
    return {"QueueName": stack.name(resource), **read_shape(resource.properties, _QUEUE)}


def _support(text: PropertyText) -> Support:
    broadcasts = text("Mode") == "BROADCAST"
    return Support(False, "widgets are not broadcast") if broadcasts else Support(exists=True)


def _event(event: Event) -> WidgetSource | None:
    check_keys(event.properties, names("BatchSize Queue"))
    queue, batch_size = event.properties.need("Queue", text), event.properties.read("BatchSize", integer(1, 100))
    return WidgetSource("Widget", event.name, queue, batch_size or 10) if queue else None


SERVICE = Service(
    "widgets",
    (
        ResourceType(
            "AWS::Widget::Queue",
            Name("QueueName", longest=80),
            {"Arn": arn("widget", "{name}"), "QueueName": "{name}"},
            _URL,
            kind="widget queue",
            identity=frozenset({"QueueName"}),
            properties=_QUEUE,
            support=_support,
            section="Widget",
            read=_queue,
        ),
        ResourceType("AWS::Widget::Mapping"),
    ),
    (EventSourceType("Widget", generates="AWS::Widget::Mapping", source="Queue", read=_event),),
)
