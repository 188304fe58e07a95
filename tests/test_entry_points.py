"""Each text `package.module:name` is the name of an object of the type that its user gives it.

mypy sees no import in such a text. So each object stands here too, beside its name and under that type.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from esb_generator.cli import Run, build, bundle, graph, init
from esb_generator.cli.console import Console
from esb_generator.cli.messages import os_error
from esb_generator.model import ResourceEntry
from esb_generator.output.build_methods.build import Make
from esb_generator.output.build_methods.methods import dotnet, esbuild, go, java, makefile, nodejs, python, ruby, rust
from esb_generator.output.seeds.reading import read_seed
from esb_generator.output.seeds.seed_files import FolderLimits, SeedFiles
from esb_generator.resources.filter_patterns import filter_pattern
from esb_generator.resources.nodes import Node
from esb_generator.resources.service import Service
from esb_schemas.entry_points import load_object
from esb_schemas.environment.tables import TABLES
from esb_schemas.environment.variable import Table
from esb_schemas.request_bodies.schemas import problems, validator
from esb_schemas.request_bodies.validation import BodySchemas
from tests.test_architecture import ENTRY_POINT, MAY_IMPORT, modules, nodes


class _OsError(Protocol):
    def __call__(self, error: OSError, console: Console, *, as_json: bool) -> int: ...


COMMANDS: dict[str, Run] = {
    "esb_generator.cli.build:run": build.run,
    "esb_generator.cli.build:run_once": build.run_once,
    "esb_generator.cli.bundle:run": bundle.run,
    "esb_generator.cli.graph:run": graph.run,
    "esb_generator.cli.init:run": init.run,
}
OS_ERROR: dict[str, _OsError] = {"esb_generator.cli.messages:os_error": os_error}
BUILD_METHODS: dict[str, Make] = {
    f"esb_generator.output.build_methods.methods.{name}": function
    for name, function in (
        ("dotnet:dotnet", dotnet.dotnet),
        ("esbuild:esbuild", esbuild.esbuild),
        ("go:go", go.go),
        ("java:java", java.java),
        ("makefile:makefile", makefile.makefile),
        ("makefile:makefile_of_runtime", makefile.makefile_of_runtime),
        ("nodejs:npm", nodejs.npm),
        ("python:python", python.python),
        ("python:uv", python.uv),
        ("ruby:bundler", ruby.bundler),
        ("rust:rust", rust.rust),
    )
}
SEEDS: dict[str, Callable[[ResourceEntry, Path, FolderLimits], SeedFiles]] = {
    "esb_generator.output.seeds.reading:read_seed": read_seed
}
PATTERNS: dict[str, Callable[[Node, Collection[str], str], str]] = {
    "esb_generator.resources.filter_patterns:filter_pattern": filter_pattern
}
VARIABLES: dict[str, Iterable[Table]] = {"esb_schemas.environment.tables:TABLES": TABLES}
BODIES = BodySchemas(validator, problems)
OBJECTS: dict[str, object] = {
    **COMMANDS,
    **OS_ERROR,
    **BUILD_METHODS,
    **SEEDS,
    **PATTERNS,
    **VARIABLES,
    "esb_schemas.request_bodies.schemas:problems": BODIES.problems,
    "esb_schemas.request_bodies.schemas:validator": BODIES.validator,
}


def names() -> Iterator[str]:
    for path in (path for package in MAY_IMPORT for path in modules(package)):
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ENTRY_POINT.fullmatch(node.value):
                yield node.value


@pytest.mark.parametrize("name", sorted(set(names())))
def test_a_name_is_that_of_an_object_of_its_type(name: str) -> None:
    if name.endswith(":SERVICE"):
        assert isinstance(load_object(name), Service)
    else:
        assert load_object(name) is OBJECTS[name], "a new name: say its type above"
