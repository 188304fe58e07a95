"""What the stack does not run of a template, a line for each resource: `esb validate --report`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from esb_generator.cloudformation.placeholders import Placeholder
from esb_generator.resources.findings import Notice
from esb_generator.values import Mark


class NotRun(NamedTuple):
    """A resource, or a part of one, and what it means for the application that the stack does not run it.

    `logical_id` is a reference such as `import:network-vpc`, and `type` empty, where no resource is the owner.
    """

    mark: Mark
    logical_id: str
    type: str
    meaning: tuple[str, ...]
    placeholders: tuple[Placeholder, ...] = ()


def not_run(notices: Iterable[Notice], placeholders: Iterable[Placeholder]) -> tuple[NotRun, ...]:
    """What is told of each place, made-up values beside the resource that they are values of, in template order."""
    found: dict[tuple[str, Mark], NotRun] = {}
    for notice in notices:
        key = (notice.logical_id, notice.mark)
        before = found.get(key, NotRun(notice.mark, notice.logical_id, notice.type, ()))
        found[key] = before._replace(meaning=(*before.meaning, notice.text))
    for placeholder in placeholders:
        owner = placeholder.reference.partition(".")[0] if placeholder.resource_type else placeholder.reference
        key = (owner, placeholder.mark)
        before = found.get(key, NotRun(placeholder.mark, owner, placeholder.resource_type, ()))
        found[key] = before._replace(placeholders=(*before.placeholders, placeholder))
    return tuple(sorted(found.values(), key=lambda entry: (entry.mark, entry.logical_id)))


def lines(entries: Iterable[NotRun], template: str) -> Iterator[str]:
    """`OrdersQueue (AWS::SQS::Queue, line 40): no SQS in the stack; …`; other files than `template` are named."""
    for entry in entries:
        at = f"line {entry.mark.line}" if entry.mark.file == template else f"{entry.mark.file}, line {entry.mark.line}"
        subject = f"{entry.type}, {at}" if entry.type else at
        yield f"{entry.logical_id} ({subject}): {'; '.join([*entry.meaning, *_made_up(entry)])}"


def _made_up(entry: NotRun) -> Iterator[str]:
    """Who has a value that only a deploy would know, and where."""
    places: dict[str, list[str]] = {}
    for use in (use for placeholder in entry.placeholders for use in placeholder.uses):
        _, owner, _, *property_path = use.path.split(".")
        variable = property_path[2:3] if property_path[:2] == ["Environment", "Variables"] else []
        place = ".".join(variable or property_path)
        if place not in places.setdefault(owner, []):
            places[owner].append(place)
    if places and not entry.meaning:
        yield "known only after a deploy"
    for owner, found in places.items():
        yield f"{owner} has a made-up value in {', '.join(found)}"
