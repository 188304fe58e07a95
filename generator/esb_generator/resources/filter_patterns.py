"""Compiles the patterns of event source mappings as the gateway does."""

from __future__ import annotations

from esb_wire.patterns import EVENT_SOURCE_MAPPING, InvalidPattern, compile_pattern


def pattern_problem(pattern: str) -> str:
    """The reason why AWS refuses a pattern; empty if it is valid."""
    try:
        compile_pattern(pattern, EVENT_SOURCE_MAPPING)
    except InvalidPattern as problem:
        return str(problem)
    return ""
