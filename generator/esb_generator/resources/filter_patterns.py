"""Checks patterns of FilterCriteria: their syntax, and the keys that a source can be filtered by."""

from __future__ import annotations

import json
from collections.abc import Collection

from esb_generator.resources.nodes import Node, text
from esb_wire import patterns


def filter_pattern(node: Node, keys: Collection[str], what: str) -> str:
    """A pattern as the template has it. The source can be filtered by `keys`; `what` says so in a message."""
    pattern = text(node)
    try:
        patterns.compile_pattern(pattern, patterns.EVENT_SOURCE_MAPPING)
    except patterns.InvalidPattern as problem:
        node.problem(f"is not a valid pattern: {problem}")
        return pattern
    if others := sorted(json.loads(pattern).keys() - {*keys, "$or"}):
        node.problem(f"filters by {', '.join(others)}; {what}")
    return pattern
