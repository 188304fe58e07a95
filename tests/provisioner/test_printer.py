"""A terminal's line about what takes long, between the lines that stay."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from esb_provisioner.apply import Outcome, Status
from esb_provisioner.options import Options
from esb_provisioner.printer import Printer
from esb_provisioner.steps import ApiCall, Operation, Resource
from esb_schemas.command_line.progress_line import ProgressLine
from tests.terminal import Terminal, shown
from tests.watching import until

ORDERS = Resource("table", "Orders")
CREATED = Operation(ORDERS, "TableName", "not found", ApiCall("dynamodb", "create_table", {}), creates=True)


def options(*, json: bool) -> Options:
    return Options(Path("resources.yml"), False, False, json, 1.0, False, False)


def test_a_terminal_shows_how_many_steps_are_done() -> None:
    terminal = Terminal()
    with ProgressLine(terminal, {}, after=0) as line:
        progress = Printer(options(json=False), terminal, terminal, line).progress
        progress.on_wait("waiting for the servers")
        until(lambda: shown(terminal.getvalue())[:1] and "waiting for the servers" in shown(terminal.getvalue())[0])
        progress.on_begin(3)
        progress.on_outcome(Outcome(CREATED, Status.DONE))
        until(lambda: len(shown(terminal.getvalue())) == 2)

        done, below = shown(terminal.getvalue())
        assert done == "  done        table Orders: create_table (not found)"
        assert below.startswith("1 of 3 steps ")
    assert shown(terminal.getvalue()) == [done]


def test_elsewhere_there_are_only_the_lines_that_stay() -> None:
    out, err = StringIO(), StringIO()
    with ProgressLine(err, {}, after=0) as line:
        progress = Printer(options(json=False), out, err, line).progress
        progress.on_wait("waiting for the servers")
        progress.on_begin(3)
        progress.log("resources.yml asks for 1 table")
    assert (out.getvalue(), err.getvalue()) == ("resources.yml asks for 1 table\n", "")
