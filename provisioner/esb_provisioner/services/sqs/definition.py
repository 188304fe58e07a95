"""A queue of resources.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from esb_provisioner.resources.attributes import texts
from esb_provisioner.steps import Resource


@dataclass(frozen=True)
class Queue:
    """A queue of the file; all values of `attributes` are text, as in SQS's API."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def resource(self) -> Resource:
        return Resource("queue", self.name)


def parse(entry: Mapping[str, Any], _region: str) -> Queue:
    """One entry of `SQS`."""
    return Queue(entry["QueueName"], texts(entry.get("Attributes", {})), entry.get("tags", {}))
