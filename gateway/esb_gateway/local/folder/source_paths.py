"""The folders from which the code of functions was copied: `esb build` writes it for `docker compose watch`.

`DIR/docker-compose.watch.yml` has the folders of each function's code and layers, relative to the folder that DIR is
in, with their targets in the container. A folder that came to this machine without its sources has none.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.invocation import Function
from esb_gateway.local.rooted_paths import file_below
from esb_schemas.documents.reading import read
from esb_schemas.errors import ContractError

_FILE: Final = "docker-compose.watch.yml"
_CODE: Final = "/var/task"
_LAYERS: Final = "/opt"
# The text before a path in a traceback of Python, which JSON may escape, or in a stack of Node.js.
_BEFORE: Final = r'(?P<before>File \\*"|\(|\bat |file://)'


@dataclass(frozen=True)
class SourcePaths:
    """The source of each copied folder or file; the copies are absolute paths."""

    sources: Mapping[str, Path]

    def in_tracebacks(self, text: str) -> str:
        """A text in which tracebacks name the sources, relative to the working folder where that is shorter."""
        if not self.sources or self._common not in text:  # as in nearly all lines of a log
            return text
        return self._in_traceback.sub(lambda found: f"{found['before']}{_shown(self.sources[found['copy']])}", text)

    @cached_property
    def _common(self) -> str:
        """The folder that has all copies."""
        return os.path.commonpath(self.sources)

    @cached_property
    def _in_traceback(self) -> re.Pattern[str]:
        copies = "|".join(re.escape(copy) for copy in sorted(self.sources, key=len, reverse=True))
        return re.compile(rf"{_BEFORE}(?P<copy>{copies})(?=[/\\\":])")

    def unbuilt(self, root: Path) -> Iterator[str]:
        """A sentence if a source was edited after the build that copied it. A time alone says nothing: git sets it."""
        for copy, source in sorted(self.sources.items()):
            changed = next(_changed(Path(copy), source), None)
            if changed is not None:
                yield f"{_shown(changed)} is newer than {root}/: run esb build, or esb-gateway local --watch"
                return


def _changed(copy: Path, source: Path) -> Iterator[Path]:
    """The files of the source that are later than their copies, and differ."""
    copies = [copy] if copy.is_file() else (path for path in sorted(copy.rglob("*")) if path.is_file())
    for path in copies:
        edited = source if path == copy else source / path.relative_to(copy)
        try:
            is_later = edited.is_file() and edited.stat().st_mtime_ns > path.stat().st_mtime_ns
            if is_later and edited.read_bytes() != path.read_bytes():
                yield edited
        except OSError:  # it goes away while this looks
            continue


NO_SOURCES: Final = SourcePaths({})


def source_paths(root: Path, functions: Iterable[Function]) -> SourcePaths:
    """The sources that exist. Raises ConfigurationError for a link in place of the file."""
    try:
        document: Any = read(file_below(root, _FILE))
        services = document["services"]
        return SourcePaths(
            {
                copy: source
                for function in functions
                for copy, source in _of_function(root, function, services.get(function.name, {}))
                if source.exists()
            }
        )
    except (ContractError, OSError, ValueError, TypeError, KeyError, AttributeError):
        return NO_SOURCES  # a convenience of the machine that builds; nothing depends on it


def _of_function(root: Path, function: Function, service: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    home = root.resolve()
    watched = [
        (str(each["target"]), Path(os.path.normpath(home.parent / each["path"])))
        for each in service.get("develop", {}).get("watch", ())
    ]
    code = str(FunctionFolders(root).code(function))
    for target, source in watched:
        if target == _CODE or target.startswith(f"{_CODE}/"):
            yield posixpath.normpath(f"{code}/{target.removeprefix(_CODE)}"), source
    layers = [each for each in watched if each[0].startswith(_LAYERS)]
    if len(layers) == len(function.layers):  # else one of them is an archive, and which is not said
        for (target, source), layer in zip(layers, function.layers, strict=True):
            yield posixpath.normpath(f"{home / layer}/{target.removeprefix(_LAYERS)}"), source


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
