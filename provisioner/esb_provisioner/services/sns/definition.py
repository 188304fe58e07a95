"""A topic of resources.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from esb_provisioner.resources.attributes import texts
from esb_provisioner.steps import Resource


class Subscriber(NamedTuple):
    """The key of a subscription within its topic."""

    protocol: str
    endpoint: str

    def __str__(self) -> str:
        return f"{self.protocol} {self.endpoint}"


@dataclass(frozen=True)
class Topic:
    """A topic of the file, with the attributes of each subscription. All values are text, as in SNS's API."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    subscriptions: Mapping[Subscriber, Mapping[str, str]] = field(default_factory=dict)

    @property
    def resource(self) -> Resource:
        return Resource("topic", self.name)


def parse(entry: Mapping[str, Any], _region: str) -> Topic:
    """One entry of `SNS`."""
    subscriptions = {
        Subscriber(each["Protocol"], each["Endpoint"]): texts(each.get("Attributes", {}))
        for each in entry.get("Subscriptions", ())
    }
    tags = {tag["Key"]: tag["Value"] for tag in entry.get("Tags", ())}
    return Topic(entry["Name"], texts(entry.get("Attributes", {})), tags, subscriptions)
