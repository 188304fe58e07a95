"""A pattern that is refused."""

from __future__ import annotations


class InvalidPattern(ValueError):
    """A pattern is not valid. The text is AWS's reason, without what each service writes before it."""
