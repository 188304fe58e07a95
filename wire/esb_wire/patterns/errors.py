"""The error for an invalid pattern."""

from __future__ import annotations


class InvalidPattern(ValueError):
    """A pattern is not valid. The text is AWS's reason, without the service's prefix."""
