"""FilterCriteria of event source mappings, whatever they poll."""

from __future__ import annotations

import json
from collections.abc import Collection

from esb_generator.resources.nodes import Convert, Node, check_keys, names, text

_MAX_FILTERS = 10


def filters_of(keys: Collection[str], what: str) -> Convert[tuple[str, ...]]:
    """The patterns as the template writes them. `keys` may be filtered by; `what` says that in a sentence."""

    def convert(node: Node) -> tuple[str, ...]:
        check_keys(node, names("Filters"))
        filters = list(node.items_of("Filters"))
        if len(filters) > _MAX_FILTERS:
            node.problem(f"has {len(filters)} filters; Lambda takes {_MAX_FILTERS}")
        found = (each.need("Pattern", valid_pattern) for each in filters if _has_pattern_only(each))
        return tuple(pattern for pattern in found if pattern is not None)

    def valid_pattern(node: Node) -> str:
        from esb_wire import patterns  # noqa: PLC0415 - a tenth of the start, and few mappings have a filter

        pattern = text(node)
        try:
            patterns.compile_pattern(pattern, patterns.EVENT_SOURCE_MAPPING)
        except patterns.InvalidPattern as problem:
            node.problem(f"is not a valid pattern: {problem}")
            return pattern
        if others := sorted(json.loads(pattern).keys() - {*keys, "$or"}):
            node.problem(f"filters by {', '.join(others)}; {what}")
        return pattern

    return convert


def _has_pattern_only(node: Node) -> bool:
    check_keys(node, names("Pattern"))
    return True
