"""Amazon EventBridge: the schedules of rules. Buses, patterns and pipes are unsupported."""

from __future__ import annotations

from esb_generator.cloudformation.resource_types import Name, arn, without_effect
from esb_generator.resources.service import (
    EventSourceType,
    ResourceType,
    Service,
    event_of_missing,
    rows_of_missing,
    rows_without_effect,
)
from esb_generator.services.eventbridge.rules import event_schedule, rule_calls, rule_schedules, rule_support

_BUS = {"Arn": arn("events", "event-bus/{name}"), "Name": "{name}"}
_CONNECTION = {
    "Arn": arn("events", "connection/{name}/{uuid}"),
    "SecretArn": arn("secretsmanager", "secret:events!connection/{name}/{uuid}-{id6}"),
}
_DESTINATION = {"Arn": arn("events", "api-destination/{name}/{uuid}")}
# The stack has no rules that anything could refer to; it takes their schedules.
_RULE = ResourceType(
    "AWS::Events::Rule",
    Name("Name"),
    {"Arn": arn("events", "rule/{name}")},
    support=without_effect,
    check=rule_support,
    calls=rule_calls,
)

SERVICE = Service(
    "eventbridge",
    (
        _RULE,
        *rows_without_effect("AWS::Events::EventBusPolicy"),
        *rows_of_missing(
            "EventBridge",
            ResourceType("AWS::Events::EventBus", Name("Name"), _BUS),
            ResourceType("AWS::Events::Archive", Name("ArchiveName"), {"Arn": arn("events", "archive/{name}")}),
            ResourceType("AWS::Events::Connection", Name("Name"), _CONNECTION),
            ResourceType("AWS::Events::ApiDestination", Name("Name"), _DESTINATION),
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
        event_of_missing("CloudWatchEvent", "EventBridge", source="EventBusName", generates=_RULE.type),
        event_of_missing("EventBridgeRule", "EventBridge", source="EventBusName", generates=_RULE.type),
    ),
    rule_schedules,
)
