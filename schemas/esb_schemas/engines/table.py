"""The table of engines, and the choice of one for each backing service.

`esb build` makes the Compose files from it and warns if a template needs what the chosen engine lacks, `esb-gateway`
adds the capabilities in `added_by_esb`, and docs/engines.md is generated from it (pages/engines.py). A new engine is
one new row. Engines never share a volume, because none of them can read another's files.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from esb_schemas.backends import BACKENDS
from esb_schemas.engines.capabilities import CAPABILITIES
from esb_schemas.engines.databases import DATABASES
from esb_schemas.engines.engine import EXTERNAL, Engine, Health
from esb_schemas.engines.log_servers import LOG_SERVERS
from esb_schemas.engines.storages import STORAGES

ENGINES: Final = (*DATABASES, *STORAGES, *LOG_SERVERS)


class Retired(NamedTuple):
    """An engine that ESB no longer starts, with the volume of stacks that were built with it."""

    service: str
    name: str
    volume: str
    reason: str


RETIRED: Final = (Retired("s3", "minio", "s3-storage-minio", "the project was archived in April 2026"),)


def engines(service: str) -> Mapping[str, Engine]:
    """The engines of a backing service by name; the first is the default."""
    return {engine.name: engine for engine in ENGINES if engine.service == service}


def external(service: str) -> Engine:
    """A server that the user runs: ESB does not start it, and assumes all capabilities except notifications."""
    return Engine(
        service=service,
        name=EXTERNAL,
        image="",
        volume="",
        data="",
        command=(),
        health=Health(()),
        capabilities=frozenset(each.name for each in CAPABILITIES if each.service == service) - {"notifications"},
        purpose="a server that you already run",
        licence="",
        memory=None,
        tested=False,
    )


def choose(**names: str) -> tuple[Engine, ...]:
    """An engine for each backing service that is not ESB's own: from `names`, else the default. Raises KeyError."""
    of_services = ((row.service, engines(row.service)) for row in BACKENDS if not row.own)
    return tuple(
        external(service) if names.get(service) == EXTERNAL else found[names.get(service, next(iter(found)))]
        for service, found in of_services
    )


DEFAULT_ENGINES: Final = choose()


def option(service: str) -> Literal["--database", "--storage"] | None:
    """The option of `esb build` that chooses the engine; None if there is one engine only."""
    return _OPTIONS.get(service)


_OPTIONS: Final[Mapping[str, Literal["--database", "--storage"]]] = {"dynamodb": "--database", "s3": "--storage"}
