"""A template as a deploy would see it: what the resolver gives and the expander takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from esb_generator.cloudformation.placeholders import StandIn
from esb_generator.cloudformation.resource_types import Place
from esb_generator.values import NOTHING, Map, Mark


class Own(NamedTuple):
    """A resource of a nested stack: where that stack would live, and what the resource is called in it."""

    place: Place
    logical_id: str


class Resolved(NamedTuple):
    """The template as a deploy would see it.

    `resources` has the resources whose condition holds, in the template's order, every property resolved, marks kept;
    those of nested stacks stand among them, under the nested stack's id and their own. `names` has each one's physical
    name, `marks` where its logical id stands, `owns` what those of nested stacks are called there. `outputs` is each
    output's mapping, resolved, `made_up_outputs` what of them only a deploy would know.
    """

    place: Place
    resources: Mapping[str, Map]
    names: Mapping[str, str]
    outputs: Map
    stand_ins: tuple[StandIn, ...]
    marks: Mapping[str, Mark] = NOTHING
    owns: Mapping[str, Own] = NOTHING
    made_up_outputs: Mapping[str, tuple[StandIn, ...]] = NOTHING

    def mark(self, logical_id: str) -> Mark:
        """Where a resource's logical id stands, or its body when it was not written by anybody."""
        return self.marks.get(logical_id, self.resources[logical_id].mark)
