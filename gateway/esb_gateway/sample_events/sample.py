"""A sample event as a row: its name, its options, and the function that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from esb_gateway.tracing.identifiers import Identifiers
from esb_schemas.partitions import arn_of


class Option(NamedTuple):
    """An option of `esb-gateway event SERVICE EVENT`: `--name METAVAR`. A repeated one has a list of texts."""

    name: str
    metavar: str
    help: str
    default: str | None = ""
    repeated: bool = False
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """Values for a sample event: options by name, the stack's region and account, time (seconds since 1970), ids."""

    options: Mapping[str, Any]
    region: str
    account: str
    now: float
    identifiers: Identifiers

    def __getitem__(self, name: str) -> Any:
        return self.options[name]

    def arn(self, service: str, resource: str) -> str:
        return arn_of(service, self.region, self.account, resource)


Make: TypeAlias = Callable[[Given], bytes]  # the event as JSON; raises ConfigurationError


class Sample(NamedTuple):
    """One event.

    `make` is the name of a function, `module:function` below this package: modules are imported when they are needed.
    """

    service: str
    event: str
    help: str
    make: str
    options: tuple[Option, ...]
