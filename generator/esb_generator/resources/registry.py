"""Looks up the rows of all services by type, and wraps a template's resources for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from esb_generator.cloudformation.resolved import Resolved, StackScope
from esb_generator.cloudformation.resource_types import unsupported
from esb_generator.cloudformation.template import ATTRIBUTES
from esb_generator.near_miss import near_miss
from esb_generator.resources.findings import Findings
from esb_generator.resources.nodes import Node, text
from esb_generator.resources.service import ResourceType, Service, missing
from esb_generator.resources.stack import Event, ExpandContext, Resource, Stack
from esb_generator.sam.implicit_apis import IMPLICIT_APIS, implicit_api
from esb_generator.values import Map, Mark


class Registry:
    """The rows of some services. Raises ValueError if two rows describe a type."""

    def __init__(self, services: Iterable[Service]) -> None:
        self.services = tuple(services)
        rows = [row for service in self.services for row in service.resource_types]
        self._exact = {row.type: row for row in rows if not row.type.endswith("*")}
        patterns = {row.type: row for row in rows if row.type.endswith("*")}
        # The longest prefix decides.
        self._patterns = [(each.rstrip("*"), patterns[each]) for each in sorted(patterns, key=len, reverse=True)]
        self._found: dict[str, ResourceType] = {}
        self.events = {row.type: row for service in self.services for row in service.event_sources}
        if len(rows) != len(self._exact) + len(patterns):
            raise ValueError("two rows describe the same type of resource")

    def type(self, name: str) -> ResourceType:
        """The row of a type of resource; a type without one is unsupported."""
        if name not in self._found:
            self._found[name] = self._exact.get(name) or self._pattern(name) or _unknown_type(name)
        return self._found[name]

    def has(self, name: str) -> bool:
        """Whether there is a row for the type, or for a prefix of it."""
        return name in self._exact or self._pattern(name) is not None

    def types(self, prefix: str) -> list[str]:
        """The types that have rows and begin with a prefix."""
        return [name for name in self._exact if name.startswith(prefix)]

    @property
    def generated_types(self) -> Mapping[str, str]:
        """The type of the resource that the SAM transform makes of each type of event."""
        return {name: row.generates for name, row in self.events.items() if row.generates}

    @property
    def sections(self) -> Sequence[str]:
        """The sections of resources.yml that the services fill."""
        return list(dict.fromkeys(row.section for row in self._exact.values() if row.section))

    def _pattern(self, name: str) -> ResourceType | None:
        return next((row for prefix, row in self._patterns if name.startswith(prefix)), None)


def _unknown_type(name: str) -> ResourceType:
    service = name.split("::")[1] if name.count("::") == 2 else name
    return ResourceType(name, support=unsupported(missing(service)))


def stack_of(resolved: Resolved, context: ExpandContext, registry: Registry) -> Stack:
    """Wrap resolved resources as nodes; the implicit APIs come last.

    Resources that cannot be read at all are reported and left out.
    """
    resources: dict[str, Resource] = {}
    for logical_id, body in resolved.resources.items():
        scope = resolved.scopes.get(logical_id) or StackScope(resolved.place, logical_id)
        resource = _resource(logical_id, body, resolved.mark(logical_id), scope, context.findings)
        if reason := registry.type(resource.type).left_out(resource):
            resource.notice(reason)
        else:
            resources[logical_id] = resource
    for resource in list(resources.values()):
        for name in IMPLICIT_APIS:
            if (logical_id := resource.sibling_id(name)) not in resources:
                scope = StackScope(resource.scope.place, name)
                resources[logical_id] = _implicit(logical_id, scope, context.findings)
    events = [event for resource in resources.values() for event in _events(resource, registry)]
    return Stack(resources, resolved.names, context, registry.type, events)


def events_under(resource: Resource) -> Iterator[tuple[str, Node, str | None, Node]]:
    """Each event under a resource's Events: its name, itself, its type and its properties."""
    for name, event in resource.properties.entries_of("Events"):
        # Some have no properties, such as an HttpApi event for $default.
        yield name, event, event.need("Type", text), event.get("Properties") or event._replace(value=Map(event.mark))


def _events(resource: Resource, registry: Registry) -> Iterator[Event]:
    row = registry.type(resource.type)
    if not row.has_events or row.support(lambda _: None).reason:
        return
    for name, event, kind, properties in events_under(resource):
        if kind in registry.events:
            yield Event(name, kind, resource, properties)
        elif kind is not None:
            event.problem(f"has the Type {kind}, which is not an event{near_miss(kind, registry.events)}")


def _implicit(logical_id: str, scope: StackScope, findings: Findings) -> Resource:
    nowhere = Mark("", 0, 0)  # replaced by the place of the first event that uses it
    return _resource(logical_id, implicit_api(scope.logical_id, nowhere), nowhere, scope, findings)


def _resource(logical_id: str, body: Map, mark: Mark, scope: StackScope, findings: Findings) -> Resource:
    type_ = f"{body.get('Type')}"

    def section(key: str) -> Node:
        value = body.get(key)
        at = body.value_mark(key) if value is not None else mark
        path = "" if key == "Properties" else key
        return Node(Map(mark) if value is None else value, at, logical_id, type_, path, findings)

    unknown_attributes = {key: body.key_mark(key) for key in body if key not in ATTRIBUTES}
    return Resource(logical_id, type_, mark, section("Properties"), section("Metadata"), scope, unknown_attributes)
