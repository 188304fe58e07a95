"""The rows in which a service describes its types of resources and events.

To add a service, write a sub-package of `services/` that exports a `Service`, and name it in `services/__init__.py`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from esb_generator.cloudformation.resource_values.resource_types import (
    Format,
    Name,
    SupportOf,
    supported,
    unsupported,
    without_effect,
)
from esb_generator.model import Function, Layer, Marked, ResourceEntry
from esb_generator.resources.nodes import Dropped, Node
from esb_generator.resources.stack import Event, Resource, Stack
from esb_generator.values import NOTHING
from esb_schemas import contract
from esb_schemas.event_sources import EventSource

ESB = "Esb"  # the key of Metadata for what AWS does not know
EGRESS = "Egress"
SEED = "Seed"


def _nothing(*_: object) -> Iterable[str]:
    return ()


def _no_reason(*_: object) -> str:
    return ""


class ResourceType(NamedTuple):
    """A type of CloudFormation resource; with a `*` at its end, all types with this prefix.

    `name`, `attributes` and `ref` are the physical name, and the values of GetAtt and Ref. `kind` is the users' word
    for it ("table"); names are unique within a kind. `support` says whether the stack has such a resource. `check` may
    give a reason why one is unsupported that depends on what it refers to, `left_out` a reason why it cannot be read at
    all and is ignored.

    Attributes: `deploy_only` are known only after a deploy. With `only_these_attributes`, GetAtt of another one is an
    error; otherwise it gives a plausible value. `internal_ids` are of use to the template's own resources, but not to a
    function that calls AWS with them.

    Properties: `properties` are the known ones, if that is checked; `identity` those that identify stored data;
    `without_effect` those that make no difference here, besides `Dropped` ones (`*.credentials` is a key at any depth);
    `local_paths` those that name files, and whether the default is the template's folder; `nested_template` the one
    that names the template of a nested stack, `shared_value` the one that other templates read by the resource's name.
    `esb_keys` are the keys of `Metadata: {Esb: …}`. With `has_events`, the property Events has SAM events.

    `passed_over` is the users' word for one of the type, if the report only counts them; with `if_called`, that is so
    unless a function has its URL or ARN.

    `polled` is the attribute with the ARN that an event source mapping names, if functions can receive from it.

    `read` returns the resource's entry in `section` of resources.yml. `calls` returns references to the functions that
    the resource would call; the default is every function that its properties mention.
    """

    type: str
    name: Name = Name()
    attributes: Mapping[str, Format] = NOTHING
    ref: Format = "{name}"
    kind: str = ""
    support: SupportOf = supported
    check: Callable[[Stack, Resource], str] = _no_reason
    left_out: Callable[[Resource], str] = _no_reason
    deploy_only: frozenset[str] = frozenset()
    only_these_attributes: bool = False
    internal_ids: bool = False
    properties: Mapping[str, object] = NOTHING
    identity: frozenset[str] = frozenset()
    without_effect: frozenset[str] = frozenset()
    local_paths: Mapping[str, bool] = NOTHING
    nested_template: str = ""
    shared_value: str = ""
    esb_keys: frozenset[str] = frozenset()
    has_events: bool = False
    passed_over: str = ""
    if_called: bool = False
    polled: str = ""
    section: str = ""
    read: Callable[[Stack, Resource], Mapping[str, Any]] | None = None
    calls: Callable[[Stack, Resource], Iterable[str | None]] | None = None

    def has_effect(self, property_name: str, last_key: str) -> bool:
        """Whether a value below a property makes a difference in the stack."""
        if isinstance(self.properties.get(property_name), Dropped):
            return False
        return property_name not in self.without_effect and f"*.{last_key}" not in self.without_effect


class EventSourceType(NamedTuple):
    """A type of SAM event.

    `generates` is the type of the resource that the SAM transform makes of it, `source` the property that names the
    event source. `support` returns a reason why the stack does not deliver such events, or an empty text. `read`
    returns the function's event source; its service reads a type without it. `lost` describes what is missing if the
    event's owner is unsupported.
    """

    type: str
    generates: str = ""
    source: str = ""
    support: Callable[[Node], str] = _no_reason
    read: Callable[[Event], EventSource | None] | None = None
    lost: Callable[[Node], Iterable[str]] = _nothing


class Parts(NamedTuple):
    """A service's parts of the application: among them `event_sources` with the logical ids of their functions,
    `resources` that are not in the template, with their sections, and `schedules` whose target is not a function.
    """

    functions: tuple[Function, ...] = ()
    layers: tuple[Layer, ...] = ()
    apis: Mapping[str, Marked[contract.Api]] = NOTHING
    routes: tuple[Marked[contract.Route], ...] = ()
    api_keys: Mapping[str, contract.ApiKey] = NOTHING
    usage_plans: Mapping[str, contract.UsagePlan] = NOTHING
    event_sources: tuple[tuple[str, EventSource], ...] = ()
    resources: tuple[tuple[str, ResourceEntry], ...] = ()
    schedules: tuple[contract.TargetSchedule, ...] = ()


class Service(NamedTuple):
    """An AWS service, or a group of them; `read` is for what several resources define together."""

    name: str
    resource_types: tuple[ResourceType, ...] = ()
    event_sources: tuple[EventSourceType, ...] = ()
    read: Callable[[Stack], Parts] | None = None


class ServiceModule(NamedTuple):
    """The entry point (`esb_schemas.entry_points`) of a `Service`, and its types as words.

    It is imported for a template with a type of resource that begins with one of `types`, or a type in `events`. If
    `types` is empty, it is imported for a type that no other service has.
    """

    name: str
    types: str = ""
    events: str = ""


def missing(label: str) -> str:
    """The reason why nothing of a service is supported."""
    return f"no {label} in the stack"


def rows_of_missing(label: str, *types: str | ResourceType) -> tuple[ResourceType, ...]:
    """Rows of a service that the stack does not have."""
    return _rows(unsupported(missing(label)), types)


def rows_without_effect(*types: str | ResourceType, counted: str = "") -> tuple[ResourceType, ...]:
    """Rows of types without which the application behaves the same; `counted` is the report's word for one."""
    return tuple(row._replace(passed_over=row.passed_over or counted) for row in _rows(without_effect, types))


def _rows(support: SupportOf, types: Iterable[str | ResourceType]) -> tuple[ResourceType, ...]:
    rows = (each if isinstance(each, ResourceType) else ResourceType(each) for each in types)
    return tuple(row._replace(support=support) for row in rows)


def event_of_missing(type_: str, label: str, *, source: str = "", generates: str = "") -> EventSourceType:
    """The row of an event of a service that the stack does not have."""
    reason = missing(label)
    return EventSourceType(type_, generates, source, lambda _: reason)
