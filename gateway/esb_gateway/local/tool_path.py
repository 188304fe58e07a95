"""The variable PATH for builds, so that they find programs which are installed elsewhere: Node.js, npm, uv."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from esb_gateway.execution.toolchain import Toolchain

_CLI: Final = "npm-cli.js"


def with_tools(environment: Mapping[str, str], folder: Path, tools: Toolchain) -> dict[str, str]:
    """The variables with a PATH that begins with `folder`, if `write_tools` has something for it."""
    path = environment.get("PATH", os.defpath)
    return {**environment, "PATH": os.pathsep.join([str(folder), path]) if _scripts(tools) else path}


def write_tools(folder: Path, tools: Toolchain) -> None:
    """Write programs that run those which are elsewhere. Raises OSError."""
    folder.mkdir(exist_ok=True)
    for name, command in _scripts(tools).items():
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n', encoding="utf-8")
        file.chmod(0o755)


def _scripts(tools: Toolchain) -> dict[str, tuple[str, ...]]:
    """The command for each name; one that is a single program is on PATH."""
    found: dict[str, tuple[str, ...]] = {}
    if tools.npm is not None and len(tools.npm) > 1:
        node, npm = tools.npm
        found |= {"node": (node,), "npm": (node, npm), "npx": (node, npm.replace(_CLI, "npx-cli.js"))}
    if tools.uv is not None and len(tools.uv) > 1:
        found["uv"] = tools.uv
    return found
