"""A connection of resources.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from esb_provisioner.steps import Resource

INTEGERS: Final = frozenset({"InvocationRateLimitPerSecond"})


@dataclass(frozen=True)
class Connection:
    """A connection of the file; `parameters` are its AuthParameters, with the secrets, which are never printed.

    `destinations` are its API destinations by name, each as create_api_destination takes it.
    """

    name: str
    authorization_type: str
    parameters: Mapping[str, Any] = field(repr=False)
    description: str = ""
    destinations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def resource(self) -> Resource:
        return Resource("connection", self.name)


def parse(entry: Mapping[str, Any], _region: str) -> Connection:
    """One entry of `EventBridgeConnections`, with the values of its variables."""
    return Connection(
        entry["Name"],
        entry["AuthorizationType"],
        entry["AuthParameters"],
        entry.get("Description", ""),
        {
            each["Name"]: {key: value for key, value in each.items() if key != "Name"}
            for each in entry.get("ApiDestinations", ())
        },
    )
