"""Looks up the rows of all services by type, and wraps a template's resources for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from esb_generator.cloudformation.reading.template import ATTRIBUTES
from esb_generator.cloudformation.resolved import Resolved, StackScope
from esb_generator.cloudformation.resource_values.resource_types import unsupported
from esb_generator.near_miss import near_miss
from esb_generator.resources.findings import Findings
from esb_generator.resources.nodes import Node, text
from esb_generator.resources.service import EventSourceType, ResourceType, Service, ServiceModule, missing
from esb_generator.resources.stack import Event, ExpandContext, Resource, Stack
from esb_generator.sam.implicit_apis import IMPLICIT_APIS, implicit_api
from esb_generator.values import Map, Mark
from esb_schemas.entry_points import load_object


class Registry:
    """The rows of services. A ServiceModule is imported when one of its rows is looked up.

    Raises ValueError if two rows describe a type.
    """

    def __init__(self, services: Iterable[Service | ServiceModule]) -> None:
        self._known = tuple(services)
        self._loaded: dict[int, Service] = {}  # by index in the table
        self._exact: dict[str, ResourceType] = {}
        self._patterns: list[tuple[str, ResourceType]] = []  # with the prefix of types; the longest first
        self._found: dict[str, ResourceType | None] = {}
        self.events: Mapping[str, EventSourceType] = _Events(self)
        self._rows_of_events: dict[str, EventSourceType] = {}
        self._load(lambda _: False)

    @property
    def services(self) -> Sequence[Service]:
        """The services of the types that were looked up, in the order of the table."""
        return [service for _, service in sorted(self._loaded.items())]

    def all_services(self) -> Sequence[Service]:
        """Every service, in the order of the table."""
        self._load(lambda _: True)
        return self.services

    def type(self, name: str) -> ResourceType:
        """The row of a type of resource; a type without one is unsupported."""
        return self._row(name) or _unknown_type(name)

    def has(self, name: str) -> bool:
        """Whether there is a row for the type, or for a prefix of it."""
        return self._row(name) is not None

    def types(self, prefix: str) -> list[str]:
        """The types that have rows and begin with a prefix."""
        self.all_services()
        return [name for name in self._exact if name.startswith(prefix)]

    def event(self, name: str) -> EventSourceType:
        """The row of a type of event. Raises KeyError."""
        if name not in self._rows_of_events:
            self._load(lambda module: name in module.events.split())
        return self._rows_of_events[name]

    def event_names(self) -> Sequence[str]:
        """The types of events that have rows, in the order of the table."""
        return [name for each in self._known for name in _event_names(each)]

    def generated_type(self, event: str) -> str:
        """The type of the resource that the SAM transform makes of a type of event; empty if it makes none."""
        return self.event(event).generates if event in self.events else ""

    def _row(self, name: str) -> ResourceType | None:
        if name not in self._found:
            self._load(lambda module: name.startswith(tuple(module.types.split())))
            if self._row_of_loaded(name) is None:
                self._load(lambda module: not module.types)
            self._found[name] = self._row_of_loaded(name)
        return self._found[name]

    def _row_of_loaded(self, name: str) -> ResourceType | None:
        beginnings = (row for prefix, row in self._patterns if name.startswith(prefix))
        return self._exact.get(name) or next(beginnings, None)

    def _load(self, wanted: Callable[[ServiceModule], bool]) -> None:
        """Add the rows of services, and import the wanted modules, if that was not done."""
        for place, each in enumerate(self._known):
            if place not in self._loaded and (isinstance(each, Service) or wanted(each)):
                service: Service = each if isinstance(each, Service) else load_object(each.name)
                self._loaded[place] = service
                self._add(service)

    def _add(self, service: Service) -> None:
        for row in service.resource_types:
            if row.type in self._exact or any(row.type == other.type for _, other in self._patterns):
                raise ValueError("two rows describe the same type of resource")
            if row.type.endswith("*"):
                self._patterns.append((row.type.rstrip("*"), row))
            else:
                self._exact[row.type] = row
        self._patterns.sort(key=lambda pattern: len(pattern[0]), reverse=True)
        self._rows_of_events |= {row.type: row for row in service.event_sources}


def _event_names(service: Service | ServiceModule) -> Iterable[str]:
    return service.events.split() if isinstance(service, ServiceModule) else [row.type for row in service.event_sources]


class _Events(Mapping[str, EventSourceType]):
    """The rows of types of events."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, name: str) -> EventSourceType:
        return self._registry.event(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._registry.event_names())

    def __len__(self) -> int:
        return len(self._registry.event_names())


def _unknown_type(name: str) -> ResourceType:
    service = name.split("::")[1] if name.count("::") == 2 else name
    return ResourceType(name, support=unsupported(missing(service)))


def stack_of(resolved: Resolved, context: ExpandContext, registry: Registry) -> Stack:
    """Wrap resolved resources as nodes; the implicit APIs come last.

    Resources that cannot be read at all are reported and left out.
    """
    resources: dict[str, Resource] = {}
    for logical_id, body in resolved.resources.items():
        scope = resolved.scopes.get(logical_id) or StackScope(resolved.identity, logical_id)
        resource = _resource(logical_id, body, resolved.mark(logical_id), scope, context.findings)
        if reason := registry.type(resource.type).left_out(resource):
            resource.notice(reason)
        else:
            resources[logical_id] = resource
    for resource in list(resources.values()):
        for name in IMPLICIT_APIS:
            if (logical_id := resource.sibling_id(name)) not in resources:
                scope = StackScope(resource.scope.identity, name)
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
        _report_unknown_keys(event)
        if kind is None:
            continue
        if kind in registry.events:
            yield Event(name, kind, resource, properties)
        else:
            event.problem(f"has the Type {kind}, which is not an event{near_miss(kind, registry.events)}")


def _report_unknown_keys(event: Node) -> None:
    for key in event.value if isinstance(event.value, Map) else ():
        if key not in ("Type", "Properties"):
            text = f"{event.path}.{key} is not an attribute of an event, and SAM drops it"
            event.notice_at(event.key_mark(key), f"{text}; a property of the event belongs under Properties")


def _implicit(logical_id: str, scope: StackScope, findings: Findings) -> Resource:
    nowhere = Mark("", 0, 0)  # replaced by the position of the first event that uses it
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
