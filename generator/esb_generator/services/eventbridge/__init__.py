"""Amazon EventBridge: buses, rules with patterns, schedules, API destinations. Archives and pipes are unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_values.resource_types import Name, arn, without_effect
from esb_generator.resources.service import (
    EventSourceType,
    Parts,
    ResourceType,
    Service,
    rows_of_missing,
    rows_without_effect,
)
from esb_generator.resources.stack import Stack
from esb_generator.services.eventbridge.buses import BUS, BUS_TYPE, EVENT_TYPES, bus, default_bus, rule_support
from esb_generator.services.eventbridge.connections import (
    CONNECTION,
    CONNECTION_TYPE,
    DESTINATION,
    DESTINATION_TYPE,
    SECTION,
    connection,
    destination_calls,
    destination_support,
)
from esb_generator.services.eventbridge.rules import RULE_TYPE, event_schedule, rule_calls, rule_schedules

_BUS = {"Arn": arn("events", "event-bus/{name}"), "Name": "{name}"}
_CONNECTION = {
    "Arn": arn("events", "connection/{name}/{uuid}"),
    "SecretArn": arn("secretsmanager", "secret:events!connection/{name}/{uuid}-{id6}"),
}
_DESTINATION = {"Arn": arn("events", "api-destination/{name}/{uuid}")}
# A rule is not a resource of its own in the stack: it is part of a bus, or a schedule of the gateway.
_RULE = ResourceType(
    RULE_TYPE,
    Name("Name", longest=64),
    {"Arn": arn("events", "rule/{name}")},
    support=without_effect,
    check=rule_support,
    calls=rule_calls,
)


def _read(stack: Stack) -> Parts:
    return default_bus(stack)._replace(event_sources=rule_schedules(stack).event_sources)


SERVICE = Service(
    "eventbridge",
    (
        _RULE,
        ResourceType(
            BUS_TYPE,
            Name("Name"),
            _BUS,
            kind="bus",
            identity=frozenset({"Name"}),
            properties=BUS,
            without_effect=frozenset({"KmsKeyIdentifier", "Policy", "Tags"}),
            section="EventBridge",
            read=bus,
        ),
        ResourceType(
            CONNECTION_TYPE,
            Name("Name", longest=64),
            _CONNECTION,
            kind="connection",
            properties=CONNECTION,
            section=SECTION,
            read=connection,
        ),
        ResourceType(
            DESTINATION_TYPE,
            Name("Name", longest=64),
            _DESTINATION,
            kind="API destination",
            properties=DESTINATION,
            check=destination_support,
            calls=destination_calls,
        ),
        *rows_without_effect("AWS::Events::EventBusPolicy", counted="policy"),
        *rows_of_missing(
            "such part of EventBridge",
            ResourceType("AWS::Events::Archive", Name("ArchiveName"), {"Arn": arn("events", "archive/{name}")}),
            "AWS::Events::*",
        ),
        *rows_of_missing(
            "EventBridge Pipes",
            ResourceType("AWS::Pipes::Pipe", Name("Name"), {"Arn": arn("pipes", "pipe/{name}")}),
            "AWS::Pipes::*",
        ),
    ),
    (
        EventSourceType("Schedule", _RULE.type, read=event_schedule),
        *(EventSourceType(each, _RULE.type, source="EventBusName") for each in EVENT_TYPES),
    ),
    _read,
)
