"""docs/exit-codes.md, and that the programs return nothing but what it has."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from esb_cloud import cli as cloud
from esb_gateway.cli import main
from esb_generator.__main__ import program
from esb_schemas.command_line.exit_code_reference import load, reference
from esb_schemas.command_line.exit_codes import ExitCode
from tests.contract.test_command_reference import of_the_session
from tests.documents import ROOT

COMMANDS = (
    *sorted((ROOT / "gateway/esb_gateway/cli").glob("*.py")),
    *sorted((ROOT / "generator/esb_generator/cli").glob("*.py")),
    ROOT / "generator/esb_generator/__main__.py",
    *(ROOT / "provisioner/esb_provisioner" / name for name in ("cli.py", "printer.py", "transfer/command.py")),
    ROOT / "cloud/esb_cloud/cli.py",
)
ENUMERATIONS = [load(name) for name in of_the_session("EXIT_CODES")]


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


@pytest.mark.parametrize(
    ("module", "command", "name"),
    [
        ("esb_generator.__main__.main", program, "esb"),
        ("esb_gateway.cli.import_module", lambda: main(["schedules"]), "esb-gateway"),
        ("esb_cloud.cli.read_settings", lambda: cloud.main(["serve"]), "esb-cloud"),
    ],
)
def test_ctrl_c_leaves_a_sentence_and_no_traceback(
    module: str,
    command: Callable[[], int],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A signal that a process gets comes too early or too late now and then; the exception is what it becomes."""

    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, interrupted)
    assert command() == 130
    assert capfd.readouterr().err == f"\n{name}: stopped\n"
