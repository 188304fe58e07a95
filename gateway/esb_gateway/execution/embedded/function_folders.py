"""The folders that are /var/task and /opt for a function that runs as a process of this machine. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from esb_gateway.execution.embedded.languages import RETIRED_GO
from esb_gateway.invocation import Function


def code_name(function: Function) -> str:
    """The folder of the code as functions.yml has it, or would have it."""
    return function.code or f"functions/{function.name}"


@dataclass(frozen=True, slots=True)
class FunctionFolders:
    """`root` is the folder that holds config/; `built` has the folders with what was built of those with source."""

    root: Path
    built: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    def code(self, function: Function) -> Path:
        """The folder that is /var/task on AWS."""
        return self._place(code_name(function))

    def layers(self, function: Function) -> list[Path]:
        """The folders that are merged into /opt on AWS, the last first: its files replace those of the others there."""
        return [self._place(layer) for layer in reversed(function.layers)]

    def bootstraps(self, function: Function) -> list[Path]:
        """The files that can be the program of a custom runtime; the first that exists is."""
        if function.runtime == RETIRED_GO:
            return [self.code(function) / function.handler]
        return [folder / "bootstrap" for folder in (self.code(function), *self.layers(function))]

    def _place(self, name: str) -> Path:
        return self.built.get(name) or (self.root / name).resolve()
