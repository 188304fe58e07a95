"""The output folder of `esb build`, as `esb-gateway local` reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from esb_gateway.configuration.compiling import load_configuration
from esb_gateway.configuration.configuration import Configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders, code_name
from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.execution.embedded.unsupported_runtime import other_versions, why_unsupported
from esb_gateway.invocation import Function
from esb_gateway.local.builds.source_builds import missing_program
from esb_gateway.local.folder.credentials import SECRETS, read_credentials
from esb_gateway.local.folder.secret_values import with_secret_values
from esb_gateway.local.rooted_paths import below, check_root, file_below
from esb_gateway.settings import Settings, read_settings
from esb_schemas.environment.gateway import GATEWAY

EVENTS: Final = "events.sqlite3"
_FILES: Final = ("functions.yml", "resources.yml", "routing.yml")  # in config/
_DEFAULTS: Final = {"ESB_DRAIN_SECONDS": "0"}  # the user who presses Ctrl-C is waiting


@dataclass(frozen=True, slots=True)
class Folder:
    """`unsupported` has the functions that cannot run here, with the reason; `notes` are sentences for the user."""

    root: Path
    configuration: Configuration
    unsupported: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def runnable(self) -> list[Function]:
        """The functions that can run here."""
        return [function for name, function in self.configuration.functions.items() if name not in self.unsupported]

    def without(self, unsupported: Mapping[str, str]) -> Folder:
        """The folder with more functions that cannot run here, by the reason.

        They must not be started again and again for their minimum, nor invoked by their event sources.
        """
        configuration = self.configuration
        functions = {
            name: replace(function, min_capacity=0) if name in unsupported else function
            for name, function in configuration.functions.items()
        }
        sources = tuple(each for each in configuration.event_sources if each.function not in unsupported)
        configuration = replace(configuration, functions=functions, event_sources=sources)
        return replace(self, configuration=configuration, unsupported={**self.unsupported, **unsupported})


def read_folder(root: Path, tools: Toolchain) -> Folder:
    """Read the configuration. Raises ConfigurationError.

    Functions that `tools` cannot run or build are unsupported.
    """
    check_root(root)
    for name in _FILES:
        file_below(root, f"config/{name}")
    if not (root / "config").is_dir():
        raise ConfigurationError(
            f"{root}: there is no folder config in it; run esb build, or name the output folder of esb build."
        )
    configuration = load_configuration(root / "config")
    known = configuration.functions
    for function in known.values():
        for path in (code_name(function), *function.layers):
            below(root, path)
    unsupported = {
        name: reason
        for name, function in known.items()
        if (reason := _why_unsupported(function, root, tools)) is not None
    }
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    versions = other_versions(known.values(), Language.PYTHON, here)
    notes = (*unsupported.values(), *versions, *_open_anyway(known.values()))
    configuration = replace(configuration, functions=with_secret_values(root, known))
    return Folder(root, configuration, {}, notes).without(unsupported)


def _why_unsupported(function: Function, root: Path, tools: Toolchain) -> str | None:
    return why_unsupported(function, tools) or missing_program(function, tools) or _without_bootstrap(function, root)


def _without_bootstrap(function: Function, root: Path) -> str | None:
    """That a function which brings its own program brings none."""
    candidates = FunctionFolders(root).bootstraps(function)
    if language_of(function.runtime) is not Language.BOOTSTRAP or function.builds or any(map(Path.is_file, candidates)):
        return None
    return (
        f"{function.name}: {function.runtime} runs the executable `{candidates[0].name}`, and neither the code nor a "
        "layer has one; build it into the folder that CodeUri names, then run esb build."
    )


def _open_anyway(functions: Iterable[Function]) -> Iterator[str]:
    """That functions which are to have no way out have one here."""
    closed = [function.name for function in functions if not function.egress]
    if closed:
        yield (
            f"{', '.join(closed)}: without egress in the template or by --egress none, but processes of this machine "
            "reach what it reaches; use docker compose to hold them."
        )


def local_settings(root: Path, host: str, port: int, data: Path | None, environment: Mapping[str, str]) -> Settings:
    """With the credentials of the folder, and some variables of the environment. Raises ConfigurationError."""
    given = {row.name: environment[row.name] for row in GATEWAY if row.local and environment.get(row.name)}
    settings = read_settings(_DEFAULTS | given | read_credentials(root / SECRETS))
    events = None if data is None else data / EVENTS
    return replace(settings, config_dir=root / "config", host=host, port=port, events_file=events)


def folder_secret(root: Path) -> str:
    """The secret of a stack, from which its API keys and its signing keys are derived. Raises ConfigurationError."""
    secret = read_credentials(root / SECRETS).get("ESB_RUNTIME_SECRET")
    if not secret:
        raise ConfigurationError(
            f"{root / SECRETS}: ESB_RUNTIME_SECRET is missing; move the file away and run esb build."
        )
    return secret
