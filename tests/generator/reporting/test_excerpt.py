"""The line that an error is about, and the ten mistakes of a beginner."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from esb_generator.cli import run
from esb_generator.cli.console import Console
from esb_generator.reporting.colours import wanted
from esb_generator.reporting.excerpt import MAX_BYTES, excerpt, template_text
from tests.generator.conftest import Esb

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31

Resources:
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
      Environment:
        Variables:
          TABLE: !Ref VisitsTable

  VisitsTable:
    Type: AWS::Serverless::SimpleTable
"""
WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"


@pytest.mark.parametrize(
    ("before", "after", "sentence", "shown"),
    [
        pytest.param(
            "      Handler:",
            "     Handler:",
            "8:6: error: did not find expected key while parsing a block mapping (begun at line 5);"
            " the indentation does not match the lines above",
            ["    8 |      Handler: app.handler", "      |      ^"],
            id="a wrong indent",
        ),
        pytest.param(
            "Resources:",
            "Resource:",
            "3:1: error: Resource is not a section of a template; did you mean Resources?",
            ["    3 | Resource:", "      | ^"],
            id="no Resources",
        ),
        pytest.param(
            "app.handler",
            "handler",
            "8:16: error: HelloFunction: Handler must be FILE.FUNCTION, such as app.handler, not 'handler'",
            ["    8 |       Handler: handler", "      |                ^"],
            id="a handler without a dot",
        ),
        pytest.param(
            "Handler:",
            "Handlr:",
            "8:7: error: HelloFunction: AWS::Serverless::Function has no property Handlr; did you mean Handler?",
            ["    8 |       Handlr: app.handler", "      |       ^"],
            id="a misspelt property",
        ),
        pytest.param(
            "!Ref VisitsTable",
            "!Ref VisitTable",
            "12:18: error: there is no parameter or resource VisitTable; did you mean VisitsTable?",
            ["   12 |           TABLE: !Ref VisitTable", "      |                  ^"],
            id="a wrong !Ref",
        ),
        pytest.param(
            "      Runtime",
            "\tRuntime",
            "9:1: error: a tab is used for indentation; use spaces",
            ["    9 |     Runtime: python3.12", "      | ^"],
            id="a tab",
        ),
        pytest.param(
            "CodeUri: src",
            "CodeUri: source",
            "4:3: error: HelloFunction: the folder source does not exist; paths are relative to the template's folder",
            ["    4 |   HelloFunction:", "      |   ^"],
            id="a missing folder",
        ),
        pytest.param(
            "python3.12",
            "python312",
            "9:16: error: HelloFunction: Runtime must be a Lambda runtime such as python3.12,"
            " nodejs22.x, java21 or provided.al2023, not 'python312'; did you mean python3.12?",
            ["    9 |       Runtime: python312", "      |                ^"],
            id="a runtime that does not exist",
        ),
        pytest.param(
            "      CodeUri: src\n",
            "      FunctionName: hello\n      CodeUri: src\n  Other:\n    Type: AWS::Serverless::Function\n"
            "    Properties:\n      FunctionName: hello\n      CodeUri: src\n",
            "9:3: error: Other: the function name hello is already that of HelloFunction at template.yaml:4:3;"
            " give it another name",
            ["    9 |   Other:", "      |   ^"],
            id="a function name twice",
        ),
        pytest.param(
            TEMPLATE,
            '{\n  "Resources": {\n    "VisitsTable": {"Type": "AWS::Serverless::SimpleTable"}\n  }\n',
            "5:1: error: did not find expected ',' or '}' while parsing a flow mapping (begun at line 1)",
            [],
            id="JSON that is cut off",
        ),
    ],
)
def test_a_beginners_mistake(  # noqa: PLR0917 - the parts of the table
    esb: Esb, project: Path, before: str, after: str, sentence: str, shown: list[str]
) -> None:
    assert before in TEMPLATE
    (project / "template.yaml").write_text(TEMPLATE.replace(before, after))
    result = esb("build")

    assert (result.code, result.out) == (1, "")
    lines = result.err.splitlines()
    at = lines.index(f"template.yaml:{sentence}")
    assert lines[at + 1 : at + 1 + len(shown)] == shown
    assert lines[-1].endswith("nothing was written")
    assert not (project / ".esb").exists()


def test_a_wrapper_may_start_something_else_than_a_handler(esb: Esb, project: Path) -> None:
    text = TEMPLATE.replace("app.handler", "handler")
    (project / "template.yaml").write_text(text.replace("!Ref VisitsTable", "a").replace("TABLE", WRAPPER))
    assert esb("validate").code == 0


@pytest.mark.parametrize(
    ("line", "column", "shown"),
    [
        (1, 1, ("    1 | one: 1", "      | ^")),
        (2, 4, ("    2 |     two", "      |     ^")),
        (3, 200, (f"    3 | {'x' * 100}", f"      | {' ' * 50}^")),
        (4, 1, ()),  # nothing is in it
        (9, 1, ()),
        (0, 1, ()),
    ],
)
def test_a_line_with_its_place(line: int, column: int, shown: tuple[str, ...]) -> None:
    text = f"one: 1\r\n\ttwo\n{'x' * 500}\n\x1b[31m".replace("\x1b[31m", " \nlast")
    shown = tuple(part.replace("|     ^", "|       ^") if line == 2 else part for part in shown)
    assert excerpt(text, line, column) == shown


def test_nothing_is_sent_to_the_terminal() -> None:
    assert excerpt("a: \x1b[31mred\u202e", 1, 1)[0] == "    1 | a:  [31mred"


def test_values_that_nobody_shall_see_are_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "esb.secrets.yml"
    secret.write_text("password: hunter2\n")
    nested = tmp_path / "nested.yaml"
    nested.write_text("Resources: {}\n")
    assert template_text(secret, named=False) is None
    assert template_text(nested, named=False) == "Resources: {}\n"
    assert template_text(secret, named=True) == "password: hunter2\n"
    assert template_text(tmp_path / "gone", named=True) is None


def test_no_file_that_blocks_or_fills_the_memory_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert template_text(tmp_path / "fifo", named=True) is None
    assert template_text(large, named=True) is None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "colours"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_are_for_terminals(stream: io.StringIO, environ: dict[str, str], colours: bool) -> None:
    assert wanted(stream, environ) is colours


def test_an_error_in_colours(project: Path) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("app.handler", "handler"))
    err = io.StringIO()
    run(["build"], project, {}, Console(io.StringIO(), err, colour=True))
    first, line, caret, _ = err.getvalue().splitlines()
    assert first.startswith("\033[1mtemplate.yaml:8:16:\033[0m \033[31merror:\033[0m HelloFunction: Handler must")
    assert (line, caret) == ("    8 |       Handler: handler", "\033[32m      |                ^\033[0m")
    run(["build", "-t", "gone.yaml"], project, {}, Console(io.StringIO(), err, colour=True))
    assert "\033[31merror:\033[0m" in err.getvalue().splitlines()[-2]
