"""node_modules of source that is built with npm: installed once for all functions with the same package.json.

A build finds it as a link in its copy of the source, and an `npm` on its PATH that leaves it as it is (tool_path.py).
So a build after an edit takes as long as the compiler, and not as long as npm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.local.builds.cache import Filling, entry
from esb_gateway.local.builds.node_packages import LOCKS, MODULES, PACKAGE, copy_manifests, hash_of_folder
from esb_gateway.local.builds.source_builds import SourceBuild
from esb_gateway.local.builds.tool_path import with_tools, write_tools

_METHOD: Final = "esbuild"
_TOOLS: Final = "tools"
_QUIET: Final = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
_COMPILER: Final = re.compile(r"\besbuild@[0-9.]+")  # what the command installs if the project has none


@dataclass(frozen=True, slots=True)
class SharedModules:
    """The packages for one build, those of development included."""

    build: SourceBuild
    target: Path

    @property
    def folder(self) -> Path:
        """The node_modules, there or to be."""
        return self.target.resolve() / MODULES


def shared_modules(builds: Iterable[SourceBuild], root: Path, node_version: str) -> tuple[SharedModules, ...]:
    """For the builds that run npm in a folder with a package.json and without a node_modules."""
    return tuple(
        SharedModules(each, entry(root, hash_of_folder(each.source, f"{node_version} {_compiler(each)}")))
        for each in builds
        if each.build.method == _METHOD and (each.source / PACKAGE).is_file() and not (each.source / MODULES).exists()
    )


def folders_by_build(modules: Iterable[SharedModules]) -> dict[str, Path]:
    """The node_modules by the folder that is built, as functions.yml has it."""
    return {each.build.folder: each.folder for each in modules}


def fillings(modules: Iterable[SharedModules], tools: Toolchain, environment: Mapping[str, str]) -> list[Filling]:
    """The entries of the cache that hold them."""
    return [_filling(each, tools, environment) for each in modules]


def _filling(each: SharedModules, tools: Toolchain, environment: Mapping[str, str]) -> Filling:
    file = each.build.source / PACKAGE

    def prepare(target: Path) -> None:
        copy_manifests(each.build.source, target)
        (target / MODULES).mkdir()  # npm makes none if there is nothing to install
        write_tools(target / _TOOLS, tools)

    def commands(target: Path) -> Iterator[Command]:
        npm = tools.npm or ("npm",)
        variables = with_tools(environment, target / _TOOLS)
        kind = "ci" if any((target / lock).is_file() for lock in LOCKS) else "install"
        yield Command((*npm, kind, *_QUIET), variables, target)
        if not (target / MODULES / ".bin" / _METHOD).exists():
            yield Command((*npm, "install", "--no-save", *_QUIET, _compiler(each.build)), variables, target)

    return Filling(
        each.build.function,
        each.target,
        f"{each.build.function}: installing {file}",
        f"{each.build.function}: {file} could not be installed",
        commands,
        prepare,
    )


def _compiler(build: SourceBuild) -> str:
    found = _COMPILER.search(build.build.command)
    return found[0] if found else _METHOD
