"""Rules of functions.yml, apart from those of its event sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_schemas.checks import Check, repeated
from esb_schemas.errors import Problem


def capacities_in_order(document: Mapping[str, Any]) -> Iterator[Problem]:
    """min_capacity is not more than max_capacity, if both are set by the function or the defaults."""
    defaults = document.get("defaults", {}).get("scaling", {})
    if not in_order(defaults):
        yield Problem(("defaults", "scaling", "min_capacity"), too_many(defaults))
    for name, function in document["functions"].items():
        scaling = {**defaults, **function.get("scaling", {})}
        if "scaling" in function and not in_order(scaling):
            own = "min_capacity" if "min_capacity" in function["scaling"] else "max_capacity"
            yield Problem(("functions", name, "scaling", own), too_many(scaling))


def in_order(scaling: Mapping[str, Any]) -> bool:
    """Whether min_capacity is not more than max_capacity; true unless both are set."""
    return not {"min_capacity", "max_capacity"} <= scaling.keys() or scaling["min_capacity"] <= scaling["max_capacity"]


def too_many(scaling: Mapping[str, Any]) -> str:
    return f"min_capacity {scaling['min_capacity']} is more than max_capacity {scaling['max_capacity']}"


def unique_event_names(function: Mapping[str, Any]) -> Iterator[Problem]:
    """The events of a function have different names."""
    yield from repeated(function.get("events", ()), ("events",), "name")


FUNCTION_CHECKS: Final[tuple[Check, ...]] = (unique_event_names,)
