"""`esb build --watch`: what makes it build again, and what does not. Time passes only when it pauses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from esb_generator import pipeline
from esb_generator.errors import BuildError
from esb_generator.model import Application
from esb_generator.settings.request import Request
from esb_generator.watching import DEBOUNCE, POLL_INTERVAL, Watch

from .conftest import TEMPLATE, Esb

SHARED = """
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: ../shared}
"""


class End(Exception):
    """The script is over."""


class Person:
    """Does the next thing each time the watch pauses; counts the builds in between."""

    def __init__(self, project: Path, *actions: Callable[[], object] | None) -> None:
        self.project = project
        self.actions: Iterator[Any] = iter(actions)
        self.pauses: list[float] = []
        self.builds: list[int] = [0]  # between pauses
        self.watch = Watch(Request(project), self._pause, lambda: 0.0)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        try:
            action = next(self.actions)
        except StopIteration:
            raise End from None
        if action is not None:
            action()
        self.builds.append(0)

    def _build(self) -> Application | None:
        self.builds[-1] += 1
        try:
            return pipeline.run(self.watch.request, self.watch.documents.add).application
        except BuildError:
            return None

    def play(self) -> list[int]:
        with pytest.raises(End):
            self.watch.follow(self._build)
        return self.builds


def edit(path: Path, text: str) -> Callable[[], object]:
    """As editors do it: a new file in place of the old one."""

    def replace() -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.swp")
        temporary.write_text(text)
        temporary.replace(path)

    return replace


def test_an_edit_is_built_when_it_stands_still(project: Path) -> None:
    person = Person(
        project, None, edit(project / "src/app.py", "A = 1\n"), edit(project / "src/app.py", "A = 2\n"), None
    )
    assert person.play() == [1, 0, 0, 0, 1]
    assert person.pauses == [POLL_INTERVAL, POLL_INTERVAL, DEBOUNCE, DEBOUNCE, POLL_INTERVAL]
    assert (project / ".esb/functions/OrdersFunction/code/app.py").read_text() == "A = 2\n"


@pytest.mark.parametrize(
    "path",
    ["src/new.py", "src/deep/new.py", "template.yaml", "samconfig.toml", "esb.secrets.yml"],
)
def test_what_a_build_reads_makes_it_build_again(project: Path, path: str) -> None:
    text = TEMPLATE + "# another\n" if path == "template.yaml" else "# a comment\n"
    assert Person(project, edit(project / path, text), None).play() == [1, 0, 1]


@pytest.mark.parametrize("path", ["README.md", "data/requests.jsonl", ".esb/notes.txt", "src/__pycache__/app.pyc"])
def test_what_it_does_not_read_does_not(project: Path, path: str) -> None:
    assert Person(project, edit(project / path, "text\n"), None).play() == [1, 0, 0]


def test_a_removed_file_and_a_mode_are_changes_too(project: Path) -> None:
    (project / "src/tool.sh").write_text("#!/bin/sh\n")
    person = Person(
        project, lambda: (project / "src/tool.sh").chmod(0o755), None, (project / "src/tool.sh").unlink, None
    )
    assert person.play() == [1, 0, 1, 0, 1]
    assert not (project / ".esb/functions/OrdersFunction/code/tool.sh").exists()


def test_code_that_a_template_names_from_now_on_is_watched_from_now_on(project: Path) -> None:
    (project.parent / "shared").mkdir()
    (project.parent / "shared/shop.py").write_text("A = 1\n")
    with_layer = TEMPLATE.replace("CodeUri: src,", "CodeUri: src, Layers: [!Ref Shared],") + SHARED
    person = Person(
        project,
        edit(project.parent / "shared/shop.py", "A = 2\n"),
        edit(project / "template.yaml", with_layer),
        None,
        edit(project.parent / "shared/shop.py", "A = 3\n"),
        None,
    )
    assert person.play() == [1, 0, 0, 1, 0, 1]
    assert (project / ".esb/functions/OrdersFunction/layers/1-Shared/shop.py").read_text() == "A = 3\n"


def test_a_broken_template_is_built_again_when_it_is_mended_and_so_is_code_meanwhile(project: Path) -> None:
    person = Person(
        project,
        edit(project / "template.yaml", "Resources: [\n"),
        None,
        edit(project / "src/app.py", "A = 1\n"),
        None,
        edit(project / "template.yaml", TEMPLATE),
        None,
    )
    assert person.play() == [1, 0, 1, 0, 1, 0, 1]
    assert (project / ".esb/functions/OrdersFunction/code/app.py").read_text() == "A = 1\n"


def test_included_documents_are_watched(project: Path) -> None:
    table = "Other: {Type: AWS::Serverless::SimpleTable}\n"
    edit(project / "parts/tables.yml", table)()
    include = "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/tables.yml}}\n"
    edit(project / "template.yaml", TEMPLATE + include)()
    person = Person(project, edit(project / "parts/tables.yml", table.replace("Other", "Another")), None)
    assert person.play() == [1, 0, 1]
    assert "Another" in (project / ".esb/config/resources.yml").read_text()


def test_with_very_many_files_it_looks_less_often(project: Path) -> None:
    person = Person(project)
    ticks = iter(range(10))
    person.watch.clock = lambda: float(next(ticks))
    person.play()
    assert person.pauses == [100.0]


def test_the_command_builds_prints_and_ends_by_ctrl_c(project: Path) -> None:
    command = [sys.executable, "-m", "esb_generator", "build", "--watch"]
    with subprocess.Popen(command, cwd=project, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None

        def printed() -> list[str]:
            return list(iter(process.stdout.readline, "waiting for changes; Ctrl-C ends it\n"))  # type: ignore[union-attr]

        assert ".esb: " in "".join(printed())
        edit(project / "template.yaml", "Resources: [\n")()
        assert printed()[-1] == "1 error; nothing was written\n"
        edit(project / "template.yaml", TEMPLATE + "# mended\n")()
        assert printed()[-1].startswith(".esb: up to date, ")
        os.kill(process.pid, signal.SIGINT)
        assert process.stdout.read() == ""
    assert process.returncode == 0


@pytest.mark.parametrize("option", ["--check", "--json"])
def test_what_makes_no_sense_with_it_is_refused(esb: Esb, option: str) -> None:
    assert esb("build", "--watch", option).code == 2
