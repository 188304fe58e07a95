"""FilterCriteria of event source mappings of any source."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from esb_generator.resources.nodes import Convert, Node, check_keys, names
from esb_schemas.entry_points import load_object

_MAX_FILTERS = 10
_PATTERN: Final = "esb_generator.resources.filter_patterns:filter_pattern"


def filters_of(keys: Collection[str], what: str) -> Convert[tuple[str, ...]]:
    """The patterns as the template has them. The source can be filtered by `keys`; `what` says so in a message."""

    def convert(node: Node) -> tuple[str, ...]:
        check_keys(node, names("Filters"))
        filters = list(node.items_of("Filters"))
        if len(filters) > _MAX_FILTERS:
            node.problem(f"has {len(filters)} filters; Lambda takes {_MAX_FILTERS}")
        found = (each.need("Pattern", valid_pattern) for each in filters if _has_pattern_only(each))
        return tuple(pattern for pattern in found if pattern is not None)

    def valid_pattern(node: Node) -> str:
        pattern: str = load_object(_PATTERN)(node, keys, what)
        return pattern

    return convert


def _has_pattern_only(node: Node) -> bool:
    check_keys(node, names("Pattern"))
    return True
