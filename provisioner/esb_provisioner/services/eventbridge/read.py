"""The current state of a bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from esb_provisioner.resources.reading import IsUnknown, all_pages
from esb_provisioner.resources.tag_aspect import read_tags
from esb_provisioner.services.eventbridge.calls import api_call
from esb_provisioner.services.eventbridge.definition import Bus, Rule
from esb_provisioner.steps import Answer, Api


@dataclass(frozen=True)
class ObservedBus:
    """A bus that exists, with those of its rules that the file names; `tags` are None if the file gives none."""

    arn: str = ""
    tags: Mapping[str, str] | IsUnknown | None = None
    rules: Mapping[str, Rule] = field(default_factory=dict)


def list_buses(api: Api) -> frozenset[str]:
    """The names of all buses."""
    pages = all_pages(api, api_call("list_event_buses"), "NextToken", "NextToken")
    return frozenset(bus["Name"] for page in pages for bus in page.get("EventBuses", ()))


def read(api: Api, bus: Bus, _answers: Sequence[Answer]) -> ObservedBus:
    """The rules that the file names, with their targets, and the tags if the file gives any."""
    arn = str(api(api_call("describe_event_bus", Name=bus.name)).get("Arn", ""))
    pages = all_pages(api, api_call("list_rules", EventBusName=bus.name), "NextToken", "NextToken")
    rules = {rule["Name"]: rule for page in pages for rule in page.get("Rules", ())}
    return ObservedBus(
        arn,
        read_tags(api, api_call("list_tags_for_resource", ResourceARN=arn)) if bus.tags else None,
        {name: read_rule(api, bus, rules[name]) for name in bus.rules if name in rules},
    )


def read_rule(api: Api, bus: Bus, rule: Mapping[str, Any]) -> Rule:
    call = api_call("list_targets_by_rule", EventBusName=bus.name, Rule=rule["Name"])
    pages = all_pages(api, call, "NextToken", "NextToken")
    keys = ("EventPattern", "ScheduleExpression", "State", "Description")
    settings = {key: str(rule[key]) for key in keys if rule.get(key)}
    return Rule(settings, {target["Id"]: target for page in pages for target in page.get("Targets", ())})
