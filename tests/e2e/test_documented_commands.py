"""Commands of the documents that need a stack on Docker Compose, one page after the other."""

from __future__ import annotations

from pathlib import Path

from tests.documents import add_function_of_tutorial, scenario

from .conftest import NewStack, wait_for


def test_commands_for_a_stack(new_stack: NewStack, tmp_path: Path) -> None:
    empty = tmp_path / "shop"
    empty.mkdir()
    stack = new_stack(empty)
    start, *others = scenario("stack")
    shell = stack.shell()
    shell.run(start)
    stack.up()  # on ports that are free
    shell = stack.shell()
    shell.replace |= {f"--reset-{what} Orders": f"--reset-{what} VisitsTable" for what in ("table", "stream")}
    add_function_of_tutorial(stack.folder)
    for block in others:
        shell.run(block)

    # The gateway takes what a build has changed within seconds.
    wait_for(lambda: stack.request("GET", "/visits").json == {"ada": 2, "grace": 1})
    for block in scenario("stack-end"):
        shell.run(block)
    assert stack.containers() == {}
