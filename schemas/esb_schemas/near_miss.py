"""The known word that is most similar to a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def near_miss(word: object, known: Iterable[object]) -> str | None:
    """The known word that is most similar, regardless of case; None if none is similar enough."""
    by_lower = {str(each).lower(): str(each) for each in known}
    near = difflib.get_close_matches(str(word).lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[near[0]] if near else None
