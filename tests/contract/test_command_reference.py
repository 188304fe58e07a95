"""docs/commands.md."""

from __future__ import annotations

import ast

from esb_schemas.pages.commands import DEPTH, load, reference
from tests.contract.test_command_help import PARSERS
from tests.documents import ROOT


def of_the_session(constant: str) -> list[str]:
    """A constant of noxfile.py, which cannot be imported without nox."""
    for statement in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == constant:
            return list(ast.literal_eval(statement.value))
    raise AssertionError(f"noxfile.py has no {constant}")


def test_the_page_is_generated_from_the_programs() -> None:
    page = (ROOT / "docs/commands.md").read_text("utf-8")
    assert page == reference([load(program) for program in of_the_session("PARSERS")]), "run `nox -s docs`"
    commands = {words for words in PARSERS if len(words.split()) <= DEPTH and words != "esb-provision completion"}
    assert {line.strip("#` ") for line in page.splitlines() if line.startswith("## ")} == commands
