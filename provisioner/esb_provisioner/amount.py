"""Numbers of things in sentences."""

from __future__ import annotations


def amount(number: int, noun: str) -> str:
    """`1 item`, `3 items`"""
    return f"{number} {noun}{'' if number == 1 else 's'}"
