"""The paths of InputPath and InputPathsMap: `$.detail.items[0]['a key']`, with `*` for all.

EventBridge user guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

MISSING: Final = object()

_STEP: Final = re.compile(
    r"\.(?P<name>[^.\[\]'\"\s]+)|\[(?P<index>\d{1,9})\]|\[(?P<all>\*)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
)
_ALL: Final = "*"


class InvalidPath(ValueError):
    """A text is no path."""


@lru_cache(1024)
def parse_path(text: str) -> tuple[str | int, ...]:
    """The steps of a path: names and numbers of elements. Raises InvalidPath."""
    if not text.startswith("$"):
        raise InvalidPath(text)
    steps, place = list[str | int](), 1
    while place < len(text):
        found = _STEP.match(text, place)
        if found is None:
            raise InvalidPath(text)
        if found["index"] is not None:
            steps.append(int(found["index"]))
        else:
            steps.append(found["all"] or found["key"] or found["name"] or "")
        place = found.end()
    return tuple(steps)


def find(value: Any, steps: tuple[str | int, ...]) -> Any:
    """The value at a path, or MISSING. With a `*` it is the array of everything that matches."""
    for number, step in enumerate(steps):
        if step == _ALL and isinstance(value, list | dict):
            members = value if isinstance(value, list) else value.values()
            found = [find(member, steps[number + 1 :]) for member in members]
            return [one for one in found if one is not MISSING]
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else MISSING
        else:
            value = value.get(step, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            break
    return value
