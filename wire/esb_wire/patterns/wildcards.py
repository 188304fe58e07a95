"""Wildcards: `*` is any text, `\\*` a star, `\\\\` a backslash.

A text is searched for the parts between the stars from left to right, which takes time linear in the text: the first
place at which a part is found is always as good as a later one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from esb_wire.patterns.errors import InvalidPattern

_TOO_COMPLEX: Final = (
    "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a wildcard "
    "character"
)
# `*:*:*:*:*:event-bus/*` is refused (10 places at once), `/Users/*/dir/dir/dir/dir/dir/doc.txt` (7) is not: recorded
_MAX_PLACES: Final = 9
_MAX_EXPLORED: Final = 500  # sets of places; a longer pattern is only checked in part


def compile_wildcard(pattern: str) -> Callable[[str], bool]:
    """A test of a text. Raises InvalidPattern."""
    parts = _split(pattern)
    _check_complexity(parts)
    if len(parts) == 1:
        return parts[0].__eq__
    first, *middle, last = parts
    shortest = sum(map(len, parts))

    def match(text: str) -> bool:
        if len(text) < shortest or not (text.startswith(first) and text.endswith(last)):
            return False
        place, end = len(first), len(text) - len(last)
        for part in middle:
            place = text.find(part, place, end)
            if place < 0:
                return False
            place += len(part)
        return True

    return match


def _split(pattern: str) -> list[str]:
    parts, part, place = list[str](), "", 0
    while place < len(pattern):
        character = pattern[place]
        if character == "\\":
            if pattern[place + 1 : place + 2] not in ("*", "\\"):
                raise InvalidPattern(f"Invalid escape character at pos {place + 1}")
            place += 1
            part += pattern[place]
        elif character == "*":
            if pattern[place + 1 : place + 2] == "*":
                raise InvalidPattern(f"Consecutive wildcard characters at pos {place + 1}")
            parts.append(part)
            part = ""
        else:
            part += character
        place += 1
    return [*parts, part]


def _check_complexity(parts: list[str]) -> None:
    """Refuse a pattern for which AWS's automaton could be in too many places at once.

    A place is (part, characters of it that were read); after a star, reading may also stay where it is.
    """
    if len(parts) == 1:
        return
    alphabet = set("".join(parts))
    start = _closed({(0, 0)}, parts)
    seen, waiting = {start}, [start]
    while waiting and len(seen) < _MAX_EXPLORED:
        places = waiting.pop()
        if len(places) > _MAX_PLACES:
            raise InvalidPattern(_TOO_COMPLEX)
        for character in alphabet:
            following = _closed(set(_step(places, character, parts)), parts)
            if following not in seen:
                seen.add(following)
                waiting.append(following)


def _step(places: frozenset[tuple[int, int]], character: str, parts: list[str]) -> list[tuple[int, int]]:
    stay = [(part, 0) for part, read in places if part and not read]
    read_on = [(part, read + 1) for part, read in places if parts[part][read : read + 1] == character]
    return stay + read_on


def _closed(places: set[tuple[int, int]], parts: list[str]) -> frozenset[tuple[int, int]]:
    """The places, and those that a star reaches without reading a character."""
    for part in range(len(parts) - 1):
        if (part, len(parts[part])) in places:
            places.add((part + 1, 0))
    return frozenset(places)
