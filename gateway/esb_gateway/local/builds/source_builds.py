"""Builds of source that functions.yml describes: Go, Rust, TypeScript and so on, by the programs on PATH, each once.

The hash of an entry of the cache covers the source, the command, and which programs it runs.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from esb_gateway.child_processes.launcher import Command
from esb_gateway.configuration.file_stamps import stamp
from esb_gateway.execution.embedded.function_folders import code_name
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.invocation import Function
from esb_gateway.local.builds.cache import Filling, add_files, entry
from esb_gateway.local.builds.tool_path import with_tools, write_tools
from esb_gateway.local.rooted_paths import below
from esb_schemas.contract import Build

_ARTIFACTS: Final = "artifacts"  # of an entry of the cache
_SOURCE: Final = "source"  # these two are there while it is filled
_TOOLS: Final = "tools"
_IS_ENTRY: Final = re.compile(r"[0-9a-f]{16}")  # others are being filled
_FIX: Final = "install it, or run the function in its container with `docker compose up -d`."


@dataclass(frozen=True, slots=True)
class SourceBuild:
    """A build of `source`, which functions.yml calls `folder`, for one function."""

    function: str
    folder: str
    source: Path
    build: Build
    target: Path

    @property
    def artifacts(self) -> Path:
        """The folder with what was built."""
        return self.target.resolve() / _ARTIFACTS


def missing_program(function: Function, tools: Toolchain) -> str | None:
    """Why the function cannot be built on this machine, as one sentence; None if it can."""
    for folder, build in function.builds.items():
        for name in build.tools:
            if tools.find(name) is None:
                what = "its code" if folder == code_name(function) else f"the layer {folder}"
                return f"{function.name}: {what} is built with `{name}` ({build.method}), which is not on PATH; {_FIX}"
    return None


def wanted(functions: Iterable[Function], root: Path, tools: Toolchain) -> tuple[SourceBuild, ...]:
    """The builds of the functions. Raises ConfigurationError if a link is in the way."""
    return tuple(
        SourceBuild(function.name, folder, source, build, entry(root, _hash(source, build, tools)))
        for function in functions
        for folder, build in function.builds.items()
        for source in [below(root, folder).resolve()]
    )


def built_folders(builds: Iterable[SourceBuild]) -> dict[str, Path]:
    """The built folders, in place of those of functions.yml."""
    return {each.folder: each.artifacts for each in builds}


@dataclass(frozen=True, slots=True)
class Workshop:
    """The context of all builds. `modules` is the node_modules of the folders that have a shared one."""

    root: Path
    tools: Toolchain
    environment: Mapping[str, str]
    modules: Mapping[str, Path] = field(default_factory=dict)


def fillings(builds: Iterable[SourceBuild], workshop: Workshop) -> list[Filling]:
    """The entries of the cache that hold them."""
    return [_filling(each, workshop) for each in builds]


def remove_others(root: Path, kept: Container[Path]) -> None:
    """Remove what was built before and is not one of the artifacts that are kept; packages stay."""
    deps = entry(root, "").resolve()
    for folder in deps.iterdir() if deps.is_dir() else ():
        artifacts = folder / _ARTIFACTS
        if _IS_ENTRY.fullmatch(folder.name) and artifacts.is_dir() and artifacts not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _filling(each: SourceBuild, workshop: Workshop) -> Filling:
    root, tools, environment = workshop.root, workshop.tools, workshop.environment

    def prepare(target: Path) -> None:
        shutil.copytree(each.source, target / _SOURCE, symlinks=True)
        if each.folder in workshop.modules:
            (target / _SOURCE / "node_modules").symlink_to(workshop.modules[each.folder])
        (target / _ARTIFACTS).mkdir()
        write_tools(target / _TOOLS, tools)

    def commands(target: Path) -> Iterator[Command]:
        variables = with_tools(environment, target / _TOOLS)
        variables |= _cargo(each, root)
        variables["ARTIFACTS_DIR"] = str(target / _ARTIFACTS)
        variables["ESB_PYTHON"] = sys.executable  # that packages are installed for
        # Go asks the version control of the folder above for a version, which fails without a checkout.
        variables["GOFLAGS"] = f"{variables.get('GOFLAGS', '')} -buildvcs=false".strip()
        yield Command(("/bin/sh", "-e", "-c", each.build.command), variables, target / _SOURCE)

    def finish(target: Path) -> None:
        for name in (_SOURCE, _TOOLS):
            shutil.rmtree(target / name)

    shown = f"{root / each.folder}"  # as the user named the root
    return Filling(
        each.function,
        each.target,
        f"{each.function}: building {shown} ({each.build.method})",
        f"{each.function}: {shown} could not be built ({each.build.method})",
        commands,
        prepare,
        finish,
    )


def _cargo(each: SourceBuild, root: Path) -> dict[str, str]:
    """A folder that keeps what Cargo compiled: dependencies are compiled once, and not after each change."""
    if each.build.method != "rust":
        return {}
    name = hashlib.sha256(each.folder.encode()).hexdigest()[:16]
    return {"CARGO_TARGET_DIR": str(below(root, f"local/cargo/{name}").absolute())}


def _hash(source: Path, build: Build, tools: Toolchain) -> str:
    digest = hashlib.sha256(f"{build.method}\0{build.command}\0".encode())
    for name in build.tools:
        program = os.path.realpath(tools.find(name) or name)
        digest.update(f"{program} {stamp(program)}\0".encode())
    add_files(digest, source, source.rglob("*"))
    return digest.hexdigest()[:16]
