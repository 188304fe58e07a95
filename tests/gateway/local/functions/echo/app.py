"""Gives the event back."""

from typing import Any


def handler(event: Any, _context: Any) -> Any:
    return event
