"""Buses of resources.yml with their rules, created when the server starts with `--resources FILE`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from esb_cloud.aws.service import call_of
from esb_cloud.aws.stack import Stack
from esb_cloud.eventbridge.resources.buses import bus_arn, create_event_bus, find_bus, update_event_bus
from esb_cloud.eventbridge.resources.rules import put_rule
from esb_cloud.eventbridge.resources.tagging import tag_resource
from esb_cloud.eventbridge.resources.targets import put_targets, remove_targets
from esb_cloud.sql.transaction import Transaction

_OF_BUS = ("Name", "Description")


def create(transaction: Transaction, stack: Stack, entry: Mapping[str, Any]) -> None:
    """Create the bus of an entry and its rules; what is there gets the settings of the entry. Raises AwsError."""
    call = partial(call_of, stack)
    bus = entry["Name"]
    settings = {key: entry[key] for key in _OF_BUS if key in entry}
    if find_bus(transaction, bus) is None:
        create_event_bus(transaction, call(**settings))
    else:
        update_event_bus(transaction, call(**settings))
    tag_resource(transaction, call(ResourceARN=bus_arn(stack, bus), Tags=list(entry.get("Tags", ()))))
    for rule in entry.get("Rules", ()):
        targets = list(rule.get("Targets", ()))
        put_rule(transaction, call(EventBusName=bus, **{key: rule[key] for key in rule if key != "Targets"}))
        _remove_others(transaction, call, bus, rule["Name"], {target["Id"] for target in targets})
        if targets:
            put_targets(transaction, call(Rule=rule["Name"], EventBusName=bus, Targets=targets))


def _remove_others(transaction: Transaction, call: Any, bus: str, name: str, kept: set[str]) -> None:
    rule = transaction.rules.find(bus, name)
    others = [] if rule is None else [target["Id"] for target in rule.targets if target["Id"] not in kept]
    if others:
        remove_targets(transaction, call(Rule=name, EventBusName=bus, Ids=others))
