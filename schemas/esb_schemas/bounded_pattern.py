"""Regular expressions of a template, matched in bounded time.

The time of `(a|aa)+` doubles with each letter, and clients choose the text. An engine without backtracking is not an
alternative: it lacks lookaheads, which AWS's engine, Java's, has.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import regex

MATCH_SECONDS: Final = 0.02  # of one text; a usual one takes microseconds


class PatternError(ValueError):
    """The expression is not valid; the text says why."""


class PatternTooSlow(Exception):
    """A text could not be matched in `MATCH_SECONDS`."""


class Pattern(NamedTuple):
    """A compiled expression. Matching raises PatternTooSlow, and lets other threads run."""

    compiled: regex.Pattern[str]

    def matches(self, text: str) -> bool:
        """Whether it matches the whole text."""
        try:
            return self.compiled.fullmatch(text, timeout=MATCH_SECONDS, concurrent=True) is not None
        except TimeoutError:
            raise PatternTooSlow(self._too_slow(text)) from None

    def is_found_in(self, text: str) -> bool:
        """Whether it matches a part of the text."""
        try:
            return self.compiled.search(text, timeout=MATCH_SECONDS, concurrent=True) is not None
        except TimeoutError:
            raise PatternTooSlow(self._too_slow(text)) from None

    def _too_slow(self, text: str) -> str:
        return (
            f"the pattern {self.compiled.pattern} takes more than {MATCH_SECONDS * 1000:g} ms for a text of "
            f"{len(text)} characters; a repeated group within a repeated group, as in (a+)+, has this effect"
        )


@lru_cache(maxsize=512)
def compile_pattern(expression: str) -> Pattern:
    """The compiled expression. Raises PatternError."""
    import regex  # noqa: PLC0415 - few applications have an expression, and it takes 20 ms

    try:
        return Pattern(regex.compile(expression))
    except (regex.error, RecursionError, OverflowError) as error:
        raise PatternError(str(error)) from None
