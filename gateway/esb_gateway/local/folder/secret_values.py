"""The values of secret variables, from the .env of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import Function
from esb_gateway.local.folder.credentials import ENV_FILE
from esb_gateway.local.rooted_paths import read_private
from esb_schemas.documents.variables import variables_in
from esb_schemas.errors import ContractError
from esb_schemas.sections import SECTIONS
from esb_schemas.settings_files.env_file import load, value_variable
from esb_schemas.validation import loading


def with_secret_values(root: Path, functions: Mapping[str, Function]) -> dict[str, Function]:
    """The functions with the values of their secret variables, from .env. Raises ConfigurationError."""
    if not any(function.secret_environment for function in functions.values()):
        return dict(functions)
    values = load(read_private(root / ENV_FILE))
    return {name: _with_secret_values(root, function, values) for name, function in functions.items()}


def _with_secret_values(root: Path, function: Function, values: Mapping[str, str]) -> Function:
    variables = {name: value_variable(function.name, name) for name in function.secret_environment}
    missing = [variable for variable in variables.values() if variable not in values]
    if missing:
        raise ConfigurationError(f"{root / ENV_FILE}: {missing[0]} is missing; run esb build.")
    secret = {name: values[variable] for name, variable in variables.items()}
    return replace(function, environment={**function.environment, **secret})


def resource_secrets(root: Path) -> dict[str, str]:
    """The variables of .env that resources.yml refers to; one that is missing is reported by the provisioner.

    Raises ConfigurationError for an .env that others may know.
    """
    try:
        document = loading.load("resources", root / "config/resources.yml")
    except ContractError:
        return {}
    named = {
        name for row in SECTIONS.values() if row.has_variables for name in variables_in(document.get(row.name, []))
    }
    known = load(read_private(root / ENV_FILE)) if named else {}
    return {name: known[name] for name in named if name in known}
