"""The values of Ref and GetAtt, each computed once."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from esb_generator.cloudformation.resource_values.placeholders import Placeholder, PlaceholderUses, Use
from esb_generator.cloudformation.resource_values.resource_types import (
    Fields,
    Format,
    StackIdentity,
    TemplateType,
    Types,
    other_attribute,
)
from esb_generator.errors import error_at
from esb_generator.near_miss import near_miss
from esb_generator.values import Map, Mark, Seq, Value

MAX_CHAIN = 30
MAX_NAME = 2048


class Target(NamedTuple):
    """A resource that something refers to."""

    logical_id: str
    resource: Map
    resource_type: str
    row: TemplateType

    @property
    def properties(self) -> Map:
        """Its properties as the template writes them; empty if it has none."""
        properties = self.resource.get("Properties")
        return properties if isinstance(properties, Map) else Map(self.resource.mark)

    @property
    def exists(self) -> bool:
        """Whether the stack has the resource, judged by its literal properties."""
        return self.row.support(self._literal).exists

    def _literal(self, name: str) -> str | None:
        value = self.properties.get(name)
        return value if isinstance(value, str) else None


class Chain:
    """The values that are being computed, to detect circular references."""

    def __init__(self) -> None:
        self._steps: list[str] = []

    def enter(self, step: str, at: Mark) -> None:
        """Raises TemplateError if the step is being computed already, or too many are."""
        if step in self._steps:
            circle = [*self._steps[self._steps.index(step) :], step]
            raise error_at(at, f"circular reference: {' → '.join(circle)}")
        if len(self._steps) >= MAX_CHAIN:
            raise error_at(at, f"{step} is more than {MAX_CHAIN} references deep")
        self._steps.append(step)

    def leave(self) -> None:
        self._steps.pop()


class PropertyResolver(Protocol):
    """The part of the resolver that references use; `path` is the place that is being resolved."""

    chain: Chain
    path: list[str]

    def property_text(self, target: Target, name: str) -> str | None:
        """A property of a resource as text, or None if it has none."""

    def holds(self, name: str, at: Mark) -> bool:
        """Whether a condition is true."""

    def nests(self, logical_id: str) -> bool:
        """Whether a resource is a nested stack with a local template."""


class References:
    """The resources of a template by their logical ids; `generate` gives those that the transform adds."""

    def __init__(
        self,
        resources: Map,
        identity: StackIdentity,
        types: Types,
        generate: Callable[[Map], Mapping[str, Map]],
        resolver: PropertyResolver,
    ) -> None:
        self._resources = resources
        self._identity = identity
        self._types = types
        self._generate = generate
        self._resolver = resolver
        self._names: dict[str, str] = {}
        self._values: dict[tuple[str, str], Value] = {}
        self.placeholders: Final = PlaceholderUses()

    def knows(self, logical_id: str) -> bool:
        """Whether the template has or generates a resource of this id."""
        return logical_id in self._resources or logical_id in self.generated

    @property
    def ids(self) -> list[str]:
        """Every id that can be referred to."""
        return [*self._resources, *self.generated]

    @cached_property
    def generated(self) -> Mapping[str, Map]:
        """Resources that the transform adds."""
        return self._generate(self._resources)

    def name(self, logical_id: str) -> str:
        """The physical name; raises TemplateError, also for a circular one."""
        if logical_id not in self._names:
            self._names[logical_id] = self._made_name(self._target(logical_id, self._resources.mark))
        return self._names[logical_id]

    def ref(self, logical_id: str, at: Mark) -> Value:
        target = self._existing(logical_id, at)
        value = self._value(target, "", target.row.ref)
        if not self._is_real(target) and not self._is_own_name(target, target.row.ref):
            self._record_target(logical_id, target, value, at)
        return value

    def attribute(self, logical_id: str, attribute: str, at: Mark) -> Value:
        target = self._existing(logical_id, at)
        row = target.row
        if (known := row.attributes.get(attribute)) is None and row.only_these_attributes:
            text = f"{logical_id} ({target.resource_type}) has no attribute {attribute}"
            raise error_at(at, text + near_miss(attribute, row.attributes))
        form = known or other_attribute(target.resource_type, attribute)
        value = self._value(target, attribute, form)
        only_deployed = not self._is_real(target) or attribute in row.deploy_only or known is None
        if only_deployed and not self._is_own_name(target, form):
            self._record_target(f"{logical_id}.{attribute}", target, value, at)
        return value

    def imported(self, name: str, at: Mark) -> Value:
        """A value that a stack elsewhere exports: a placeholder with the export's name."""
        self.record(Placeholder(f"import:{name}", "", name, at, ()), at)
        return name

    def _target(self, logical_id: str, at: Mark) -> Target:
        resource = self._resources.get(logical_id) or self.generated.get(logical_id)
        if not isinstance(resource, Map):
            raise error_at(at, f"there is no resource {logical_id}")
        return self._as_target(logical_id, resource)

    def _as_target(self, logical_id: str, resource: Map) -> Target:
        given = resource.get("Type")
        resource_type = given if isinstance(given, str) else ""
        return Target(logical_id, resource, resource_type, self._types(resource_type))

    def check_exists(self, logical_id: str, at: Mark) -> None:
        """Raises TemplateError for a resource that does not exist or whose condition is false."""
        self._existing(logical_id, at)

    def _existing(self, logical_id: str, at: Mark) -> Target:
        """The resource, if its condition holds; raises TemplateError."""
        target = self._target(logical_id, at)
        condition = target.resource.get("Condition")
        if isinstance(condition, str) and not self._resolver.holds(condition, target.resource.value_mark("Condition")):
            reason = f"because its condition {condition} is false; put this in an Fn::If"
            raise error_at(at, f"{logical_id} does not exist here, {reason}")
        return target

    def _value(self, target: Target, attribute: str, form: Format) -> Value:
        key = (target.logical_id, attribute)
        if key not in self._values:
            self._values[key] = self._filled(target, form)
        return self._values[key]

    def exists(self, logical_id: str) -> bool:
        """Whether the stack has a resource of the template."""
        return self._target(logical_id, self._resources.mark).exists

    def _is_real(self, target: Target) -> bool:
        """Whether the stack has the resource, and its ids are of use at the current place."""
        return target.exists and not (target.row.internal_ids and "Environment" in self._resolver.path[3:4])

    def _is_own_name(self, target: Target, form: Format) -> bool:
        """Whether the value is a name that the template itself gives."""
        return form == "{name}" and target.row.name.property in target.properties

    def _filled(self, target: Target, form: Format) -> Value:
        name = self.name(target.logical_id)

        def text_of(name: str) -> str:
            return self._resolver.property_text(target, name) or target.logical_id

        fields = Fields(self._identity, target.logical_id, name, text_of)
        if isinstance(form, str):
            return form.format_map(fields)
        return Seq(target.resource.mark, [item.format_map(fields) for item in form])

    def _made_name(self, target: Target) -> str:
        mark = target.resource.mark

        def text_of(name: str) -> str | None:
            return self._resolver.property_text(target, name)

        self._resolver.chain.enter(f"the name of {target.logical_id}", mark)
        try:
            row = target.row.name
            given = text_of(row.property) if row.property else None
            name = given or row.default_in(self._identity, target.logical_id, text_of)
        finally:
            self._resolver.chain.leave()
        if len(name) > MAX_NAME:
            raise error_at(mark, f"the name of {target.logical_id} has more than {MAX_NAME} characters")
        return name

    def _record_target(self, reference: str, target: Target, value: Value, at: Mark) -> None:
        text = value if isinstance(value, str) else ",".join(map(str, value)) if isinstance(value, Seq) else str(value)
        mark = self._resources.keys_at.get(target.logical_id, target.resource.mark)
        reference = self._identity.prefix.replace("-", "") + reference  # as the whole application has it
        self.record(Placeholder(reference, target.resource_type, text, mark, ()), at)

    def record(self, placeholder: Placeholder, at: Mark) -> None:
        """Record that the current place depends on the placeholder."""
        path = tuple(self._resolver.path)
        self.placeholders.add(placeholder, Use(".".join(path), at), has_effect=self._has_effect(path))

    def _has_effect(self, path: tuple[str, ...]) -> bool:
        """Whether the place belongs to something that the stack has."""
        match path:
            case ("Resources", logical_id, "Properties", "Parameters", *_) if self._resolver.nests(logical_id):
                return True
            case ("Resources", logical_id, "Properties", name, *_):
                resource = self._resources.get(logical_id)
                target = self._as_target(logical_id, resource) if isinstance(resource, Map) else None
                return target is not None and target.exists and target.row.has_effect(name, path[-1])
            case _:
                return False
