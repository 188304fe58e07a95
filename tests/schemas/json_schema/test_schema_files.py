"""The schema files themselves: complete, closed, and true to their own examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.json_schema.catalogue import schema
from esb_schemas.json_schema.messages import MESSAGES, TYPES
from esb_schemas.json_schema.schema_errors import strict_validator

HANDLED_BY_FINDING = {"additionalProperties", "required", "propertyNames"}
NEVER_REFUSING = {
    *("$defs", "$id", "$ref", "$schema", "default", "description", "examples", "title"),
    *("properties", "items", "if", "then", "else", "dependentSchemas"),
}


class Part(NamedTuple):
    """A subschema of a kind at a place, `is_value` when a document's value is described by it."""

    kind: Kind
    place: str
    schema: dict[str, Any]
    is_value: bool = True

    def __str__(self) -> str:
        return f"{self.kind}{self.place}"


def below(part: Part) -> Iterator[Part]:
    """A part and all that describe values inside it."""
    kind, place, subschema, _ = part
    yield part
    for group in ("properties", "$defs"):
        for name, inner in subschema.get(group, {}).items():
            yield from below(Part(kind, f"{place}/{group}/{name}", inner))
    for keyword in ("items", "additionalProperties"):
        if isinstance(inner := subschema.get(keyword), dict):
            yield from below(Part(kind, f"{place}/{keyword}", inner))
    conditions = [subschema[keyword] for keyword in ("if", "then", "else") if keyword in subschema]
    conditions += [
        *subschema.get("anyOf", ()),
        *subschema.get("oneOf", ()),
        *subschema.get("dependentSchemas", {}).values(),
    ]
    for index, inner in enumerate(conditions):
        if isinstance(inner, dict):
            yield Part(kind, f"{place}/condition{index}", inner, is_value=False)


def resolved(part: Part) -> dict[str, Any]:
    """The part with what it refers to; its own words come first."""
    own = part.schema
    if "$ref" not in own:
        return own
    referred = schema(part.kind)["$defs"][own["$ref"].removeprefix("#/$defs/")]
    return {**resolved(Part(part.kind, part.place, referred)), **own}


PARTS = [part for kind in KINDS for part in below(Part(kind, "", schema(kind)))]
VALUES = [part for part in PARTS if part.is_value and part.place]


def validator_of(part: Part) -> Any:
    """A validator of one part that can follow references into its whole schema."""
    whole = schema(part.kind)
    return strict_validator()({**part.schema, "$defs": whole["$defs"]})


@pytest.mark.parametrize("kind", KINDS)
def test_is_json_schema(kind: Kind) -> None:
    Draft202012Validator.check_schema(schema(kind))
    assert schema(kind)["$id"] == f"urn:esb:schema:{kind}:1"
    assert schema(kind)["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_the_walk_reaches_nested_keys() -> None:
    places = {str(part) for part in VALUES}
    assert "resources/$defs/lifecycle_rule/properties/Expiration/properties/Days" in places
    assert "functions/$defs/function/properties/layers/items" in places
    assert len(VALUES) > 250


@pytest.mark.parametrize("part", VALUES, ids=str)
def test_has_description_and_example(part: Part) -> None:
    whole = resolved(part)
    assert whole["description"].endswith("."), "a description is a sentence"
    assert whole["examples"], "an example says more than a type"


@pytest.mark.parametrize("part", VALUES, ids=str)
def test_examples_and_default_validate(part: Part) -> None:
    whole = resolved(part)
    check = validator_of(part)
    for value in [*whole["examples"], *([whole["default"]] if "default" in whole else [])]:
        assert [error.message for error in check.iter_errors(value)] == []


@pytest.mark.parametrize("part", [part for part in PARTS if part.is_value and "properties" in part.schema], ids=str)
def test_mappings_are_closed(part: Part) -> None:
    assert part.schema["type"] == "object"
    assert part.schema["additionalProperties"] is False
    assert set(part.schema.get("required", ())) <= part.schema["properties"].keys()


@pytest.mark.parametrize("part", [part for part in PARTS if "pattern" in json.dumps(part.schema)], ids=str)
def test_patterns_are_anchored(part: Part) -> None:
    patterns = [part.schema.get("pattern"), part.schema.get("propertyNames", {}).get("pattern")]
    assert all(pattern.startswith("^") and pattern.endswith("$") for pattern in patterns if pattern)


@pytest.mark.parametrize("part", PARTS, ids=str)
def test_every_refusal_has_words(part: Part) -> None:
    assert part.schema.keys() <= MESSAGES.keys() | HANDLED_BY_FINDING | NEVER_REFUSING
    types = part.schema.get("type", [])
    assert set([types] if isinstance(types, str) else types) <= TYPES.keys()


@pytest.mark.parametrize("part", [part for part in PARTS if {"anyOf", "oneOf"} & part.schema.keys()], ids=str)
def test_choices_are_between_keys(part: Part) -> None:
    """The sentences about anyOf and oneOf name the keys, so each branch must be about one key."""
    for branch in [*part.schema.get("anyOf", ()), *part.schema.get("oneOf", ())]:
        assert branch.keys() == {"required"}
        assert len(branch["required"]) == 1


def test_schema_gives_copies() -> None:
    schema("routing")["properties"].clear()
    assert schema("routing")["properties"]
