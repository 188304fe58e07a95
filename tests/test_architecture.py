"""The structure that DESIGN promises: who may import whom, and that every wheel is whole."""

from __future__ import annotations

import ast
import importlib.util
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

# Each package with those of ours that it may import. Siblings meet in validated YAML, never in Python;
# the embedded gateway calls the provisioner as a program.
MAY_IMPORT = {
    "esb_schemas": set(),
    "esb_compose_templates": set(),
    "esb_generator": {"esb_schemas", "esb_compose_templates"},
    "esb_provisioner": {"esb_schemas"},
    "esb_gateway": {"esb_schemas"},
}
# The parts of a package (subpackages and modules), from the bottom up: each imports only what stands before it.
PARTS = {
    "esb_generator": [
        {"values", "errors", "near_miss"},
        {"reading"},
        {"resolving"},
        {"model"},
        {"expand"},
        {"writing"},
        {"not_run", "report"},
        {"pipeline"},
        {"watching"},
        {"cli"},
    ],
    "esb_gateway": [
        {"errors", "logs", "identifiers"},
        {"api"},
        {"execution"},
        {"callers"},
        {"asynchronous"},
        {"server"},
        {"serving"},
        {"local"},
        {"cli"},
    ],
}
DATA_FILES = {
    "esb_schemas": {
        "esb_schemas/functions.schema.json",
        "esb_schemas/resources.schema.json",
        "esb_schemas/routing.schema.json",
    },
    "esb_compose_templates": {
        "esb_compose_templates/compose.yaml.j2",
        "esb_compose_templates/database.dynamodb-local.yml.j2",
        "esb_compose_templates/database.scylladb.yml.j2",
        "esb_compose_templates/docker-compose.yml.j2",
        "esb_compose_templates/function.Dockerfile.j2",
        "esb_compose_templates/storage.minio.yml.j2",
        "esb_compose_templates/storage.rustfs.yml.j2",
    },
    "esb_generator": set(),
    "esb_provisioner": {"esb_provisioner/Dockerfile"},
    "esb_gateway": {"esb_gateway/Dockerfile"},
    "esb_runtime": {
        "esb_runtime/files/esb_capture.py",
        "esb_runtime/files/esb_cloudwatch.py",
        "esb_runtime/files/esb_frames.py",
        "esb_runtime/files/esb_imports.py",
        "esb_runtime/files/esb_redirect.py",
        "esb_runtime/files/esb_rows.py",
        "esb_runtime/files/esb_tee.py",
        "esb_runtime/files/esb_trace_id.py",
        "esb_runtime/files/esb_victorialogs.py",
        "esb_runtime/files/sitecustomize.py",
        "esb_runtime/files/supervisor",
    },
}


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = [
        f"{path.name}:{line} imports {name}"
        for path in modules(package)
        for line, name in imports(path)
        if name.partition(".")[0] in MAY_IMPORT and name.partition(".")[0] not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(PARTS))
def test_the_parts_of_a_package_are_one_way(package: str) -> None:
    level_of = {name: level for level, names in enumerate(PARTS[package]) for name in names}
    wrong = [
        f"{part_of(path, package)}: {path.name} imports {name}"
        for path in modules(package)
        for _line, name in imports(path)
        if name.startswith(f"{package}.")
        and (part := part_of(path, package)) in level_of
        and level_of.get(name.split(".")[1], -1) > level_of[part]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_only_the_command_line_prints_and_exits(package: str) -> None:
    wrong = [
        f"{path.name}:{node.lineno} calls {called}"
        for path in modules(package)
        if path.stem not in {"cli", "__main__", "reference"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) in {"print", "exit", "sys.exit", "quit"}
    ]
    assert wrong == []


@pytest.mark.parametrize("package", sorted(DATA_FILES))
def test_a_wheel_contains_its_code_and_its_data(package: str) -> None:
    folder = os.environ.get("ESB_WHEELS")
    if folder is None:
        pytest.skip("ESB_WHEELS names no folder of built wheels; `nox -s tests` sets it")
    (wheel,) = Path(folder).glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as opened:
        content = set(opened.namelist())
    assert content >= DATA_FILES[package] | {f"{package}/__init__.py", f"{package}/py.typed"}
    assert {name.partition("/")[0] for name in content} == {package, f"{wheel.name.split('-py3')[0]}.dist-info"}


def test_every_wheel_carries_the_schemas_that_are_in_the_source_tree() -> None:
    spec = importlib.util.find_spec("esb_schemas")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    source = Path(__file__).parents[1] / "schemas"
    for name in ("functions", "resources", "routing"):
        installed = next(f for f in (package, package.parent) if (f / f"{name}.schema.json").is_file())
        assert (installed / f"{name}.schema.json").read_bytes() == (source / f"{name}.schema.json").read_bytes()


def part_of(path: Path, package: str) -> str:
    """The subpackage that a module lies in, or its own name."""
    below = path.parts[len(path.parts) - path.parts[::-1].index(package) :]
    return below[0].removesuffix(".py")


def modules(package: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    for folder in spec.submodule_search_locations or ():
        yield from sorted(Path(folder).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
