"""Normalizes events for matching: a key `a.b` is the same as a key `b` within `a`.

Source: EventBridge user guide, "Considerations when creating event patterns"; recorded/events/patterns/dot_joining_*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NewType

PreparedEvent = NewType("PreparedEvent", Mapping[str, Any])

_MAX_DEPTH = 100  # a pattern is never deeper (esb_wire.patterns.compiling)


def prepare(event: Mapping[str, Any]) -> PreparedEvent:
    """Prepare an event once, for any number of patterns. An event without a dot in a key is returned as it is."""
    return PreparedEvent(_nested(event, 0) if _has_dots(event) else event)


def _has_dots(event: Mapping[str, Any]) -> bool:
    waiting: list[Any] = [event]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, member in value.items():
                if "." in key:
                    return True
                if isinstance(member, dict | list):
                    waiting.append(member)
        else:
            waiting.extend(member for member in value if isinstance(member, dict | list))
    return False


def _nested(value: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        return value
    if isinstance(value, list):
        return [_nested(member, depth + 1) for member in value]
    if not isinstance(value, dict):
        return value
    nested: dict[str, Any] = {}
    for key, member in value.items():
        _put(nested, key.split("."), _nested(member, depth + 1))
    return nested


def _put(target: dict[str, Any], path: list[str], value: Any) -> None:
    for name in reversed(path[1:]):
        value = {name: value}
    present = target.get(path[0])
    if isinstance(present, dict) and isinstance(value, dict):
        for name, member in value.items():
            _put(present, [name], member)
    elif path[0] in target:
        target[path[0]] = [present, value]  # either may match
    else:
        target[path[0]] = value
