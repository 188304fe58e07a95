"""A small application on the disk, and the command run on it; templates as text, expanded."""

from __future__ import annotations

import io
import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from esb_generator.cli import run
from esb_generator.cli.console import Console
from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.reading.yaml_reader import read_text
from esb_generator.errors import TemplateError
from esb_generator.expand import Expansion, expand
from esb_generator.model import WebAdapter
from esb_generator.values import Map, Mark, Value
from tests.generator.contexts import context

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31

Resources:
  OrdersFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: src, Handler: app.handler, Runtime: python3.12}

  Orders:
    Type: AWS::Serverless::SimpleTable
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What --json printed."""
        return json.loads(self.out)


Esb: TypeAlias = Callable[..., Outcome]
Read: TypeAlias = Callable[..., Expansion]


@pytest.fixture(name="project")
def small_project(tmp_path: Path) -> Path:
    """A folder `shop` with a template, a function's code and nothing else."""
    folder = tmp_path / "shop"
    (folder / "src").mkdir(parents=True)
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "src/app.py").write_text("def handler(event, context):\n    return event\n")
    return folder


@pytest.fixture(name="esb")
def command(project: Path, monkeypatch: pytest.MonkeyPatch) -> Esb:
    """`esb("build", "--check")` in the project's folder; `environ` replaces the environment."""
    monkeypatch.chdir(project)

    def esb(*arguments: str, environ: Mapping[str, str] | None = None) -> Outcome:
        return esb_at(Path(), arguments, environ or {})

    return esb


def esb_at(here: Path, arguments: Sequence[str], environ: Mapping[str, str]) -> Outcome:
    """The command in any folder."""
    out, err = io.StringIO(), io.StringIO()
    code = run(arguments, here, environ, Console(out, err))
    return Outcome(code, out.getvalue(), err.getvalue())


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def read() -> Read:
    """`read(template, files={...})`; a template that begins with a logical id is the content of Resources."""

    def expansion(
        text: str, files: Mapping[str, str] | None = None, web_adapter: WebAdapter | None = None
    ) -> Expansion:
        def read_file(location: str, _: Mark) -> Value:
            return read_text((files or {})[location].encode(), location)

        template = read_text(_whole(text).encode(), "template.yaml")
        assert isinstance(template, Map)
        resolved = resolve(template, context(read=read_file))
        return expand(resolved, read_file=read_file, web_adapter=web_adapter)

    return expansion


@pytest.fixture
def problems(read: Read) -> Callable[..., list[str]]:
    """As `read`, for a template that is wrong: its sentences, without the positions' file."""

    def sentences(text: str, files: Mapping[str, str] | None = None) -> list[str]:
        with pytest.raises(TemplateError) as failure:
            read(text, files)
        return [str(problem).removeprefix("template.yaml:") for problem in failure.value.problems]

    return sentences


def _whole(text: str) -> str:
    text = textwrap.dedent(text).strip("\n")
    return text if "\nResources:" in f"\n{text}" else "Resources:\n" + textwrap.indent(text, "  ")
