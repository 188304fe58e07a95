"""A stack whose single values can be resolved before all of it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from esb_generator.cloudformation.parameters.shared_values import SharedValue
from esb_generator.cloudformation.reading.template import section_of
from esb_generator.cloudformation.resolved import Resolved
from esb_generator.cloudformation.resolving.resolver import Resolver
from esb_generator.cloudformation.resolving.results import NoValue
from esb_generator.errors import TemplateError, error_at
from esb_generator.values import Map, Mark, Value


class OpenStack:
    """A template after its macros and the transform, with its resolver.

    `folders` has the folder of the template that each resource is written in, `complete` resolves all of the stack.
    """

    def __init__(
        self,
        template: Map,
        resolver: Resolver,
        folders: Mapping[str, str],
        complete: Callable[[OpenStack], Resolved],
    ) -> None:
        self.template = template
        self.resolver = resolver
        self.folders = folders
        self._complete = complete
        self.resources = section_of(template, "Resources")

    @property
    def stack_name(self) -> str:
        """Its name, as AWS::StackName gives it."""
        return self.resolver.context.identity.stack_name

    def complete(self) -> Resolved:
        """The stack as a deploy would see it. Raises TemplateError with every problem."""
        return self._complete(self)

    def exists(self, thing: Map) -> bool:
        """Whether a resource's or an output's condition holds; one that cannot be evaluated counts as true."""
        condition = thing.get("Condition")
        if condition is None:
            return True
        at = thing.value_mark("Condition")
        try:
            if not isinstance(condition, str):
                raise error_at(at, "Condition must be the name of a condition")
            return self.resolver.holds(condition, at)
        except TemplateError as failure:
            self.resolver.problems += failure.problems
            return True

    def outputs(self) -> Iterator[tuple[str, Map]]:
        """The outputs whose condition holds."""
        for name, output in section_of(self.template, "Outputs").items():
            if isinstance(output, Map) and self.exists(output):
                yield name, output

    def parameter_store(self) -> Iterator[tuple[str, str]]:
        """The name of each SSM parameter, and its logical id; one without a name that can be resolved is left out."""
        types = self.resolver.context.types
        for logical_id, resource in self.resources.items():
            if isinstance(resource, Map) and types(f"{resource.get('Type')}").shared_value and self.exists(resource):
                try:
                    yield self.resolver.references.name(logical_id), logical_id
                except TemplateError:
                    continue

    def resolved(self, path: tuple[str, ...], node: Value, at: Mark) -> Value:
        """A value at a place of the template. Raises TemplateError."""
        value = self.resolver.value_at(path, node, at)
        return None if isinstance(value, NoValue) else value

    def output(self, name: str, at: Mark) -> SharedValue:
        """The value of an output. Raises TemplateError, also for one that depends on itself."""
        output = section_of(self.template, "Outputs").get(name)
        given = output if isinstance(output, Map) else Map(at)
        if "Value" not in given:
            raise error_at(given.mark, f"the output {name} has no Value; add it")
        return self._shared(("Outputs", name), given, "Value", f"the output {name}", at)

    def stored(self, logical_id: str, at: Mark) -> SharedValue:
        """The value of an SSM parameter. Raises TemplateError, also for one that depends on itself."""
        resource = self.resources.get(logical_id)
        properties = resource.get("Properties") if isinstance(resource, Map) else None
        key = self.resolver.context.types(f"{resource.get('Type')}" if isinstance(resource, Map) else "").shared_value
        given = properties if isinstance(properties, Map) else Map(at)
        if key not in given:
            raise error_at(given.mark, f"{logical_id} has no {key}; add it")
        return self._shared(("Resources", logical_id, "Properties"), given, key, f"the value of {logical_id}", at)

    def _shared(self, path: tuple[str, ...], owner: Map, key: str, step: str, at: Mark) -> SharedValue:
        self.resolver.chain.enter(step, at)
        try:
            value = self.resolved((*path, key), owner[key], owner.value_mark(key))
        finally:
            self.resolver.chain.leave()
        return SharedValue(value, self.resolver.references.placeholders.at((*path, key)))
