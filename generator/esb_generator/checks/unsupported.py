"""Parts of the template that the stack does not support, and the consequences."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from esb_generator.model import Function
from esb_generator.near_miss import near_miss
from esb_generator.resources.nodes import text
from esb_generator.resources.registry import Registry, events_under
from esb_generator.resources.stack import Event, Resource, Stack
from esb_generator.values import Map, Seq, Value
from esb_schemas.lazy_pattern import LazyPattern

_FUNCTION_ARN = LazyPattern(r":function:[A-Za-z0-9_-]+")
_FUNCTION_NAME = LazyPattern(r'"FunctionName"\s*:\s*"([^"]+)"')  # in a definition as text
_UUID = LazyPattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # Ref of a key
_SERVERLESS = "AWS::Serverless::"


class Unsupported(NamedTuple):
    """Why resources are unsupported, by logical id; and why events are not delivered, by owner and name.

    The reason of an event comes with the unsupported resource that would send it, if there is one.
    """

    resources: Mapping[str, str]
    events: Mapping[tuple[str, str], tuple[str, Resource | None]]


def find_unsupported(stack: Stack, registry: Registry) -> Unsupported:
    """The unsupported resources and events. A type that the SAM transform does not know is a problem."""
    reasons: dict[str, str] = {}
    for resource in stack.resources.values():
        if resource.type.startswith(_SERVERLESS) and not registry.has(resource.type):
            known = near_miss(resource.type, registry.types(_SERVERLESS))
            resource.problem(f"there is no type {resource.type}{known}")
        elif reason := _reason(stack, resource, registry):
            reasons[resource.logical_id] = reason
    events: dict[tuple[str, str], tuple[str, Resource | None]] = {}
    for event in stack.events():
        source = _source(stack, event, registry)
        missing = source if source is not None and source.logical_id in reasons else None
        reason = registry.events[event.type].support(event.properties)
        if reason or missing is not None:
            events[event.owner.logical_id, event.name] = (reason, missing)
    return Unsupported(reasons, events)


def report_unsupported(
    stack: Stack, unsupported: Unsupported, functions: Iterable[Function], registry: Registry
) -> Counter[str]:
    """A notice for each unsupported resource, and for each event that is unsupported for another reason.

    Returns the numbers of resources that are only counted, by the users' word for one.
    """
    passed_over = Counter(
        row.passed_over
        for row in (registry.type(resource.type) for resource in stack.resources.values())
        if row.passed_over and not row.if_called
    )
    for resource in stack.resources.values():
        _report_unknown_attributes(resource)
    waiting: dict[str, list[str]] = {}
    for event in stack.events():
        reason, source = unsupported.events.get((event.owner.logical_id, event.name), ("", None))
        if source is not None:
            waiting.setdefault(source.logical_id, []).append(event.owner.logical_id)
        elif reason:
            _report_event(event, reason)
    callers = _callers(stack, unsupported.resources, functions)
    for logical_id, reason in unsupported.resources.items():
        resource = stack.resources[logical_id]
        row = registry.type(resource.type)
        if row.if_called and logical_id not in callers:
            passed_over[row.passed_over] += 1
            continue
        references = mentioned_functions(resource) if row.calls is None else row.calls(stack, resource)
        called = filter(None, map(stack.function, references))
        never = [*waiting.get(logical_id, ()), *(function.logical_id for function in called)]
        lost = _lost(resource, registry) if row.has_events else ()
        resource.notice("; ".join([reason, *lost, *_consequences(never, callers.get(logical_id, ()))]))
    return passed_over


def mentioned_functions(resource: Resource) -> Iterator[str]:
    """The functions that a resource mentions by ARN, or by name under FunctionName as in tasks of a state machine.

    An unsupported resource that mentions a function would call it, whatever its type: a data source of AppSync, a user
    pool, a distribution, a custom resource.
    """
    yield from _mentioned(resource.properties.value, "")


def _mentioned(value: Value, key: str) -> Iterator[str]:
    match value:
        case Map():
            for name, child in value.items():
                yield from _mentioned(child, name)
        case Seq():
            for child in value:
                yield from _mentioned(child, key)
        case str():
            yield from _FUNCTION_ARN.findall(value)
            yield from [value] if key == "FunctionName" else _FUNCTION_NAME.findall(value)


def _report_unknown_attributes(resource: Resource) -> None:
    for key, at in resource.unknown_attributes.items():
        text = f"{key} is not an attribute of a resource, and AWS drops it; a property belongs under Properties"
        resource.properties.notice_at(at, text)


def _reason(stack: Stack, resource: Resource, registry: Registry) -> str:
    """Why a resource is unsupported; empty if it is not."""
    row = registry.type(resource.type)
    return row.support(lambda name: resource.properties.read(name, text)).reason or row.check(stack, resource)


def _consequences(never_triggered: Iterable[str], calling: Iterable[str]) -> Iterator[str]:
    """A sentence each for functions that are never called, and for those whose calls fail."""
    never = list(dict.fromkeys(never_triggered))
    failing = list(dict.fromkeys(calling))
    if never:
        yield f"{', '.join(never)} {'is' if len(never) == 1 else 'are'} never triggered by it"
    if failing:
        yield f"calls to it from {', '.join(failing)} fail"


def _lost(resource: Resource, registry: Registry) -> Iterator[str]:
    """Parts that are missing because of the events of an unsupported resource, such as routes."""
    for _, _, kind, properties in events_under(resource):
        if kind is not None and kind in registry.events:
            yield from registry.events[kind].lost(properties)


def _report_event(event: Event, reason: str) -> None:
    function = event.owner
    text = f"event {event.name} ({event.type}) is unsupported: {reason}; {function.logical_id} is never triggered by it"
    function.properties.notice_at(event.properties.mark, text)


def _source(stack: Stack, event: Event, registry: Registry) -> Resource | None:
    """The resource of this template that would send an event."""
    key = registry.events[event.type].source
    value = event.properties.get(key) if key and event.properties.has(key) else None
    if value is None or not isinstance(value.value, str):
        return None
    return stack.find(value.value.partition("/stream/")[0])


def _callers(stack: Stack, missing: Mapping[str, str], functions: Iterable[Function]) -> dict[str, list[str]]:
    """The functions that have the URL or ARN of a missing resource in their environment."""
    types = {stack.resources[logical_id].type for logical_id in missing}
    found: dict[str, list[str]] = {}
    for function in functions:
        for value in function.entry.environment.values():
            resource = stack.find(value, types) if ":" in value or _UUID.fullmatch(value) else None
            if resource is not None and resource.logical_id in missing:
                found.setdefault(resource.logical_id, []).append(function.logical_id)
    return found
