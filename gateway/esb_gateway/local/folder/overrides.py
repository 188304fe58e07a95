"""Changes of `esb-gateway local` to a configuration for one run: variables of functions, authorizers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from esb_gateway.apis.api import Route
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.invocation import Function
from esb_gateway.local.folder.reading import Folder
from esb_gateway.local.override_options import Overrides
from esb_schemas.documents.reading import read
from esb_schemas.errors import ContractError
from esb_schemas.settings_files.env_vars import (
    Configurable,
    EnvVars,
    InvalidEnvVars,
    env_vars_of,
    overridden,
    without_effect,
)

_SHOWN_ROUTES: Final = 5


def with_overrides(folder: Folder, overrides: Overrides) -> Folder:
    """The folder as it runs. Raises ConfigurationError for an invalid file."""
    if overrides.env_vars is not None:
        folder = _with_env_vars(folder, overrides.env_vars)
    return _without_authorizers(folder) if overrides.no_authorizers else folder


def _with_env_vars(folder: Folder, file: Path) -> Folder:
    given = _read(file)
    known = folder.configuration.functions
    functions = {
        name: replace(each, environment=overridden(_configurable(each), given)) for name, each in known.items()
    }
    unused = without_effect(map(_configurable, known.values()), given)
    notes = (f"{file}: {': '.join(problem.path)}: {problem.text}" for problem in unused)
    return replace(
        folder, configuration=replace(folder.configuration, functions=functions), notes=(*folder.notes, *notes)
    )


def _read(file: Path) -> EnvVars:
    try:
        return env_vars_of(read(file))
    except InvalidEnvVars as error:
        raise ConfigurationError(f"{file}: {error}.") from error
    except ContractError as error:
        raise ConfigurationError(
            f"{str(error).partition('; run `esb build`')[0]}; --env-vars names a JSON file."
        ) from error


def _configurable(function: Function) -> Configurable:
    return Configurable([function.logical_id or function.name, function.name], function.environment)


def _without_authorizers(folder: Folder) -> Folder:
    configuration = folder.configuration
    routes = tuple(map(_open, configuration.routes))
    opened = [route.key for route, before in zip(routes, configuration.routes, strict=True) if route is not before]
    if not opened:
        return replace(folder, notes=(*folder.notes, "--disable-authorizer: no route has an authorizer"))
    more = f" and {len(opened) - _SHOWN_ROUTES} more" if len(opened) > _SHOWN_ROUTES else ""
    note = (
        f"--disable-authorizer: WARNING: {', '.join(opened[:_SHOWN_ROUTES])}{more}: answered without their authorizer, "
        "whoever calls"
    )
    opened_configuration: Configuration = replace(configuration, routes=routes)
    return replace(folder, configuration=opened_configuration, notes=(*folder.notes, note))


def _open(route: Route) -> Route:
    """The route without its authorizer, behind its API's policy, and its key unless the authorizer would name that."""
    auth = route.auth
    if auth is None or auth.authorizer is None:
        return route
    needs_key = auth.key_required and not route.api.key_from_authorizer
    kept = replace(auth, authorizer=None, scopes=(), key_required=needs_key)
    return replace(route, auth=kept if needs_key or route.api.policy is not None else None)
