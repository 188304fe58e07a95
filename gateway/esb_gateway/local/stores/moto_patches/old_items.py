"""moto keeps each item that it ever made in a list, for a reset that never comes here: 1,000,000 writes to 1,000 items
would take 1 GB of memory.
"""

from __future__ import annotations

from typing import Any

from moto.dynamodb.models.dynamo_type import Item


class _Forgetful(list[Any]):
    """A list that stays empty."""

    def append(self, _item: Any, /) -> None:
        """See the class."""


def forget_old_items() -> None:
    """Let go of the items that tables do not have any more."""
    Item.instances_tracked = _Forgetful()  # type: ignore[attr-defined]
