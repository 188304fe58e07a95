"""First stage: resources.yml becomes frozen values in boto3's shapes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from esb_provisioner.resources.resource_type import AnyType, Definition
from esb_provisioner.resources.seed import ASPECT, Seed
from esb_provisioner.servers.settings import DEFAULT_REGION, UsageError
from esb_provisioner.services import RESOURCE_TYPES
from esb_provisioner.steps import Resource
from esb_schemas.backends import Backend
from esb_schemas.documents.variables import MissingVariable, with_variables
from esb_schemas.sections import SECTIONS
from esb_schemas.validation import loading

NO_VARIABLES: Final[Mapping[str, str]] = MappingProxyType({})


class DesiredResource(NamedTuple):
    """An entry of the file and the type that handles it."""

    type: AnyType
    definition: Definition


Desired: TypeAlias = Mapping[Resource, DesiredResource]


def load(
    path: Path,
    region: str = DEFAULT_REGION,
    types: Iterable[AnyType] = RESOURCE_TYPES,
    *,
    seeds: bool = True,
    variables: Mapping[str, str] = NO_VARIABLES,
) -> Desired:
    """The resources of the file, sorted; without `seeds`, seed data is ignored. `variables` is the environment: it
    has the secrets of the file, and settings of the resource types.

    Raises ContractError for an invalid file, and UsageError for a variable that is missing.
    """
    document = loading.load("resources", path)
    try:
        found = parse(resolved(document, variables), region, types, path.parent if seeds else None)
    except MissingVariable as error:
        raise UsageError(
            f"{path} refers to the variable {error.args[0]}, which is not set: pass the .env that esb build wrote "
            "beside config/"
        ) from error
    return {
        resource: each._replace(definition=each.type.in_environment(each.definition, variables))
        for resource, each in found.items()
    }


def resolved(document: Mapping[str, Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """The document with the values of the variables that its entries refer to. Raises MissingVariable."""
    return {
        name: with_variables(entries, variables) if name in SECTIONS and SECTIONS[name].has_variables else entries
        for name, entries in document.items()
    }


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
    seed = entry[ASPECT]
    return rest if folder is None else {**rest, ASPECT: Seed(folder, seed["Path"], seed["Records"])}


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
