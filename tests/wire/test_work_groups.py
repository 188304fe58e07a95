"""Which works share a transaction."""

from __future__ import annotations

from dataclasses import dataclass
from queue import SimpleQueue

from esb_wire.work_groups import GroupLimits, gather


@dataclass(frozen=True)
class Work:
    size: int


def groups(*sizes: int | None, works: int = 10, size: int = 100) -> list[list[int]]:
    """The groups of works with these sizes, up to the end, which is None."""
    queue: SimpleQueue[Work | None] = SimpleQueue()
    for each in (*sizes, None):
        queue.put(None if each is None else Work(each))
    found, more = [], True
    while more:
        group: list[Work] = []
        more = gather(queue, group, GroupLimits(works, size))
        found.append([work.size for work in group])
    return found


def test_what_is_there_is_one_group() -> None:
    assert groups(1, 2, 3) == [[1, 2, 3]]


def test_a_group_ends_with_the_work_that_reaches_a_limit() -> None:
    assert groups(1, 1, 1, 1, 1, works=2) == [[1, 1], [1, 1], [1]]
    assert groups(60, 60, 500, 1) == [[60, 60], [500], [1]]


def test_after_a_whole_group_the_end_is_a_group_without_work() -> None:
    assert groups(100) == [[100], []]
