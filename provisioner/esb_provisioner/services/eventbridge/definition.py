"""A bus of resources.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from esb_provisioner.steps import Resource

DEFAULT_BUS: Final = "default"  # it always exists
INTEGERS: Final = frozenset({"MaximumEventAgeInSeconds", "MaximumRetryAttempts"})


@dataclass(frozen=True)
class Rule:
    """A rule: what put_rule takes besides the names, and its targets by id, as put_targets takes them."""

    settings: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Bus:
    """A bus of the file, with its rules by name."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)

    @property
    def resource(self) -> Resource:
        return Resource("bus", self.name)


def parse(entry: Mapping[str, Any], _region: str) -> Bus:
    """One entry of `EventBridge`."""
    tags = {tag["Key"]: tag["Value"] for tag in entry.get("Tags", ())}
    return Bus(entry["Name"], tags, {rule["Name"]: parse_rule(rule) for rule in entry.get("Rules", ())})


def parse_rule(entry: Mapping[str, Any]) -> Rule:
    settings = {key: value for key, value in entry.items() if key not in ("Name", "Targets")}
    return Rule(settings, {target["Id"]: target for target in entry.get("Targets", ())})
