"""The changes of a build."""

from typing import NamedTuple


class Changes(NamedTuple):
    """The changes that a build makes to a folder; each sorted by path."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.created or self.updated or self.removed)
