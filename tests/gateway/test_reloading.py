"""When a changed configuration is taken, and when it is refused. The test decides what each look finds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import pytest

from esb_gateway.config import Configuration
from esb_gateway.errors import ConfigurationError
from esb_gateway.reloading import LOOK, SETTLED, Revision, Stamps, follow
from esb_schemas.contract import Stack


class Files:
    """Two files; each wait is followed by the next of `looks`, the version of each file."""

    def __init__(self, looks: Sequence[tuple[int, int]], bad: Sequence[tuple[int, int]] = ()) -> None:
        self.looks = list(looks)
        self.bad = bad
        self.now = (1, 1)
        self.events: list[Any] = []
        self.changed: list[set[str]] = []
        self.clock: Callable[[], float] = lambda: 0.0

    def look(self) -> Stamps:
        return dict(zip(("functions.yml", "routing.yml"), self.now, strict=True))

    async def wait(self, seconds: float) -> None:
        if not self.looks:
            raise asyncio.CancelledError
        self.events.append(seconds)
        self.now = self.looks.pop(0)

    async def read(self, changed: frozenset[str]) -> Revision:
        self.changed.append(set(changed))
        if self.now in self.bad:
            raise ConfigurationError(f"{self.now} is no good")
        return Revision(Configuration(Stack(str(self.now)), {}, (), ()))

    def take(self, revision: Revision) -> None:
        self.events.append(f"take {revision.configuration.stack.name}")

    def refuse(self, reason: str) -> None:
        self.events.append(f"refuse: {reason}")

    def play(self) -> list[Any]:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(follow(self, self.look(), self, self.clock))
        return self.events


def test_while_nothing_changes_nothing_is_read() -> None:
    files = Files([(1, 1)] * 3)
    assert files.play() == [LOOK] * 3
    assert files.changed == []


def test_where_a_look_takes_long_there_are_fewer() -> None:
    files = Files([(1, 1)] * 2)
    ticks = count()
    files.clock = lambda: next(ticks) / 100
    assert files.play() == [LOOK, 10.0]


def test_a_change_is_taken_once_it_stands_still() -> None:
    files = Files([(1, 2), (1, 3), (1, 3), (1, 3)])
    assert files.play() == [LOOK, SETTLED, SETTLED, "take (1, 3)", LOOK]
    assert files.changed == [{"routing.yml"}]


def test_two_files_that_are_replaced_one_after_the_other_are_taken_together() -> None:
    files = Files([(2, 1), (2, 2), (2, 2), (2, 2)])
    assert files.play() == [LOOK, SETTLED, SETTLED, "take (2, 2)", LOOK]
    assert files.changed == [{"functions.yml", "routing.yml"}]


def test_a_pair_that_does_not_belong_together_yet_is_not_called_bad() -> None:
    files = Files([(1, 2), (1, 2), (2, 2), (2, 2), (2, 2), (2, 2)], bad=[(1, 2)])
    assert files.play() == [LOOK, SETTLED, LOOK, LOOK, SETTLED, "take (2, 2)", LOOK]
    assert files.changed[-1] == {"functions.yml", "routing.yml"}


def test_what_stays_bad_is_refused_once_and_mended_files_are_taken() -> None:
    files = Files([(1, 2), (1, 2), (1, 2), (1, 2), (1, 2), (1, 3), (1, 3), (1, 3)], bad=[(1, 2)])
    assert files.play() == [
        *(LOOK, SETTLED, LOOK, "refuse: (1, 2) is no good"),
        *(LOOK, LOOK),
        *(LOOK, SETTLED, "take (1, 3)", LOOK),
    ]


def test_what_only_the_configuration_made_known_is_no_change() -> None:
    files = Files([(1, 1), (1, 1), (2, 1), (2, 1), (2, 1)])
    known = {"routing.yml": 1}  # as a folder of code is not looked at before a function that has it is read
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(follow(files, known, files, files.clock))
    assert files.changed == [{"functions.yml"}]


def test_a_change_during_the_first_look_s_reading_is_not_missed() -> None:
    files = Files([(1, 1), (1, 1), (1, 1)])
    taken = {"functions.yml": 0, "routing.yml": 1}
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(follow(files, taken, files, files.clock))
    assert files.changed == [{"functions.yml"}]
