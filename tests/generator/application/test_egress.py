"""Which functions have a way out of the stack, and what the build says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_generator.application.egress import egress_line, with_egress
from esb_generator.model import Application, FolderCode, Function
from esb_generator.values import Mark
from esb_schemas import contract
from tests.generator.conftest import Esb, Read

TEMPLATE = """
Resources:
  Open:
    Type: AWS::Serverless::Function
    Properties: {InlineCode: "pass", Handler: a.b, Runtime: python3.12}
  Closed:
    Type: AWS::Serverless::Function
    Metadata: {Esb: {Egress: false}}
    Properties: {InlineCode: "pass", Handler: a.b, Runtime: python3.12}
"""
CLOSED = "egress: none; functions reach the stack's servers and nothing else"


def function(name: str, *, egress: bool = True) -> Function:
    return Function(name, name, Mark("t", 1, 1), FolderCode("."), contract.Function(egress=egress))


def test_metadata_of_a_function_decides_unless_the_whole_stack_is_closed(read: Read) -> None:
    application = read(TEMPLATE).application

    def egress(application: Application) -> dict[str, bool]:
        return {each.name: each.entry.egress for each in application.functions}

    assert egress(with_egress(application, "open")) == {"Open": True, "Closed": False}
    assert egress(with_egress(application, "none")) == {"Open": False, "Closed": False}


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ("{Egress: maybe}", "Esb.Egress must be true or false, not 'maybe'"),
        ("{Egres: false}", "Esb has no property Egres; did you mean Egress?"),
        ("no", "Esb must be a mapping"),
    ],
)
def test_metadata_that_is_wrong_is_an_error(problems: Callable[..., list[str]], metadata: str, sentence: str) -> None:
    (problem,) = problems(TEMPLATE.replace("{Egress: false}", metadata))
    assert sentence in str(problem)


@pytest.mark.parametrize(
    ("functions", "line"),
    [
        ([], "egress: there is no function"),
        (
            [function("a")],
            "egress: open; functions reach the internet and this machine, as on AWS; --egress none closes that",
        ),
        ([function("a", egress=False)], CLOSED),
        (
            [function("a", egress=False), function("b"), function("c", egress=False)],
            "egress: none for a, c; other functions reach the internet and this machine, as on AWS; "
            "--egress none closes that",
        ),
    ],
)
def test_the_build_says_what_functions_reach(functions: list[Function], line: str) -> None:
    assert egress_line(functions) == line


def test_the_command_line_and_samconfig_close_every_function(esb: Esb, project: Path) -> None:
    (project / "template.yaml").write_text("Transform: AWS::Serverless-2016-10-31" + TEMPLATE)

    assert CLOSED in esb("build", "--egress", "none").out.splitlines()
    assert json.loads(esb("build", "--json").out)["without_egress"] == ["Closed"]

    (project / "samconfig.toml").write_text('[default.build.parameters]\negress = "none"\n')
    assert CLOSED in esb("build").out.splitlines()
    assert "egress: none for Closed" in esb("build", "--egress", "open").out

    (project / "samconfig.toml").write_text('[default.global.parameters]\negress = "some"\n')
    refused = esb("build")
    assert refused.code == 1
    assert "samconfig.toml: egress must be open or none, not some" in refused.err
