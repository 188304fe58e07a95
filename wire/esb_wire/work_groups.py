"""Group commit: work that is queued during a transaction shares the next one, and its sync of the disk."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol, TypeVar


class Sized(Protocol):
    """A unit of work; `size` is that of its request, in bytes."""

    @property
    def size(self) -> int: ...


T = TypeVar("T", bound=Sized)


class GroupLimits(NamedTuple):
    """A group is complete when it has this number of units or bytes."""

    works: int
    bytes: int


def gather(queue: SimpleQueue[T | None], group: list[T], limits: GroupLimits) -> bool:
    """Wait for work, and append it and all queued work to the group. False if None ends the queue."""
    size = 0
    work = queue.get()
    while work is not None:
        group.append(work)
        size += work.size
        if len(group) >= limits.works or size >= limits.bytes:
            return True
        try:
            work = queue.get_nowait()
        except Empty:
            return True
    return False
