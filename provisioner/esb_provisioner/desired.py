"""First stage: resources.yml becomes frozen values in the shape that boto3 takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import esb_schemas
from esb_provisioner.resource_type import AnyType, Definition
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.settings import DEFAULT_REGION
from esb_provisioner.steps import Resource
from esb_schemas.backends import Backend


class DesiredResource(NamedTuple):
    """An entry of the file and the type that handles it."""

    type: AnyType
    definition: Definition


Desired: TypeAlias = Mapping[Resource, DesiredResource]


def load(path: Path, region: str = DEFAULT_REGION, types: Iterable[AnyType] = RESOURCE_TYPES) -> Desired:
    """The resources of the file, sorted. Raises esb_schemas.ContractError for an invalid file."""
    return parse(esb_schemas.load("resources", path), region, types)


def parse(
    document: Mapping[str, Any], region: str = DEFAULT_REGION, types: Iterable[AnyType] = RESOURCE_TYPES
) -> Desired:
    """The resources of a valid document, sorted."""
    found = [
        DesiredResource(each, each.parse(with_integers(entry, each.integers), region))
        for each in types
        for entry in document.get(each.section, ())
    ]
    return {each.definition.resource: each for each in sorted(found, key=lambda each: each.definition.resource)}


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
