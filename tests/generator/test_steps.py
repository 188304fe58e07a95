"""A build says what it does, for the line at a terminal; elsewhere there is none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest

from esb_generator import pipeline
from esb_generator.settings.request import Request

from .conftest import esb_at

NESTED = """\
Resources:
  Inner: {Type: "AWS::CloudFormation::Stack", Properties: {TemplateURL: inner.yaml}}
  HelloFunction:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.12, CodeUri: src}
"""
INNER = """\
Resources:
  Orders: {Type: "AWS::Serverless::SimpleTable"}
"""
READ = ["reading template.yaml", "reading inner.yaml", "reading the code of HelloFunction"]


@pytest.fixture
def nested(project: Path) -> Path:
    (project / "template.yaml").write_text(NESTED)
    (project / "inner.yaml").write_text(INNER)
    return project


def steps_of(project: Path, write: Literal["all", "nothing"]) -> list[str]:
    steps: list[str] = []
    pipeline.run(Request(here=project, write=write), on_step=steps.append)
    return [re.sub(r"\d+", "N", step) for step in steps]


def test_a_build_says_what_it_reads_and_writes(nested: Path) -> None:
    written = ["comparing N files with those of the last build", "writing N files"]
    assert steps_of(nested, "all") == [*READ, *written]


def test_a_check_of_the_template_says_what_it_reads(nested: Path) -> None:
    assert steps_of(nested, "nothing") == READ


def test_a_line_that_is_not_on_a_terminal_is_not_written(nested: Path) -> None:
    assert esb_at(nested, ["build"], {}).err == ""
