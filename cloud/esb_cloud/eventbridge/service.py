"""The table of EventBridge's operations, and what runs beside them."""

from __future__ import annotations

from typing import Final

from esb_cloud.aws.service import Operation, Section, Service
from esb_cloud.eventbridge import connection_section, section, shapes
from esb_cloud.eventbridge.events import pattern_trials, put_events
from esb_cloud.eventbridge.events.scheduling import run_schedules
from esb_cloud.eventbridge.resources import api_destinations, buses, connections, rules, tagging, targets

_OPERATIONS: Final = {
    "CreateApiDestination": Operation(api_destinations.create_api_destination, shapes.CREATE_DESTINATION),
    "CreateConnection": Operation(connections.create_connection, shapes.CREATE_CONNECTION),
    "CreateEventBus": Operation(buses.create_event_bus, shapes.CREATE_BUS),
    "DeleteApiDestination": Operation(api_destinations.delete_api_destination, shapes.NAME),
    "DeleteConnection": Operation(connections.delete_connection, shapes.NAME),
    "DeleteEventBus": Operation(buses.delete_event_bus, shapes.NAME),
    "DeleteRule": Operation(rules.delete_rule, shapes.RULE),
    "DescribeApiDestination": Operation(api_destinations.describe_api_destination, shapes.NAME),
    "DescribeConnection": Operation(connections.describe_connection, shapes.NAME),
    "DescribeEventBus": Operation(buses.describe_event_bus, shapes.DESCRIBE_BUS),
    "DescribeRule": Operation(rules.describe_rule, shapes.RULE),
    "DisableRule": Operation(rules.disable_rule, shapes.RULE),
    "EnableRule": Operation(rules.enable_rule, shapes.RULE),
    "ListApiDestinations": Operation(api_destinations.list_api_destinations, shapes.LIST),
    "ListConnections": Operation(connections.list_connections, shapes.LIST),
    "ListEventBuses": Operation(buses.list_event_buses, shapes.LIST),
    "ListRuleNamesByTarget": Operation(rules.list_rule_names_by_target, shapes.RULES_OF_TARGET),
    "ListRules": Operation(rules.list_rules, shapes.LIST_RULES),
    "ListTagsForResource": Operation(tagging.list_tags_for_resource, shapes.RESOURCE),
    "ListTargetsByRule": Operation(targets.list_targets_by_rule, shapes.TARGETS_OF_RULE),
    "PutEvents": Operation(put_events.put_events, shapes.PUT_EVENTS),
    "PutPermission": Operation(buses.put_permission, shapes.PUT_PERMISSION),
    "PutRule": Operation(rules.put_rule, shapes.PUT_RULE),
    "PutTargets": Operation(targets.put_targets, shapes.PUT_TARGETS),
    "RemovePermission": Operation(buses.remove_permission, shapes.REMOVE_PERMISSION),
    "RemoveTargets": Operation(targets.remove_targets, shapes.REMOVE_TARGETS),
    "TagResource": Operation(tagging.tag_resource, shapes.TAG),
    "TestEventPattern": Operation(pattern_trials.match_test_event, shapes.TEST_PATTERN),
    "UntagResource": Operation(tagging.untag_resource, shapes.UNTAG),
    "UpdateApiDestination": Operation(api_destinations.update_api_destination, shapes.UPDATE_DESTINATION),
    "UpdateConnection": Operation(connections.update_connection, shapes.UPDATE_CONNECTION),
    "UpdateEventBus": Operation(buses.update_event_bus, shapes.UPDATE_BUS),
}

SERVICE: Final = Service(
    name="events",
    signing_name="events",
    operations=_OPERATIONS,
    target="AWSEvents",
    json_version="1.1",
    sections=(
        Section("EventBridgeConnections", connection_section.create),
        Section("EventBridge", section.create),
    ),
    background=(run_schedules, connections.authorize_old_connections),
)
