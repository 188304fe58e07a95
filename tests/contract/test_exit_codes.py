"""docs/exit-codes.md, and that the programs return nothing but what it has."""

from __future__ import annotations

import ast
import gc
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from esb_schemas import starting
from esb_schemas.command_line.exit_codes import STOPPED, ExitCode
from esb_schemas.entry_points import load_object
from esb_schemas.pages.exit_codes import reference
from tests.contract.test_command_reference import of_the_session
from tests.documents import ROOT

COMMANDS = (
    *sorted((ROOT / "gateway/esb_gateway/cli").glob("*.py")),
    *sorted((ROOT / "generator/esb_generator/cli").glob("*.py")),
    *(ROOT.glob("*/esb_*/__main__.py")),
    *(ROOT / "provisioner/esb_provisioner" / name for name in ("cli.py", "printer.py", "transfer/command.py")),
    ROOT / "cloud/esb_cloud/cli.py",
)
ENUMERATIONS = [load_object(name) for name in of_the_session("EXIT_CODES")]


def numbers(tree: ast.AST) -> Iterator[int]:
    """The numbers that a module's functions return as they stand."""
    for returned in (node.value for node in ast.walk(tree) if isinstance(node, ast.Return)):
        for value in (returned.body, returned.orelse) if isinstance(returned, ast.IfExp) else (returned,):
            if isinstance(value, ast.Constant) and type(value.value) is int:
                yield value.value


def test_the_page_is_generated() -> None:
    assert (ROOT / "docs/exit-codes.md").read_text("utf-8") == reference(ENUMERATIONS), "run `nox -s docs`"


def test_the_page_has_every_enumeration() -> None:
    assert set(ExitCode.__subclasses__()) == set(ENUMERATIONS)


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_command_returns_no_code_that_the_page_lacks(path: Path) -> None:
    assert list(numbers(ast.parse(path.read_text("utf-8")))) == []


def test_each_code_has_one_meaning() -> None:
    for codes in ENUMERATIONS:
        assert len(codes) == len(codes.__members__)
        assert all(code.meaning for code in codes)


PROGRAMS = {
    "esb_cloud": "esb-cloud",
    "esb_gateway": "esb-gateway",
    "esb_generator": "esb",
    "esb_provisioner": "esb-provision",
}


STARTING = starting.__file__ or ""
# Modules that Python itself has loaded or that are part of it, and ours, which imports only such ones.
AT_START = {"gc", "os", "sys", "from esb_schemas.starting import run_program"}


class Interrupted(ModuleType):
    """A module during whose import, or in whose functions, Ctrl-C is pressed."""

    def __getattr__(self, _: str) -> Any:
        raise KeyboardInterrupt


@pytest.fixture
def collector() -> Iterator[None]:
    """Garbage is collected again afterwards: `esb` leaves that to the end of its process."""
    yield
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("collector")
@pytest.mark.parametrize("package", sorted(PROGRAMS))
def test_ctrl_c_leaves_a_sentence_and_no_traceback(
    package: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A signal that a process gets comes too early or too late now and then; the exception is what it becomes."""
    main = importlib.import_module(f"{package}.__main__")
    monkeypatch.setitem(sys.modules, f"{package}.cli", Interrupted("cli"))
    assert main.program() == STOPPED[0]
    assert capfd.readouterr().err == f"\n{PROGRAMS[package]}: stopped\n"


@pytest.mark.parametrize("package", sorted(PROGRAMS))
def test_a_program_imports_its_parts_where_ctrl_c_is_expected(package: str) -> None:
    """What a package and `__main__` import outside of functions comes before that: `typing` alone takes 9 ms."""
    files = [*ROOT.glob(f"*/{package}/__[im]*__.py"), *ROOT.glob("schemas/esb_schemas/__init__.py"), Path(STARTING)]
    trees = [ast.parse(file.read_text("utf-8")) for file in files]
    imported = [node for tree in trees for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {ast.unparse(node).removeprefix("import ") for node in imported} <= AT_START
