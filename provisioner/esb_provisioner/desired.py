"""First stage: resources.yml becomes frozen values in the shape that boto3 takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import esb_schemas
from esb_provisioner.resource_type import AnyType, Definition
from esb_provisioner.seed import ASPECT, Seed
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.settings import DEFAULT_REGION
from esb_provisioner.steps import Resource
from esb_schemas.backends import Backend


class DesiredResource(NamedTuple):
    """An entry of the file and the type that handles it."""

    type: AnyType
    definition: Definition


Desired: TypeAlias = Mapping[Resource, DesiredResource]


def load(
    path: Path, region: str = DEFAULT_REGION, types: Iterable[AnyType] = RESOURCE_TYPES, *, seeds: bool = True
) -> Desired:
    """The resources of the file, sorted, without `seeds` as if none had any.

    Raises esb_schemas.ContractError for an invalid file.
    """
    return parse(esb_schemas.load("resources", path), region, types, path.parent if seeds else None)


def parse(
    document: Mapping[str, Any],
    region: str = DEFAULT_REGION,
    types: Iterable[AnyType] = RESOURCE_TYPES,
    folder: Path | None = None,
) -> Desired:
    """The resources of a valid document, sorted; `folder` has the files of seeds, None leaves them out."""
    found = [
        DesiredResource(each, each.parse(with_seed(with_integers(entry, each.integers), folder), region))
        for each in types
        for entry in document.get(each.section, ())
    ]
    return {each.definition.resource: each for each in sorted(found, key=lambda each: each.definition.resource)}


def with_seed(entry: Mapping[str, Any], folder: Path | None) -> Mapping[str, Any]:
    """The entry with its seed as a value."""
    if ASPECT not in entry:
        return entry
    rest = {key: value for key, value in entry.items() if key != ASPECT}
    said = entry[ASPECT]
    return rest if folder is None else {**rest, ASPECT: Seed(folder / said["Path"], said["Records"])}


def types_of(desired: Desired) -> list[AnyType]:
    """The types of these resources, each once."""
    return list(dict.fromkeys(each.type for each in desired.values()))


def backends_of(desired: Desired) -> list[Backend]:
    """The backing services of these resources; one may occur several times."""
    return [each.backend for each in types_of(desired)]


def with_integers(value: Any, integers: Collection[str], key: str = "") -> Any:
    """The value with an int under each key of `integers`, even if the file has its digits as text."""
    if isinstance(value, Mapping):
        return {name: with_integers(member, integers, name) for name, member in value.items()}
    if isinstance(value, list):
        return [with_integers(member, integers) for member in value]
    return int(value) if key in integers and isinstance(value, str) else value
