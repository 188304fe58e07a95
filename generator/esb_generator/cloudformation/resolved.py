"""A template as a deploy would see it: what the resolver gives and the expander takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from esb_generator.cloudformation.placeholders import Placeholder
from esb_generator.cloudformation.resource_types import StackPlace
from esb_generator.values import NOTHING, Map, Mark


class StackScope(NamedTuple):
    """A resource of a nested stack: where that stack would live, and what the resource is called in it."""

    place: StackPlace
    logical_id: str


class Resolved(NamedTuple):
    """The template as a deploy would see it.

    `resources` has the resources whose condition holds, in the template's order, every property resolved, marks kept;
    those of nested stacks stand among them, under the nested stack's id and their own. `names` has each one's physical
    name, `marks` where its logical id stands, `scopes` what those of nested stacks are called there. `outputs` is each
    output's mapping, resolved, `output_placeholders` what of them only a deploy would know.
    """

    place: StackPlace
    resources: Mapping[str, Map]
    names: Mapping[str, str]
    outputs: Map
    placeholders: tuple[Placeholder, ...]
    marks: Mapping[str, Mark] = NOTHING
    scopes: Mapping[str, StackScope] = NOTHING
    output_placeholders: Mapping[str, tuple[Placeholder, ...]] = NOTHING

    def mark(self, logical_id: str) -> Mark:
        """Where a resource's logical id stands, or its body when it was not written by anybody."""
        return self.marks.get(logical_id, self.resources[logical_id].mark)
