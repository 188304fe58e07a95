"""Suggestions for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable


def near_miss(name: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or an empty text if no known name is close."""
    import difflib  # noqa: PLC0415 - 1 ms, for misspelt names

    candidates = list(known)
    by_case = {candidate.lower(): candidate for candidate in candidates}
    if (same := by_case.get(name.lower())) is not None and same != name:
        return f"; did you mean {same}?"

    close = difflib.get_close_matches(name, candidates, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""
