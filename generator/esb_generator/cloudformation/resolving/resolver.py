"""Walks values and replaces every intrinsic function by its value.

The functions are a table that the resolver is given. A value without intrinsics is passed on, not copied, so a template
without intrinsics costs one walk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from esb_generator.cloudformation.parameters.local_values import fill_in
from esb_generator.cloudformation.parameters.shared_values import SharedValue, as_parameter_text
from esb_generator.cloudformation.reading.template import section_of
from esb_generator.cloudformation.resolving.pseudo_parameters import PSEUDO_PARAMETERS
from esb_generator.cloudformation.resolving.resolve_context import ResolveContext
from esb_generator.cloudformation.resolving.results import NoValue, Result, describe, text_of, texts_of
from esb_generator.cloudformation.resource_values.references import Chain, References, Target
from esb_generator.errors import Problem, TemplateError, error_at
from esb_generator.near_miss import near_miss
from esb_generator.values import CONTAINERS, Map, Mark, Seq, Value, as_text

MAX_DEPTH = 120
MAX_NEAR_MISSES = 20  # each is compared with every name of the template
MAX_TEXT = 1024 * 1024
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"

Function: TypeAlias = "Callable[[Resolver, Value, Mark], Result]"
Test: TypeAlias = "Callable[[Resolver, Value, Mark], bool]"


class Nested(Protocol):
    """The nested stacks of the template."""

    def is_local(self, logical_id: str) -> bool:
        """Whether this is a nested stack with a local template."""

    def output(self, logical_id: str, name: str, at: Mark) -> Value:
        """One of its outputs."""


class Resolver:
    """Resolves the values of one template; `problems` collects those after which it can go on.

    `path` is the place that is being resolved, `fills_in` whether dynamic references are replaced there.
    """

    def __init__(
        self,
        template: Map,
        context: ResolveContext,
        *,
        functions: Mapping[str, Function],
        tests: Mapping[str, Test],
    ) -> None:
        self.context = context
        self.problems: list[Problem] = []
        self.path: list[str] = []
        self.fills_in = True
        self.nested: Nested | None = None
        self._functions = functions
        self._tests = tests
        self._transforms = _transforms(template)
        self._mappings = section_of(template, "Mappings")
        self._conditions = section_of(template, "Conditions")
        self._truths: dict[str, bool] = {}
        self._in_condition = 0
        self.chain = Chain()
        self._depth = 0
        resources = section_of(template, "Resources")
        self.references = References(resources, context.identity, context.types, context.transform.generated, self)

    # Values

    def value(self, node: Value, at: Mark) -> Result:
        """The node with every function replaced; raises TemplateError if the node itself cannot be resolved."""
        if isinstance(node, str):
            return self._filled_in(node, at) if "{{resolve:" in node else node
        if not isinstance(node, CONTAINERS):
            return node
        depth = self._deeper(at)
        try:
            return self._sequence(node) if isinstance(node, Seq) else self._mapping(node)
        finally:
            self._depth = depth

    def text(self, node: Value, at: Mark, what: str) -> str:
        """The node as text; `what` begins the error for another value."""
        return text_of(self.value(node, at), at, what)

    def texts(self, node: Value, at: Mark, what: str) -> list[str]:
        """The node as a list of texts."""
        return texts_of(self.value(node, at), at, what)

    def _deeper(self, at: Mark) -> int:
        """Go one level down; gives the depth to restore afterwards. Raises TemplateError beyond the limit."""
        if self._depth >= MAX_DEPTH:
            raise error_at(at, f"nested more than {MAX_DEPTH} levels deep")
        self._depth += 1
        return self._depth - 1

    def _sequence(self, node: Seq) -> Seq:
        result = Seq(node.mark)
        changed = False
        for index, child in enumerate(node):
            self.path.append(str(index))
            value = self.value(child, node.item_mark(index))
            self.path.pop()
            changed = changed or value is not child
            if not isinstance(value, NoValue):
                result.add(value, node.item_mark(index))
        return result if changed else node

    def _mapping(self, node: Map) -> Result:
        if len(node) == 1:
            for name, argument in node.items():
                if (function := self._functions.get(name)) is not None:
                    return function(self, argument, node.value_mark(name))
        result = Map(node.mark)
        # The positions are shared with the input: a removed entry leaves its position there.
        result.keys_at, result.values_at = node.keys_at, node.values_at
        changed = False
        self.check_functions(node)
        for key, child in node.items():
            value = self.entry(node, key, child)
            changed = changed or value is not child
            if not isinstance(value, NoValue):
                result[key] = value
        return result if changed else node

    def entry(self, node: Map, key: str, child: Value) -> Result:
        """An entry's value; a problem is collected and removes the entry, so that the rest is resolved too."""
        self.path.append(key)
        steps = len(self.path)
        try:
            return self.value(child, node.value_mark(key))
        except TemplateError as failure:
            self.problems += failure.problems
            return NoValue.NO_VALUE
        finally:
            del self.path[steps - 1 :]

    def check_functions(self, node: Map) -> None:
        """Raises TemplateError for a key that looks like a function but is not one."""
        for key in node:
            if key.startswith("Fn::"):
                raise self._not_a_function(node, key)

    def _not_a_function(self, node: Map, key: str) -> TemplateError:
        at = node.key_mark(key)
        if key in self._tests:
            return error_at(at, f"{key} belongs in the Conditions section; use Fn::If with the condition's name here")
        if key in self._functions:
            return error_at(at, f"{key} must be the only key of its mapping")
        return error_at(at, f"there is no intrinsic function {key}{near_miss(key, self._functions)}")

    def _filled_in(self, text: str, at: Mark) -> str:
        """The text with its dynamic references replaced; resources that the stack lacks keep them."""
        if not self.fills_in:
            return text
        return fill_in(text, self.context.local_values, at, lambda name: self._stored(name, at))

    def _stored(self, name: str, at: Mark) -> str | None:
        """The value of an SSM parameter of this build's templates; None if none has it."""
        found = self.context.shared.stored(name, at) if self.context.shared is not None else None
        return None if found is None else as_parameter_text(self.shared(found, at))

    def shared(self, found: SharedValue, at: Mark) -> Value:
        """A value of another stack; what it depends on is noted at the current place."""
        for placeholder in found.placeholders:
            self.references.record(placeholder, at)
        return found.value

    # Names

    def ref(self, name: str, at: Mark) -> Result:
        """The value of Ref: of a pseudo parameter, a parameter or a resource."""
        if name in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[name](self.context.identity, at)
        if name in self.context.parameters:
            for placeholder in self.context.placeholders.get(name, ()):
                self.references.record(placeholder, at)
            return self.context.parameters[name]
        if name in self.context.broken:
            raise TemplateError([self.context.broken[name]])
        if name in self.context.stored:
            return self.context.stored[name].read(lambda stored: self._stored(stored, at))
        self._outside_conditions(name, at)
        if self.references.knows(name):
            return self.references.ref(name, at)
        raise self._unknown(name, at)

    def attribute(self, logical_id: str, attribute: str, at: Mark) -> Value:
        self._outside_conditions(logical_id, at)
        owner, _, rest = attribute.partition(".")
        if owner == "Outputs" and self.nests(logical_id):
            self.references.check_exists(logical_id, at)
            return self.nested.output(logical_id, rest, at) if self.nested is not None else None
        if self.references.knows(generated := f"{logical_id}.{owner}"):
            return self.references.attribute(generated, rest, at) if rest else self.references.ref(generated, at)
        if self.references.knows(logical_id):
            return self.references.attribute(logical_id, attribute, at)
        raise self._unknown(logical_id, at)

    def mapped(self, names: tuple[str, str, str]) -> Value:
        """A value of the Mappings section; raises KeyError with the missing part."""
        found: Value = self._mappings
        for name in names:
            if not isinstance(found, Map) or name not in found:
                raise KeyError(name)
            found = found[name]
        return found

    def _outside_conditions(self, name: str, at: Mark) -> None:
        if self._in_condition and self.references.knows(name):
            raise error_at(at, f"a condition cannot refer to the resource {name}; only to parameters and mappings")

    def _unknown(self, name: str, at: Mark) -> TemplateError:
        text = f"there is no parameter or resource {name}"
        if len(self.problems) >= MAX_NEAR_MISSES:
            return error_at(at, text)
        known = [*self.context.parameters, *self.context.stored, *self.references.ids, *PSEUDO_PARAMETERS]
        return error_at(at, text + near_miss(name, known))

    def property_text(self, target: Target, name: str) -> str | None:
        """A property of a resource as text, resolved separately, or None if there is none."""
        properties = target.properties
        if properties.get(name) is None:
            return None
        path = ("Resources", target.logical_id, "Properties", name)
        value = self.value_at(path, properties[name], properties.value_mark(name), fills_in=target.exists)
        return as_text(value) if isinstance(value, str | int | float) else None

    def value_at(self, path: tuple[str, ...], node: Value, at: Mark, *, fills_in: bool = True) -> Result:
        """As `value`, for a node at another place than the current one."""
        outer, self.path[:] = self.path[:], path
        before, (self.fills_in, self._in_condition) = (self.fills_in, self._in_condition), (fills_in, 0)
        try:
            return self.value(node, at)
        finally:
            self.path[:] = outer
            self.fills_in, self._in_condition = before

    def nests(self, logical_id: str) -> bool:
        """Whether the resource is a nested stack with a local template."""
        return self.nested is not None and self.nested.is_local(logical_id)

    # Conditions

    def holds(self, name: str, at: Mark) -> bool:
        """Whether a condition of the template is true; each is evaluated once, on demand."""
        if name not in self._truths:
            if name not in self._conditions:
                raise error_at(at, f"there is no condition {name}{near_miss(name, self._conditions)}")
            self.chain.enter(f"the condition {name}", at)
            self._in_condition += 1
            try:
                self._truths[name] = self.truth(self._conditions[name], self._conditions.value_mark(name))
            finally:
                self._in_condition -= 1
                self.chain.leave()
        return self._truths[name]

    def check_conditions(self) -> None:
        """Evaluate every condition, also unused ones, and collect their problems."""
        for name in self._conditions:
            try:
                self.holds(name, self._conditions.key_mark(name))
            except TemplateError as failure:
                self.problems += failure.problems

    def truth(self, node: Value, at: Mark) -> bool:
        """The value of a condition function."""
        if isinstance(node, Map) and len(node) == 1:
            for name, argument in node.items():
                if (test := self._tests.get(name)) is not None:
                    depth = self._deeper(at)
                    try:
                        return test(self, argument, node.value_mark(name))
                    finally:
                        self._depth = depth
        known = ", ".join(self._tests)
        raise error_at(at, f"a condition is one of the functions {known}, and this is {describe(node)}")

    def require_extensions(self, what: str, at: Mark) -> None:
        """Raises TemplateError if the template does not declare the language extensions, which `what` is one of."""
        if LANGUAGE_EXTENSIONS not in self._transforms:
            raise error_at(
                at, f"{what} works only with {LANGUAGE_EXTENSIONS}; add it before the others under Transform"
            )


def _transforms(template: Map) -> frozenset[str]:
    given = template.get("Transform")
    return frozenset(item for item in (given if isinstance(given, Seq) else [given]) if isinstance(item, str))
