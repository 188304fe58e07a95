"""Works that share one transaction, and so one sync of the disk: those that have gathered while it was busy."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol, TypeVar


class Sized(Protocol):
    """A work; `size` is that of its request, in bytes."""

    @property
    def size(self) -> int: ...


T = TypeVar("T", bound=Sized)


class GroupLimits(NamedTuple):
    """A group is complete when it has this number of works or of bytes."""

    works: int
    bytes: int


def gather(queue: SimpleQueue[T | None], group: list[T], limits: GroupLimits) -> bool:
    """Wait for work, and append it to the group with what else is there. False if there was None: it is the last."""
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
