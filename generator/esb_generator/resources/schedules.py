"""Common parts of rules and schedules: expressions, state, and the functions that they call."""

from __future__ import annotations

from collections.abc import Callable

from esb_generator.resources.nodes import Convert, Node, one_of, text
from esb_generator.resources.stack import Resource, Stack
from esb_generator.values import Map, Seq
from esb_schemas.schedules.expressions import InvalidSchedule

_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")


def accepted_by(check: Callable[[str], object]) -> Convert[str]:
    """Text that AWS would accept; `check` raises InvalidSchedule for other text."""

    def convert(node: Node) -> str:
        written = text(node)
        if not isinstance(node.value, Map | Seq):
            try:
                check(written)
            except InvalidSchedule as problem:
                node.problem(str(problem))
        return written

    return convert


def is_enabled(node: Node) -> bool:
    """Whether the State, if there is one, is not DISABLED."""
    return node.read("State", one_of(*_STATES)) != "DISABLED"


def called_function(stack: Stack, target: Node) -> Resource | None:
    """The function with a target's Arn."""
    return stack.function(target.read("Arn", text))
