"""docs/contracts.md, generated from schemas and checks: `python -m esb_schemas.pages.contracts > docs/contracts.md`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.json_schema.catalogue import schema
from esb_schemas.pages import markdown
from esb_schemas.pages.markdown import item, paragraph
from esb_schemas.validation.rules import rules

Schema: TypeAlias = Mapping[str, Any]

HEADER: Final = """\
# The contracts

`esb build` writes three files below `.esb/config/` for the stack. Each has a JSON Schema (2020-12) in
[`schemas/`](../schemas). The generator validates a file before it writes it, the provisioner and the gateway before
they use it. Hand-written files of this form work as well.

`Version` changes when an older file would be misread or could not be read; a new optional key does not change it. A
file of another version is refused, with the command to run.

This page is generated from the schemas; do not edit it.
"""

TYPES: Final[Mapping[str, str]] = {
    "array": "list",
    "boolean": "boolean",
    "integer": "whole number",
    "number": "number",
    "object": "mapping",
    "string": "text",
}


@dataclass(frozen=True)
class Row:
    """A key, its schema, and whether it is required."""

    key: str
    value: Schema
    required: bool


def reference() -> str:
    return markdown.page(HEADER, map(kind_section, KINDS))


def kind_section(kind: Kind) -> str:
    """The section about one file: its keys, its definitions, its rules."""
    page = Page(kind, schema(kind))
    parts = [f"## {kind}.yml", paragraph(page.root["description"]), page.keys(page.root)]
    for name, part in page.root["$defs"].items():
        if "properties" in part:
            parts += [f"### {kind}: {name}", paragraph(part["description"]), page.keys(part)]
    parts += [f"### {kind}: rules beyond the schema", "\n".join(rule_lines(kind))]
    return "\n\n".join(parts)


def rule_lines(kind: Kind) -> Iterator[str]:
    """A list of the rules: the docstrings of the checks."""
    for place, checks in rules(kind).items():
        where = f"each of `{'`, each of its `'.join(place)}`" if place else "the whole file"
        yield from (item(f"{where}: {' '.join(str(check.__doc__).split())}") for check in checks)


@dataclass(frozen=True)
class Page:
    """A schema, whose references it can follow."""

    kind: Kind
    root: Schema

    def keys(self, part: Schema) -> str:
        """A list of the keys of a mapping, each followed by the keys of its own mapping."""
        return "\n".join(map(self.key, self.rows(part, "")))

    def rows(self, part: Schema, prefix: str) -> Iterator[Row]:
        """A row for each key; keys of nested mappings are `outer.inner`."""
        for key, value in part.get("properties", {}).items():
            yield Row(f"{prefix}{key}", value, key in part.get("required", ()))
            yield from self.rows(value, f"{prefix}{key}.")

    def key(self, row: Row) -> str:
        """`Key` (type; required; default): description Example."""
        value = self.resolved(row.value)
        facts = [self.type_of(row.value)]
        if row.required:
            facts.append("required")
        if "default" in value:
            facts.append(f"default {code(value['default'])}")
        example = code(value["examples"][0])
        return item(f"`{row.key}` ({'; '.join(facts)}): {value['description']} Example: {example}")

    def resolved(self, value: Schema) -> Schema:
        """A schema with the definition that it refers to; its own keywords win."""
        if "$ref" not in value:
            return value
        return {**self.resolved(self.root["$defs"][target(value)]), **{k: v for k, v in value.items() if k != "$ref"}}

    def type_of(self, value: Schema) -> str:
        """The type of a value, with its bounds."""
        if "$ref" in value and "properties" in self.root["$defs"][target(value)]:
            return f"[{target(value)}](#{self.kind}-{target(value)})"
        value = self.resolved(value)
        if "$ref" in value.get("then", ()):
            return " or ".join(self.alternatives(value))
        if "const" in value:
            return code(value["const"])
        if "enum" in value:
            return ", ".join(dict.fromkeys(map(code, value["enum"])))  # true and 'true' look alike
        if isinstance(value["type"], list):
            return f"{' or '.join(TYPES[each] for each in value['type'])}{comma(bounds(value, 'minimum', 'maximum'))}"
        return DESCRIBED[value["type"]](self, value)

    def alternatives(self, value: Schema) -> Iterator[str]:
        """The type of each `then` of a chain of conditions."""
        if "if" in value:
            yield self.type_of(value["then"])
            yield from self.alternatives(value["else"])

    def list_type(self, value: Schema) -> str:
        length = bounds(value, "minItems", "maxItems")
        return f"list of {f'{length} ' if length else ''}{self.type_of(value['items'])}"

    def mapping_type(self, value: Schema) -> str:
        if isinstance(value["additionalProperties"], Mapping):
            return f"mapping of names to {self.type_of(value['additionalProperties'])}"
        return "mapping"


def text_type(_page: Page, value: Schema) -> str:
    form = f" that matches {markdown.code(value['pattern'])}" if "pattern" in value else ""
    length = bounds(value, "minLength", "maxLength")
    return f"text{form}{f' of {length} characters' if length else ''}"


def number_type(_page: Page, value: Schema) -> str:
    if "exclusiveMinimum" in value:
        return f"{TYPES[value['type']]}, more than {value['exclusiveMinimum']}"
    return f"{TYPES[value['type']]}{comma(bounds(value, 'minimum', 'maximum'))}"


DESCRIBED: Final[Mapping[str, Callable[[Page, Schema], str]]] = {
    "array": Page.list_type,
    "boolean": lambda _page, _value: "boolean",
    "integer": number_type,
    "number": number_type,
    "object": Page.mapping_type,
    "string": text_type,
}


def bounds(value: Schema, least: str, most: str) -> str:
    """`1 to 50`, `1 or more`, `at most 50`, or nothing."""
    match value.get(least), value.get(most):
        case None, None:
            return ""
        case low, None:
            return f"{low} or more"
        case None, high:
            return f"at most {high}"
        case low, high:
            return f"{low}" if low == high else f"{low} to {high}"


def comma(text: str) -> str:
    """A text with a comma before it, unless it is empty."""
    return f", {text}" if text else ""


def target(value: Schema) -> str:
    """The name in $defs that a $ref points to."""
    return str(value["$ref"]).removeprefix("#/$defs/")


def code(value: object) -> str:
    """A value as code."""
    return markdown.code(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


if __name__ == "__main__":
    sys.stdout.write(reference())
