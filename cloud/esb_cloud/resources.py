"""The resources of resources.yml, created before the server answers: `--resources FILE`.

In a stack the provisioner does that, with a plan; this is for a server that runs alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from esb_cloud.aws.service import Section, Service
from esb_cloud.aws.stack import Stack
from esb_cloud.errors import ConfigurationError
from esb_cloud.sql.store import Store
from esb_schemas.documents.variables import MissingVariable, with_variables
from esb_schemas.errors import ContractError
from esb_schemas.sections import SECTIONS
from esb_schemas.validation.loading import load
from esb_wire.errors import AwsError


async def create_resources(
    path: Path, services: Iterable[Service], store: Store, stack: Stack, variables: Mapping[str, str]
) -> None:
    """Make what is missing, and give what is there the settings of the file; secrets of the file are in `variables`.

    Raises ConfigurationError.
    """
    try:
        document = load("resources", path)
    except ContractError as error:
        raise ConfigurationError(str(error)) from error
    for service in services:
        for section in service.sections:
            entries = document.get(section.name, ())
            if SECTIONS[section.name].has_variables:
                entries = _with_variables(path, entries, variables)
            await _create(path, section, entries, store, stack)


def _with_variables(path: Path, entries: Any, variables: Mapping[str, str]) -> Any:
    try:
        return with_variables(entries, variables)
    except MissingVariable as error:
        raise ConfigurationError(
            f"{path}: the variable {error.args[0]} is not set; pass the .env that esb build wrote beside config/."
        ) from error


async def _create(path: Path, section: Section, entries: Any, store: Store, stack: Stack) -> None:
    for entry in section.order(entries):

        def work(transaction: Any, entry: Mapping[str, Any] = entry) -> None:
            section.create(transaction, stack, entry)

        try:
            await store.do(work)
        except AwsError as error:
            name = next(iter(entry.values()))
            raise ConfigurationError(f"{path}: {section.name}: {name}: {error}") from error
