"""The engines: servers that can stand behind a backing service, with their images and the volumes of their data.

The template `engine.<name>.yml.j2` of esb_compose_templates says how an engine is started and how its health is
checked. Engines never share a volume, because none of them can read another's files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from esb_generator.output.rendering import variable
from esb_schemas.backends import BACKENDS, Backend


class Engine(NamedTuple):
    """An engine of a backing service; `image` as Compose reads it, so that a closed network can name its own copy."""

    backend: Backend
    name: str
    image: str
    volume: str


# By service, the names of its engines with their images; the first is the default.
_IMAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "dynamodb": {"scylladb": "scylladb/scylla:2025.1.4", "dynamodb-local": "amazon/dynamodb-local:2.5.2"},
    "s3": {"rustfs": "rustfs/rustfs:1.0.0-beta.12", "minio": "minio/minio:RELEASE.2025-09-07T16-13-09Z"},
    "logs": {"victorialogs": "victoriametrics/victoria-logs:v1.52.0"},
}


def _engines(backend: Backend) -> Iterator[Engine]:
    for number, (name, image) in enumerate(_IMAGES[backend.service].items()):
        volume = f"{backend.host}-{name}" if number else backend.host
        yield Engine(backend, name, variable(backend.image_variable, image), volume)


ENGINES: Final[Mapping[str, Mapping[str, Engine]]] = MappingProxyType(
    {
        each.service: MappingProxyType({engine.name: engine for engine in _engines(each)})
        for each in BACKENDS
        if not each.own
    }
)


def choose(**names: str) -> tuple[Engine, ...]:
    """An engine for each backing service: by name where `names` has the service, else the default. Raises KeyError."""
    return tuple(
        found[names[service]] if service in names else next(iter(found.values())) for service, found in ENGINES.items()
    )


DEFAULT_ENGINES: Final = choose()
