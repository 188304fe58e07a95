"""A small application on Docker Compose whose images are built: until its first answer, and the memory it takes."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from bench.compose_stack import Stack, compose_stack
from bench.errors import Unavailable
from bench.goals import Finding, at_most
from bench.processes import finished
from bench.run import Run

PATH = "/hello/ada"
ANSWER_TIMEOUT = 60.0  # seconds


def measure(run: Run) -> Iterator[Finding]:
    """The sample of `esb init`."""
    finished([run.command("esb"), "init", "shop", "--no-input"], run.folder, run.environment())
    with compose_stack(run, run.folder / "shop") as stack:
        fresh, unchanged, edited = [], [], []
        for number in range(1 if run.quick else 3):
            stack.down()
            fresh.append(_seconds(stack, stack.up))
            unchanged.append(_seconds(stack, stack.up))
            text = f"answer {number}"
            edited.append(_seconds(stack, partial(_edit, stack, text), text))
        idle = sum(stack.memory().values())
    yield Finding("from docker compose up -d to the first answer", "s", tuple(fresh))
    yield Finding("the same with nothing changed", "s", tuple(unchanged))
    yield Finding("after an edit: esb build, up -d, the new answer", "s", tuple(edited), goal=at_most(5))
    yield Finding("memory of all containers", "MB", (idle,))


def _edit(stack: Stack, text: str) -> None:
    """Edit the function, build, and replace what has changed."""
    code = stack.folder / "src/hello/app.py"
    code.write_text(re.sub(r'"hello": .*?,', f'"hello": "{text}",', code.read_text()))
    stack.build()
    stack.up()


def _seconds(stack: Stack, change: Callable[[], None], text: str = "visits") -> float:
    """The seconds from the beginning of the change to an answer that has the text. Raises Unavailable."""
    start = time.perf_counter()
    change()
    while time.perf_counter() - start < ANSWER_TIMEOUT:
        with suppress(OSError), urllib.request.urlopen(stack.url(PATH), timeout=30) as answer:
            if text in answer.read().decode():
                return time.perf_counter() - start
        time.sleep(0.02)
    raise Unavailable(f"no answer within {ANSWER_TIMEOUT:.0f} s")
