"""Programs that builds find before those on PATH."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from esb_gateway.execution.embedded.toolchain import Toolchain

_CLI: Final = "npm-cli.js"
# npm without a package to install does nothing if node_modules is a link: all of them are there (shared_modules.py).
_NPM: Final = """\
#!/bin/sh
run() { exec %s "$@"; }
case "$1" in ci|install) ;; *) run "$@" ;; esac
if [ ! -L node_modules ]; then run "$@"; fi
for each; do
  case "$each" in ci|install|-*) ;; *) run "$@" ;; esac
done
"""


def with_tools(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables with a PATH that begins with the folder."""
    return {**environment, "PATH": os.pathsep.join([str(folder), environment.get("PATH", os.defpath)])}


def write_tools(folder: Path, tools: Toolchain) -> None:
    """Write `npm`, and programs that run those which are not on PATH: Node.js, npm, uv. Raises OSError."""
    folder.mkdir(exist_ok=True)
    for name, text in _scripts(tools).items():
        file = folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)


def _scripts(tools: Toolchain) -> dict[str, str]:
    found: dict[str, str] = {}
    if tools.npm is not None:
        found["npm"] = _NPM % shlex.join(tools.npm)
        if len(tools.npm) > 1:
            node, npm = tools.npm
            found |= {"node": _run(node), "npx": _run(node, npm.replace(_CLI, "npx-cli.js"))}
    if tools.uv is not None and len(tools.uv) > 1:
        found["uv"] = _run(*tools.uv)
    return found


def _run(*command: str) -> str:
    return f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'
