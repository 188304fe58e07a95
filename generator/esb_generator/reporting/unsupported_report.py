"""The report of `esb validate --report`: a line for each unsupported resource."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.resources.findings import Notice
from esb_generator.values import Mark


class UnsupportedEntry(NamedTuple):
    """An unsupported resource, or part of one, with the consequences for the application.

    If no resource owns the placeholders, `logical_id` is a reference such as `import:network-vpc`, and `type` empty.
    """

    mark: Mark
    logical_id: str
    type: str
    meaning: tuple[str, ...]
    placeholders: tuple[Placeholder, ...] = ()


def unsupported_entries(notices: Iterable[Notice], placeholders: Iterable[Placeholder]) -> tuple[UnsupportedEntry, ...]:
    """The notices of each place with the placeholders of the resource there, in template order."""
    found: dict[tuple[str, Mark], UnsupportedEntry] = {}
    for notice in notices:
        key = (notice.logical_id, notice.mark)
        before = found.get(key, UnsupportedEntry(notice.mark, notice.logical_id, notice.type, ()))
        found[key] = before._replace(meaning=(*before.meaning, notice.text))
    for placeholder in placeholders:
        owner = placeholder.reference.partition(".")[0] if placeholder.resource_type else placeholder.reference
        key = (owner, placeholder.mark)
        before = found.get(key, UnsupportedEntry(placeholder.mark, owner, placeholder.resource_type, ()))
        found[key] = before._replace(placeholders=(*before.placeholders, placeholder))
    return tuple(sorted(found.values(), key=lambda entry: (entry.mark, entry.logical_id)))


def lines(entries: Iterable[UnsupportedEntry], template: str) -> Iterator[str]:
    """`OrdersQueue (AWS::SQS::Queue, line 40): no SQS in the stack; …`; other files than `template` are named."""
    for entry in entries:
        at = f"line {entry.mark.line}" if entry.mark.file == template else f"{entry.mark.file}, line {entry.mark.line}"
        subject = f"{entry.type}, {at}" if entry.type else at
        yield f"{entry.logical_id} ({subject}): {'; '.join([*entry.meaning, *_uses(entry)])}"


def _uses(entry: UnsupportedEntry) -> Iterator[str]:
    """A line for each function or other resource that has placeholders, with their places."""
    places: dict[str, dict[str, None]] = {}
    for use in (use for placeholder in entry.placeholders for use in placeholder.uses):
        _, owner, _, *property_path = use.path.split(".")
        variable = property_path[2:3] if property_path[:2] == ["Environment", "Variables"] else []
        places.setdefault(owner, {})[".".join(variable or property_path)] = None
    if places and not entry.meaning:
        yield "known only after a deploy"
    for owner, found in places.items():
        yield f"{owner} has a placeholder in {', '.join(found)}"
