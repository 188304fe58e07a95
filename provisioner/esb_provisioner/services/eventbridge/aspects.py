"""Compares a bus of the file with the one on the server, and creates it.

A rule of the file has exactly the file's targets, as in CloudFormation. Other rules are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_provisioner.resources.aspect import Aspect
from esb_provisioner.resources.tag_aspect import tag_aspect, tag_pairs
from esb_provisioner.services.eventbridge.calls import api_call
from esb_provisioner.services.eventbridge.definition import DEFAULT_BUS, Bus, Rule
from esb_provisioner.services.eventbridge.read import ObservedBus
from esb_provisioner.steps import ApiCall, Operation, Step

RULE_DEFAULTS: Final[Mapping[str, str]] = {
    "Description": "",
    "EventPattern": "",
    "ScheduleExpression": "",
    "State": "ENABLED",
}


def create(bus: Bus) -> Iterator[Step]:
    """CreateEventBus unless it is the default bus, then the rules with their targets."""
    more: dict[str, Any] = {"Tags": tag_pairs(bus.tags)} if bus.tags else {}
    if bus.name != DEFAULT_BUS:
        call = api_call("create_event_bus", Name=bus.name, **more)
        fallback = api_call("create_event_bus", Name=bus.name)
        yield Operation(bus.resource, "Name", "not found", call, essential=True, creates=True, fallback=fallback)
    for aspect in (each for name in bus.rules for each in rule(bus, name, None)):
        yield from aspect.steps


def aspects(bus: Bus, seen: ObservedBus) -> Iterator[Aspect]:
    """The tags, then each rule of the file and its targets."""
    yield from tags(bus, seen)
    for name in bus.rules:
        yield from rule(bus, name, seen.rules.get(name))


def rule(bus: Bus, name: str, seen: Rule | None) -> Iterator[Aspect]:
    wanted, key = bus.rules[name], f"rule {name}"
    desired, live = rule_text(wanted), "missing" if seen is None else rule_text(seen)
    call = api_call("put_rule", Name=name, EventBusName=bus.name, **{"State": "ENABLED", **wanted.settings})
    cause = f"{key}: {'not found' if seen is None else 'differs'}"
    yield Aspect(key, desired, live, (Operation(bus.resource, key, cause, call, essential=True),))
    yield from targets(bus, name, wanted.targets, {} if seen is None else seen.targets)


def rule_text(value: Rule) -> str:
    """A rule without its targets, in a canonical form."""
    settings = {**RULE_DEFAULTS, **value.settings}
    settings["EventPattern"] = json_text(settings["EventPattern"])
    return ", ".join(f"{key} {text}" for key, text in sorted(settings.items()) if text)


def json_text(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True) if text else ""
    except ValueError:
        return text


def targets(
    bus: Bus, name: str, wanted: Mapping[str, Mapping[str, Any]], there: Mapping[str, Mapping[str, Any]]
) -> Iterator[Aspect]:
    """Targets that are not in the file are removed; then missing and different ones are put."""
    place, resource = {"Rule": name, "EventBusName": bus.name}, bus.resource
    if extra := sorted(there.keys() - wanted.keys()):
        key = f"further targets of rule {name}"
        step = Operation(resource, key, f"{key}: {', '.join(extra)}", api_call("remove_targets", **place, Ids=extra))
        yield Aspect(key, "none", ", ".join(extra), (step,))
    changed = [target for id_, target in wanted.items() if normal(there.get(id_)) != normal(target)]
    if changed:
        key = f"targets of rule {name}"
        cause = f"{key}: {', '.join(target['Id'] for target in changed)}"
        step = Operation(resource, key, cause, api_call("put_targets", **place, Targets=changed), essential=True)
        yield Aspect(key, targets_text(wanted), targets_text(there), (step,), same=False)


def normal(target: Mapping[str, Any] | None) -> Any:
    """A target without members that equal their defaults."""
    if target is None:
        return None
    return {key: value for key, value in target.items() if value not in (None, "", {})}


def targets_text(values: Mapping[str, Mapping[str, Any]]) -> str:
    return ", ".join(sorted(values)) or "none"


def tags(bus: Bus, seen: ObservedBus) -> Iterator[Aspect]:
    def tag(missing: Mapping[str, str]) -> ApiCall:
        return api_call("tag_resource", ResourceARN=seen.arn, Tags=tag_pairs(missing))

    yield from tag_aspect(bus.resource, bus.tags, seen.tags, tag)
