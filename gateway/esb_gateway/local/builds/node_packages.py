"""The packages that Node.js functions and their layers need, each set installed once by npm.

- Those of a package.json beside which no `node_modules` is: with `npm ci` if there is a lock file, else `npm install`.
- Those of AWS's images, `@aws-sdk/…` above all, that the code imports and neither it nor its layers have.

The hash of an entry of the cache covers the files that npm reads and the Node.js that will load the packages.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.languages import Language, language_of
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import Filling, add_files, entry
from esb_gateway.local.builds.node_sdk import imported, is_in_image, version_range

PACKAGE: Final = "package.json"
LOCKS: Final = ("npm-shrinkwrap.json", "package-lock.json")  # in npm's order
_READ_BY_NPM: Final = (PACKAGE, *LOCKS, ".npmrc")
_KINDS: Final = ("dependencies", "optionalDependencies")
_OPTIONS: Final = (
    "--omit=dev",
    "--install-links",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
)
MODULES: Final = "node_modules"
# Makes npm read more than `_READ_BY_NPM`: a package that is a path, a script that runs at an installation.
_READS_MORE: Final = re.compile(
    r""":\s*"(file:|link:|\.{1,2}/)|"(workspaces|preinstall|install|postinstall|prepare)"\s*:"""
)


@dataclass(frozen=True, slots=True)
class NodePackages:
    """Packages for one function. `folder` has the package.json; without one, `implied` are the packages of AWS's image.

    `target` is the entry of the cache, in which `node_modules` is or will be.
    """

    function: str
    target: Path
    folder: Path | None = None
    implied: tuple[str, ...] = ()


def needed(functions: Iterable[Function], folders: FunctionFolders, node_version: str) -> tuple[NodePackages, ...]:
    """The packages of the Node.js functions, for each in the order of its path: code, layers, what AWS's image has.

    Raises ConfigurationError for a package.json that cannot be read.
    """
    return tuple(
        each
        for function in functions
        if language_of(function.runtime) is Language.NODE
        for each in _of_function(function, folders, node_version)
    )


def folders_by_function(packages: Iterable[NodePackages]) -> dict[str, tuple[Path, ...]]:
    """The folders that go into each function's NODE_PATH."""
    found: dict[str, tuple[Path, ...]] = {}
    for each in packages:
        found[each.function] = (*found.get(each.function, ()), each.target.resolve() / MODULES)
    return found


def fillings(packages: Iterable[NodePackages], tools: Toolchain, environment: Mapping[str, str]) -> list[Filling]:
    """The entries of the cache that hold them."""
    return [_filling(each, tools, environment) for each in packages]


def _of_function(function: Function, folders: FunctionFolders, node_version: str) -> Iterator[NodePackages]:
    code, layers = folders.code(function), folders.layers(function)
    homes = [code, *(layer / "nodejs" for layer in layers)]
    built = set(folders.built.values())
    with_manifest = [home for home, folder in zip(homes, (code, *layers), strict=True) if folder not in built]
    for home in with_manifest:
        if not (home / MODULES).is_dir() and dependencies(home / PACKAGE):
            yield NodePackages(function.name, entry(folders.root, hash_of_folder(home, node_version)), home)
    present = {name for home in with_manifest for name in dependencies(home / PACKAGE)}
    implied = tuple(
        name
        for name in sorted(imported(code) - present)
        if is_in_image(name, function.runtime) and not any(_has(home, name) for home in homes)
    )
    if implied:
        yield NodePackages(function.name, entry(folders.root, _hash_of_names(implied, node_version)), implied=implied)


def dependencies(file: Path) -> Collection[str]:
    """The names of the packages that a package.json asks for; none if there is no such file.

    Raises ConfigurationError if it is not JSON.
    """
    if not file.is_file():
        return ()
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file}: cannot be read as JSON ({error}); correct it.") from error
    sections = [document.get(kind) for kind in _KINDS] if isinstance(document, dict) else []
    return {name for section in sections if isinstance(section, dict) for name in section}


def _has(folder: Path, name: str) -> bool:
    return (folder / MODULES / name).is_dir() or any(folder.glob(f"node[0-9]*/{MODULES}/{name}"))


def _filling(packages: NodePackages, tools: Toolchain, environment: Mapping[str, str]) -> Filling:
    folder, function = packages.folder, packages.function
    if folder is None:
        names = ", ".join(packages.implied)
        doing = f"{function}: installing {names}, which the code imports and AWS's image has"
        subject = f"{function}: {names}, which AWS's image has,"
    else:
        doing = f"{function}: installing {folder / PACKAGE}"
        subject = f"{function}: {folder / PACKAGE}"

    def prepare(target: Path) -> None:
        if tools.npm is None:
            raise ConfigurationError(f"{subject} needs npm, and there is no `npm` on PATH; install Node.js with npm.")
        if folder is None:
            wanted = {name: version_range(name) for name in packages.implied}
            document = {"private": True, "dependencies": wanted}
            (target / PACKAGE).write_text(json.dumps(document), encoding="utf-8")
        else:
            copy_manifests(folder, target)

    def commands(target: Path) -> Iterator[Command]:
        locked = any((target / lock).is_file() for lock in LOCKS)
        arguments = (*(tools.npm or ("npm",)), "ci" if locked else "install", *_OPTIONS)
        yield Command(arguments, _with_node(environment, tools), target)

    return Filling(function, packages.target, doing, f"{subject} could not be installed", commands, prepare)


def _with_node(environment: Mapping[str, str], tools: Toolchain) -> dict[str, str]:
    """With the Node.js of the functions first on PATH: npm runs it, and so do the scripts of packages."""
    folders = [] if tools.node is None else [str(Path(tools.node).parent)]
    return {**environment, "PATH": os.pathsep.join([*folders, environment.get("PATH", os.defpath)])}


def copy_manifests(folder: Path, target: Path) -> None:
    """Copy what npm reads: all of the folder if a package is a path in it, or a script runs at the installation."""
    if _reads_more(folder):
        shutil.copytree(folder, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(MODULES))
        return
    for name in _READ_BY_NPM:
        if (folder / name).is_file():
            shutil.copyfile(folder / name, target / name)


def _reads_more(folder: Path) -> bool:
    return _READS_MORE.search((folder / PACKAGE).read_text(encoding="utf-8", errors="replace")) is not None


def hash_of_folder(folder: Path, node_version: str) -> str:
    """The hash of what npm reads there."""
    digest = _digest(node_version)
    add_files(digest, folder, folder.rglob("*") if _reads_more(folder) else (folder / name for name in _READ_BY_NPM))
    return digest.hexdigest()[:16]


def _hash_of_names(names: Iterable[str], node_version: str) -> str:
    digest = _digest(node_version)
    digest.update(" ".join(names).encode())
    return digest.hexdigest()[:16]


def _digest(node_version: str) -> hashlib._Hash:
    return hashlib.sha256(f"npm {node_version} {platform.system()} {platform.machine()}\0".encode())
