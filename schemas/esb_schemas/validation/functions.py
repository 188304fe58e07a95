"""Rules of functions.yml, apart from those of its event sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from esb_schemas.documents.checks import Check, repeated
from esb_schemas.errors import Problem
from esb_schemas.event_sources import schedule


def capacities_in_order(document: Mapping[str, Any]) -> Iterator[Problem]:
    """min_capacity is not more than max_capacity, if both are set by the function or the defaults."""
    defaults = document.get("defaults", {}).get("scaling", {})
    if not in_order(defaults):
        yield Problem(("defaults", "scaling", "min_capacity"), too_many(defaults))
    for name, function in document["functions"].items():
        scaling = {**defaults, **function.get("scaling", {})}
        if "scaling" in function and not in_order(scaling):
            own = "min_capacity" if "min_capacity" in function["scaling"] else "max_capacity"
            yield Problem(("functions", name, "scaling", own), too_many(scaling))


def in_order(scaling: Mapping[str, Any]) -> bool:
    """Whether min_capacity is not more than max_capacity; true unless both are set."""
    return not {"min_capacity", "max_capacity"} <= scaling.keys() or scaling["min_capacity"] <= scaling["max_capacity"]


def too_many(scaling: Mapping[str, Any]) -> str:
    return f"min_capacity {scaling['min_capacity']} is more than max_capacity {scaling['max_capacity']}"


def unique_event_names(function: Mapping[str, Any]) -> Iterator[Problem]:
    """The events of a function have different names."""
    yield from repeated(function.get("events", ()), ("events",), "name")


def unique_schedule_names(document: Mapping[str, Any]) -> Iterator[Problem]:
    """The schedules of the file have different names."""
    names = [{"name": entry["schedule"]["name"]} for entry in document.get("schedules", ())]
    yield from repeated(names, ("schedules",), "name")


def target_has_its_keys(entry: Mapping[str, Any]) -> Iterator[Problem]:
    """The target of a schedule has message_group_id if it is a FIFO queue, source and detail_type if it is a bus."""
    target = entry["target"]
    is_bus, is_fifo = ":events:" in target["arn"], target["arn"].endswith(".fifo") and ":sqs:" in target["arn"]
    wanted = {"message_group_id": is_fifo, "source": is_bus, "detail_type": is_bus}
    for key, is_wanted in wanted.items():
        if is_wanted and key not in target:
            yield Problem(("target",), f"has no {key}, which {'a bus' if is_bus else 'a FIFO queue'} needs; add it")
        elif key in target and not is_wanted:
            needs = "a FIFO queue" if key == "message_group_id" else "a bus"
            yield Problem(("target", key), f"is only for {needs}; remove it")


def of_schedule(check: Check) -> Check:
    """A check of schedules, applied to schedules with a target."""

    def of_this(entry: Mapping[str, Any]) -> Iterator[Problem]:
        for problem in check(entry["schedule"]):
            yield Problem(("schedule", *problem.path), problem.text)

    of_this.__doc__ = check.__doc__
    return of_this


def input_is_a_detail(entry: Mapping[str, Any]) -> Iterator[Problem]:
    """The input of a schedule of a bus is a JSON object."""
    given = entry["schedule"].get("input")
    if ":events:" in entry["target"]["arn"] and given is not None and not schedule.is_object(given):
        yield Problem(("schedule", "input"), "must be a JSON object, which is the detail of the event")


def builds_are_of_folders(function: Mapping[str, Any]) -> Iterator[Problem]:
    """The keys of builds are folders in code and layers."""
    folders = {function.get("code"), *function.get("layers", ())}
    for folder in function.get("builds", {}):
        if folder not in folders:
            yield Problem(("builds", folder), "is neither the code of the function nor one of its layers")


SCHEDULE_CHECKS: Final[tuple[Check, ...]] = (
    target_has_its_keys,
    input_is_a_detail,
    *(of_schedule(check) for check in schedule.CHECKS if check is not schedule.input_is_json),  # a queue takes any text
)
FUNCTION_CHECKS: Final[tuple[Check, ...]] = (unique_event_names, builds_are_of_folders)
