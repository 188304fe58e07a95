"""The place where the processes of a slot run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from esb_gateway.execution.extensions.processes import Launch


@dataclass(frozen=True, slots=True)
class Placement:
    """`launch` starts a runtime there, `host` is the address of ours that it can reach, and `peer` its own, if
    connections from elsewhere are refused. `extensions` launch the external extensions beside it, by name.
    """

    launch: Launch
    host: str = "127.0.0.1"
    peer: str | None = None
    extensions: Mapping[str, Launch] = field(default_factory=lambda: MappingProxyType({}))
