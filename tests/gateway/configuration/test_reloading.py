"""When a changed configuration is applied, and when it is refused. The test decides what each poll finds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.configuration.configuration import Configuration
from esb_gateway.configuration.reloading import DEBOUNCE, POLL_INTERVAL, ConfigurationFolder, Revision, Stamps, watch
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.pools.slots import NO_DEADLINE
from esb_schemas.contract import Stack


class Files:
    """Two files; each wait is followed by the next of `polls`, the version of each file."""

    def __init__(self, polls: Sequence[tuple[int, int]], bad: Sequence[tuple[int, int]] = ()) -> None:
        self.polls = list(polls)
        self.bad = bad
        self.now = (1, 1)
        self.events: list[Any] = []
        self.changed: list[set[str]] = []
        self.clock: Callable[[], float] = lambda: 0.0

    def poll(self) -> Stamps:
        return dict(zip(("functions.yml", "routing.yml"), self.now, strict=True))

    async def wait(self, seconds: float) -> None:
        if not self.polls:
            raise asyncio.CancelledError
        self.events.append(seconds)
        self.now = self.polls.pop(0)

    async def read(self, changed: frozenset[str]) -> Revision:
        self.changed.append(set(changed))
        if self.now in self.bad:
            raise ConfigurationError(f"{self.now} is no good")
        return Revision(Configuration(Stack(str(self.now)), {}, (), ()))

    def apply(self, revision: Revision) -> None:
        self.events.append(f"apply {revision.configuration.stack.name}")

    def refuse(self, reason: str) -> None:
        self.events.append(f"refuse: {reason}")

    def run(self) -> list[Any]:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(watch(self, self.poll(), self, self.clock))
        return self.events


def test_while_nothing_changes_nothing_is_read() -> None:
    files = Files([(1, 1)] * 3)
    assert files.run() == [POLL_INTERVAL] * 3
    assert files.changed == []


def test_functions_in_containers_are_debugged_by_name(tmp_path: Path) -> None:
    (tmp_path / "functions.yml").write_text(
        "functions:\n"
        "  hello: {logical_id: Hello, handler: a.b, runtime: python3.12}\n"
        "  other: {handler: a.b, runtime: java21}\n"
    )
    (tmp_path / "routing.yml").write_text("routes: [{path: /hello, method: GET, function: hello}]")
    read = asyncio.run(ConfigurationFolder(tmp_path, ["Hello"]).read(frozenset())).configuration
    hello, other = read.functions["hello"], read.functions["other"]
    assert (hello.debugged, hello.max_capacity, hello.timeout) == (True, 1, NO_DEADLINE)
    assert (other.debugged, read.routes[0].timeout) == (False, NO_DEADLINE)
    with pytest.raises(ConfigurationError, match="ESB_DEBUG hallo: there is no such function; did you mean hello"):
        asyncio.run(ConfigurationFolder(tmp_path, ["hallo"]).read(frozenset()))


def test_where_a_poll_takes_long_there_are_fewer() -> None:
    files = Files([(1, 1)] * 2)
    ticks = count()
    files.clock = lambda: next(ticks) / 100
    assert files.run() == [POLL_INTERVAL, 10.0]


def test_a_change_is_applied_once_it_has_not_changed_for_a_moment() -> None:
    files = Files([(1, 2), (1, 3), (1, 3), (1, 3)])
    assert files.run() == [POLL_INTERVAL, DEBOUNCE, DEBOUNCE, "apply (1, 3)", POLL_INTERVAL]
    assert files.changed == [{"routing.yml"}]


def test_two_files_that_are_replaced_one_after_the_other_are_applied_together() -> None:
    files = Files([(2, 1), (2, 2), (2, 2), (2, 2)])
    assert files.run() == [POLL_INTERVAL, DEBOUNCE, DEBOUNCE, "apply (2, 2)", POLL_INTERVAL]
    assert files.changed == [{"functions.yml", "routing.yml"}]


def test_a_pair_that_does_not_belong_together_yet_is_not_refused() -> None:
    files = Files([(1, 2), (1, 2), (2, 2), (2, 2), (2, 2), (2, 2)], bad=[(1, 2)])
    assert files.run() == [
        POLL_INTERVAL,
        DEBOUNCE,
        POLL_INTERVAL,
        POLL_INTERVAL,
        DEBOUNCE,
        "apply (2, 2)",
        POLL_INTERVAL,
    ]
    assert files.changed[-1] == {"functions.yml", "routing.yml"}


def test_what_stays_bad_is_refused_once_and_repaired_files_are_applied() -> None:
    files = Files([(1, 2), (1, 2), (1, 2), (1, 2), (1, 2), (1, 3), (1, 3), (1, 3)], bad=[(1, 2)])
    assert files.run() == [
        *(POLL_INTERVAL, DEBOUNCE, POLL_INTERVAL, "refuse: (1, 2) is no good"),
        *(POLL_INTERVAL, POLL_INTERVAL),
        *(POLL_INTERVAL, DEBOUNCE, "apply (1, 3)", POLL_INTERVAL),
    ]


def test_what_only_the_configuration_made_known_is_no_change() -> None:
    files = Files([(1, 1), (1, 1), (2, 1), (2, 1), (2, 1)])
    known = {"routing.yml": 1}  # as a folder of code is not looked at before a function that has it is read
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch(files, known, files, files.clock))
    assert files.changed == [{"functions.yml"}]


def test_a_change_during_the_first_read_is_not_missed() -> None:
    files = Files([(1, 1), (1, 1), (1, 1)])
    read = {"functions.yml": 0, "routing.yml": 1}
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watch(files, read, files, files.clock))
    assert files.changed == [{"functions.yml"}]
