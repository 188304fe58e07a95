"""One line on a terminal while something takes long."""

from __future__ import annotations

import io
import re
import threading

import pytest

from esb_schemas.command_line.progress_line import ProgressLine, line_of
from tests.terminal import Terminal, shown
from tests.watching import until


def on(terminal: Terminal) -> list[str]:
    """The screen, without the seconds, which depend on the machine."""
    return [re.sub(r" \d+ s$", "", line) for line in shown(terminal.getvalue())]


def test_it_shows_what_is_being_done_and_goes_at_the_end() -> None:
    terminal = Terminal()
    with ProgressLine(terminal, {}, after=0) as line:
        line.step("reading template.yaml")
        until(lambda: on(terminal) == ["reading template.yaml"])
        line.step("writing 12 files")
        until(lambda: on(terminal) == ["writing 12 files"])
    assert on(terminal) == []


def test_other_output_does_not_stand_in_the_line() -> None:
    terminal = Terminal()
    with ProgressLine(terminal, {}, after=0) as line:
        line.step("exporting table Orders")
        until(lambda: on(terminal))
        with line.hidden():
            terminal.write("warning: it is slow\n")
        until(lambda: len(on(terminal)) == 2)
        assert on(terminal) == ["warning: it is slow", "exporting table Orders"]
    assert on(terminal) == ["warning: it is slow"]


def test_work_of_less_than_a_second_shows_nothing() -> None:
    terminal = Terminal()
    with ProgressLine(terminal, {}, after=600) as line:
        line.step("reading template.yaml")
    assert terminal.getvalue() == ""


@pytest.mark.parametrize(("stream", "environ"), [(io.StringIO(), {}), (Terminal(), {"TERM": "dumb"})])
def test_nothing_is_written_where_a_line_cannot_be_erased(stream: io.StringIO, environ: dict[str, str]) -> None:
    before = set(threading.enumerate())
    with ProgressLine(stream, environ, after=0) as line:
        line.step("reading template.yaml")
        assert not set(threading.enumerate()) - before, "no thread draws"
    assert stream.getvalue() == ""


def test_a_closed_line_does_not_come_back() -> None:
    terminal = Terminal()
    with ProgressLine(terminal, {}, after=0) as line:
        line.step("starting the gateway")
        until(lambda: on(terminal))
        line.close()
        line.step("starting it again")
    assert on(terminal) == []


@pytest.mark.parametrize(
    ("text", "columns", "line"),
    [
        ("reading template.yaml", 80, "reading template.yaml 3 s"),
        ("reading template.yaml", 12, "reading 3 s"),
        ("reading 注文.yaml", 17, "reading 注文 3 s"),
        ("reading a\x1b[2Jb\n", 80, "reading a?[2Jb? 3 s"),
    ],
)
def test_a_line_fits_and_has_nothing_that_a_terminal_would_obey(text: str, columns: int, line: str) -> None:
    assert line_of(text, 3.2, columns) == line
