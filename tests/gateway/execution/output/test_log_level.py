"""The level of what a function printed."""

from __future__ import annotations

import pytest

from esb_gateway.execution.output.log_level import level_of

REQUEST = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("hello", "INFO"),
        ("[ERROR] KeyError: 'x'\nTraceback (most recent call last):", "ERROR"),
        ("[WARNING]\t2026-01-01T00:00:00.000Z\tid\tslow", "WARNING"),
        ("WARN: slow", "WARNING"),
        ("FATAL it ends", "CRITICAL"),
        ("ERRORS are none", "INFO"),
        (f"2026-01-01T00:00:00.000Z\t{REQUEST}\tERROR\tInvoke Error", "ERROR"),
        ("2026-01-01T00:00:00.000Z\tundefined\tERROR\tWarning: at init", "ERROR"),
        ('{"timestamp": "2026", "level": "error", "message": "no"}', "ERROR"),
        ('{"message": "no level"}', "INFO"),
    ],
)
def test_a_level_is_where_loggers_print_it(text: str, level: str) -> None:
    assert level_of(text) == level
