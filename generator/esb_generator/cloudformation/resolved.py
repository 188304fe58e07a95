"""A template as a deploy would see it: the result of resolving, and the input of the expansion."""

from collections.abc import Mapping
from typing import NamedTuple

from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.cloudformation.resource_values.resource_types import StackIdentity
from esb_generator.values import NOTHING, Map, Mark


class StackScope(NamedTuple):
    """The stack of a resource, and the resource's logical id in it."""

    identity: StackIdentity
    logical_id: str


class Resolved(NamedTuple):
    """The template as a deploy would see it.

    `resources` has the resources whose condition holds, in template order, with resolved properties that keep their
    marks. Resources of nested stacks are among them; their ids begin with that of the nested stack, and `scopes` has
    their ids there. `names` are the physical names, `marks` the positions of the logical ids. `outputs` has each
    output's mapping, resolved.
    """

    identity: StackIdentity
    resources: Mapping[str, Map]
    names: Mapping[str, str]
    outputs: Map
    placeholders: tuple[Placeholder, ...]
    marks: Mapping[str, Mark] = NOTHING
    scopes: Mapping[str, StackScope] = NOTHING

    def mark(self, logical_id: str) -> Mark:
        """The position of a logical id, or of the body of a generated resource."""
        return self.marks.get(logical_id, self.resources[logical_id].mark)
