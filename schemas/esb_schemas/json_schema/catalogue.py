"""The JSON Schemas (2020-12), by kind of document: a file of `schema_files/`, and a part for each row of a table.

A part is in a file beside the module of its section or event source, with the same name: `sections/dynamodb.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from esb_schemas.documents.kinds import Kind
from esb_schemas.event_sources import EVENT_SOURCES, EventSourceType
from esb_schemas.sections import SECTIONS

Schema: TypeAlias = dict[str, Any]

_FILES: Final = Path(__file__).parent / "schema_files"


@cache
def shared_schema(kind: Kind) -> Mapping[str, Any]:
    """The JSON Schema of `config/<kind>.yml`, read once a process; do not change it."""
    return schema(kind)


def schema(kind: Kind) -> Schema:
    """A fresh copy of the JSON Schema of `config/<kind>.yml`."""
    whole = _read(_FILES / f"{kind}.json")
    match kind:
        case "resources":
            parts = [_read(row.schema_file) for row in SECTIONS.values()]
            whole["properties"] |= _together(part["properties"] for part in parts)
            whole["$defs"] = _together(part["$defs"] for part in [*parts, whole])
        case "functions":
            rows = list(dict.fromkeys(EVENT_SOURCES.values()))
            whole["$defs"] = _together(part["$defs"] for part in [whole, *(_read(row.schema_file) for row in rows)])
            whole["$defs"]["function"]["properties"]["events"]["items"] = _any_event(rows)
        case "routing":
            pass
    return whole


def _any_event(rows: list[EventSourceType]) -> Schema:
    """The schema of an event, chosen by its `type` if there are several."""
    first, *others = rows
    if not others:
        return _reference(first)
    choice: Schema = {"properties": {"type": {"enum": [each for row in rows for each in row.types]}}}
    for row in reversed(rows):
        is_type = {"required": ["type"], "properties": {"type": {"enum": list(row.types)}}}
        choice = {"if": is_type, "then": _reference(row), "else": choice}
    return {
        "description": "One event source, by its type.",
        "type": "object",
        "required": ["type"],
        **choice,
        "examples": [{"type": "Schedule", "name": "Nightly", "schedule": "rate(1 day)"}],
    }


def _reference(row: EventSourceType) -> Schema:
    return {"$ref": f"#/$defs/{row.definition}"}


def _together(mappings: Iterable[Mapping[str, Schema]]) -> Schema:
    """The entries of all mappings. Raises ValueError for a name that occurs twice."""
    found: Schema = {}
    for each in mappings:
        if twice := found.keys() & each.keys():
            raise ValueError(f"two parts of a schema define {', '.join(sorted(twice))}")
        found |= each
    return found


def _read(path: Path) -> Schema:
    document: Schema = json.loads(path.read_text("utf-8"))
    return document
