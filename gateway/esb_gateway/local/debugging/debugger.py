"""`--debug` of embedded mode: which functions wait for a debugger, at which ports, and how an editor attaches."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from esb_gateway.configuration.debugging import name_of, with_debugged
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.invocation import Function
from esb_gateway.local.debugging.debug_target import DebugTarget
from esb_gateway.local.folder.reading import Folder
from esb_gateway.local.folder.source_paths import SourcePaths

_FIRST_PORT: Final = {Language.PYTHON: 5678, Language.NODE: 9229, Language.JAVA: 5005}


@dataclass(frozen=True, slots=True)
class Debugged:
    """The ports of debugged functions by their names."""

    ports: Mapping[str, int]

    def apply(self, folder: Folder) -> Folder:
        """The folder in which they have one slot and no deadline."""
        return replace(folder, configuration=with_debugged(folder.configuration, self.ports.keys()))


def debugged(folder: Folder, targets: tuple[DebugTarget, ...]) -> Debugged:
    """Raises ConfigurationError for a function that does not exist, or that has no debugger here."""
    functions = folder.configuration.functions
    ports: dict[str, int] = {}
    for target in targets:
        name = name_of(target.function, functions, "--debug")
        if name in folder.unsupported:
            raise ConfigurationError(f"--debug {target.function}: {folder.unsupported[name]}")
        language = language_of(functions[name].runtime)
        if language not in _FIRST_PORT:
            raise ConfigurationError(
                f"--debug {target.function}: {functions[name].runtime} has no debugger that is known here; use one "
                "for Python, Node.js or Java functions."
            )
        if language is Language.PYTHON and importlib.util.find_spec("debugpy") is None:
            raise ConfigurationError("--debug: debugpy is not installed; install it beside ESB: pip install debugpy.")
        ports[name] = target.port or _free(_FIRST_PORT[language], {*ports.values(), *(each.port for each in targets)})
    return Debugged(ports)


def _free(first: int, taken: set[int | None]) -> int:
    return next(port for port in range(first, 65536) if port not in taken)


def notes(found: Debugged, folder: Folder, used: FunctionFolders, sources: SourcePaths) -> Iterator[str]:
    """The lines that explain how to attach."""
    functions = folder.configuration.functions
    for name, port in found.ports.items():
        yield f"--debug: {name} waits for a debugger on 127.0.0.1:{port}; it has one slot and no deadline"
    launch = launch_json([functions[name] for name in found.ports], found.ports, used, sources)
    yield f"--debug: for .vscode/launch.json:\n{json.dumps(launch, indent=2)}"


def launch_json(
    functions: list[Function], ports: Mapping[str, int], used: FunctionFolders, sources: SourcePaths
) -> dict[str, Any]:
    """A launch.json of VS Code that attaches to the functions, with breakpoints in their sources.

    https://code.visualstudio.com/docs/python/debugging, https://code.visualstudio.com/docs/nodejs/nodejs-debugging
    """
    configurations = [_configuration(each, ports[each.name], _mapped(each, used, sources)) for each in functions]
    return {"version": "0.2.0", "configurations": configurations}


def _configuration(function: Function, port: int, mapped: list[tuple[Path, Path]]) -> dict[str, Any]:
    common = {"name": f"ESB: {function.name}", "request": "attach"}
    if language_of(function.runtime) is Language.JAVA:  # classes are found by their names
        return {**common, "type": "java", "hostName": "127.0.0.1", "port": port}
    if language_of(function.runtime) is Language.NODE:
        roots = {"localRoot": str(mapped[0][0]), "remoteRoot": str(mapped[0][1])} if mapped else {}
        return {**common, "type": "node", "address": "127.0.0.1", "port": port, **roots}
    pairs = [{"localRoot": str(source), "remoteRoot": str(copy)} for source, copy in mapped]
    mappings = {"pathMappings": pairs} if pairs else {}
    return {**common, "type": "debugpy", "connect": {"host": "127.0.0.1", "port": port}, **mappings}


def _mapped(function: Function, used: FunctionFolders, sources: SourcePaths) -> list[tuple[Path, Path]]:
    """The folders of a function's sources with those that it runs from, the code first."""
    written = FunctionFolders(used.root)
    homes = zip(
        (written.code(function), *written.layers(function)), (used.code(function), *used.layers(function)), strict=True
    )
    return [
        (source, there) if source.is_dir() else (source.parent, there.parent)
        for home, place in homes
        for copy, source in sources.sources.items()
        if Path(copy).is_relative_to(home)
        for there in [place / Path(copy).relative_to(home)]
    ]
