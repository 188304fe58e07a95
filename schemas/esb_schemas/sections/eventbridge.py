"""Section EventBridge: the rules of create_event_bus, put_rule and put_targets (API reference; user guide)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.documents.checks import Check, repeated, unique_tags
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.event_sources.schedule import is_json
from esb_schemas.schedules import expressions
from esb_schemas.sections import eventbridge_connections as connections
from esb_schemas.sections.row import Section
from esb_schemas.sections.sqs import SUFFIX, json_object, queue_of

Bus: TypeAlias = Mapping[str, Any]

DEFAULT_BUS: Final = "default"
_API_DESTINATION: Final = "api-destination"
INPUTS: Final = ("Input", "InputPath", "InputTransformer")


def unique_rule_names(bus: Bus) -> Iterator[Problem]:
    """The rules of a bus have different names, and the targets of a rule different ids."""
    yield from repeated(bus.get("Rules", ()), ("Rules",), "Name")
    for path, rule in _rules(bus):
        yield from repeated(rule.get("Targets", ()), (*path, "Targets"), "Id")


def pattern_or_schedule(bus: Bus) -> Iterator[Problem]:
    """A rule has a pattern, which is the JSON text of an object, or a schedule, or both; schedules are only for rules
    of the bus default.
    """
    for path, rule in _rules(bus):
        if "EventPattern" not in rule and "ScheduleExpression" not in rule:
            yield Problem(path, "a rule needs EventPattern or ScheduleExpression; add one")
        if "EventPattern" in rule and json_object(rule["EventPattern"]) is None:
            yield Problem((*path, "EventPattern"), "must be the JSON text of an object")
        if "ScheduleExpression" in rule:
            yield from _schedule_problems(bus, (*path, "ScheduleExpression"), rule["ScheduleExpression"])


def one_input(bus: Bus) -> Iterator[Problem]:
    """A target has at most one of Input, InputPath and InputTransformer; Input is JSON text."""
    for path, target in _targets(bus):
        given = [key for key in INPUTS if key in target]
        if len(given) > 1:
            yield Problem((*path, given[1]), f"cannot go with {given[0]}; remove one of them")
        if "Input" in target and not is_json(target["Input"]):
            yield Problem((*path, "Input"), "must be JSON text, like '{\"full\": true}'")


def group_of_fifo_queue(bus: Bus) -> Iterator[Problem]:
    """A target that is a FIFO queue has SqsParameters, and no other target has."""
    for path, target in _targets(bus):
        fifo = (queue_of(target["Arn"]) or "").endswith(SUFFIX)
        if fifo and "SqsParameters" not in target:
            yield Problem((*path, "Arn"), "a FIFO queue needs SqsParameters with a MessageGroupId; add it")
        elif not fifo and "SqsParameters" in target:
            yield Problem((*path, "SqsParameters"), "is for FIFO queues only; remove it")


def parameters_of_api_destination(bus: Bus) -> Iterator[Problem]:
    """HttpParameters are only for API destinations."""
    for path, target in _targets(bus):
        if "HttpParameters" in target and api_destination_of(target["Arn"]) is None:
            yield Problem((*path, "HttpParameters"), "is for API destinations only; remove it")


def api_destination_of(arn: str) -> str | None:
    """The name in the ARN of an API destination; None for another ARN."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "events" or not parts[5].startswith(f"{_API_DESTINATION}/"):
        return None
    return parts[5].split("/")[1]


def targets_of_file(document: Mapping[str, Any]) -> Iterator[Problem]:
    """Targets and dead-letter queues that are queues, topics, buses or API destinations are in the file."""
    known = {
        "sqs": {queue["QueueName"] for queue in document.get("SQS", ())},
        "sns": {topic["Name"] for topic in document.get("SNS", ())},
        "events": {DEFAULT_BUS, *(bus["Name"] for bus in document.get("EventBridge", ()))},
        _API_DESTINATION: {
            destination["Name"]
            for connection in document.get(connections.NAME, ())
            for destination in connection.get(connections.DESTINATIONS, ())
        },
    }
    for index, bus in enumerate(document.get("EventBridge", ())):
        for inner, target in _targets(bus):
            path: DocumentPath = ("EventBridge", index, *inner)
            for key, arn in (
                ("Arn", target["Arn"]),
                ("DeadLetterConfig", target.get("DeadLetterConfig", {}).get("Arn")),
            ):
                service, name = _named(arn or "")
                if name not in known.get(service, {name}):
                    yield Problem((*path, key), f"{arn} is not in this file; add it")


def _named(arn: str) -> tuple[str, str]:
    """The service and the name in an ARN. In the ARN of an API destination, an id follows the name."""
    if (destination := api_destination_of(arn)) is not None:
        return _API_DESTINATION, destination
    parts = arn.split(":", 5)
    return (parts[2], parts[5].removeprefix("event-bus/")) if len(parts) == 6 else ("", "")


def _schedule_problems(bus: Bus, path: DocumentPath, expression: str) -> Iterator[Problem]:
    if bus["Name"] != DEFAULT_BUS:
        yield Problem(path, f"schedules are only for rules of the bus {DEFAULT_BUS}")
    try:
        expressions.parse(expression)
    except expressions.InvalidSchedule as problem:
        yield Problem(path, str(problem))


def _rules(bus: Bus) -> Iterator[tuple[DocumentPath, Mapping[str, Any]]]:
    for index, rule in enumerate(bus.get("Rules", ())):
        yield ("Rules", index), rule


def _targets(bus: Bus) -> Iterator[tuple[DocumentPath, Mapping[str, Any]]]:
    for path, rule in _rules(bus):
        for index, target in enumerate(rule.get("Targets", ())):
            yield (*path, "Targets", index), target


CHECKS: Final[tuple[Check, ...]] = (
    unique_rule_names,
    unique_tags,
    pattern_or_schedule,
    one_input,
    group_of_fifo_queue,
    parameters_of_api_destination,
)

SECTION: Final = Section(
    "EventBridge", "events", "Name", CHECKS, Path(__file__).with_suffix(".json"), whole_checks=(targets_of_file,)
)
