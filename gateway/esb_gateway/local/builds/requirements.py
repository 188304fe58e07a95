"""The packages that functions and layers require in a requirements.txt, each set installed once.

The hash of an entry of the cache covers the requirements and the Python that will import them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders, code_name
from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import Filling, add_files, entry

FILE: Final = "requirements.txt"
# Lines that name other files: -r, -c, -e, a path, a file: URL. The content of these then counts, too.
_LOCAL: Final = re.compile(r"^\s*(-[rce]|--(requirement|constraint|editable)|\.|/)|file:", re.MULTILINE)
_NOT_EMPTY: Final = re.compile(r"^\s*[^#\s]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Requirements:
    """A requirements.txt in `folder`, for one function; `target` is where its packages are, or will be."""

    function: str
    folder: Path
    target: Path


def required(functions: Iterable[Function], folders: FunctionFolders) -> tuple[Requirements, ...]:
    """The requirements of the functions, for each in the order of its path: code before layers."""
    return tuple(
        Requirements(function.name, folder, entry(folders.root, _hash(folder)))
        for function in functions
        if language_of(function.runtime) is Language.PYTHON
        for folder in _homes(function, folders)
        if _has_requirements(folder / FILE)
    )


def folders_by_function(requirements: Iterable[Requirements]) -> dict[str, tuple[Path, ...]]:
    """The folders that go onto each function's path."""
    found: dict[str, tuple[Path, ...]] = {}
    for each in requirements:
        found[each.function] = (*found.get(each.function, ()), each.target.resolve())
    return found


def fillings(requirements: Iterable[Requirements], environment: Mapping[str, str]) -> list[Filling]:
    """The entries of the cache that hold them."""
    return [_filling(each, environment) for each in requirements]


def find_installer(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The command of uv, else of pip, up to the packages. Raises ConfigurationError if there is neither."""
    if importlib.util.find_spec("uv") is not None:
        return (sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable)
    uv = shutil.which("uv", path=environment.get("PATH"))
    if uv is not None:
        return (uv, "pip", "install", "--python", sys.executable)
    if importlib.util.find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", "install", "--disable-pip-version-check")
    raise ConfigurationError(f"{FILE}: there is neither uv nor pip to install with; install one of them.")


def _filling(wanted: Requirements, environment: Mapping[str, str]) -> Filling:
    file = wanted.folder / FILE

    def commands(target: Path) -> Iterator[Command]:
        arguments = (*find_installer(environment), "--target", str(target), "-r", FILE)
        yield Command(arguments, environment, wanted.folder.resolve())

    return Filling(
        wanted.function,
        wanted.target,
        f"{wanted.function}: installing {file}",
        f"{wanted.function}: {file} could not be installed",
        commands,
    )


def _homes(function: Function, folders: FunctionFolders) -> Iterator[Path]:
    """The folders in which a requirements.txt counts: not those that were built, which have their packages."""
    root, built = folders.root, folders.built
    if code_name(function) not in built:
        yield root / code_name(function)
    yield from (root / layer / "python" for layer in function.layers if layer not in built)


def _has_requirements(file: Path) -> bool:
    return file.is_file() and _NOT_EMPTY.search(file.read_text(encoding="utf-8", errors="replace")) is not None


def _hash(folder: Path) -> str:
    text = (folder / FILE).read_bytes()
    digest = hashlib.sha256(f"{sys.implementation.cache_tag} {platform.system()} {platform.machine()}\0".encode())
    digest.update(text)
    if _LOCAL.search(text.decode("utf-8", "replace")):
        add_files(digest, folder, (path for path in folder.rglob("*") if path.suffix != ".pyc"))
    return digest.hexdigest()[:16]
