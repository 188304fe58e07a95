"""The credentials of a stack, from its secrets.env."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import Function
from esb_gateway.local.rooted_paths import read_private
from esb_schemas.documents.variables import variables_in
from esb_schemas.errors import ContractError
from esb_schemas.sections import SECTIONS
from esb_schemas.settings_files.env_file import load, value_variable
from esb_schemas.validation import loading
from esb_wire.sigv4 import Credentials

SECRETS: Final = "secrets.env"
ENV_FILE: Final = ".env"  # what Compose fills in
_REQUIRED: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def read_credentials(path: Path) -> dict[str, str]:
    """The credentials and the secret of a stack, by their variables. Raises ConfigurationError."""
    lines = read_private(path).splitlines()
    values = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}
    for name in _REQUIRED:
        if not values.get(name):
            raise ConfigurationError(f"{path}: {name} is missing; move the file away and run esb build.")
    # A folder that was written by hand may have no secret; such a stack issues no keys and no tokens.
    return {name: values[name] for name in (*_REQUIRED, "ESB_RUNTIME_SECRET") if name in values}


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


class FolderCredentials:
    """The credentials in a file, which a build may write later or anew."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._credentials = Credentials("", "")

    def __call__(self) -> Credentials:
        """The credentials of the moment. Raises ConfigurationError."""
        try:
            status = self._path.stat()
        except OSError:
            stamp = None
        else:
            stamp = status.st_mtime_ns, status.st_size
        if stamp is None or stamp != self._stamp:
            values = read_credentials(self._path)
            self._credentials = Credentials(values["AWS_ACCESS_KEY_ID"], values["AWS_SECRET_ACCESS_KEY"])
            self._stamp = stamp
        return self._credentials
