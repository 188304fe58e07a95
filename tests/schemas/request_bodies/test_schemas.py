"""Schemas of bodies: which documents they accept, and what is wrong with a schema."""

from __future__ import annotations

from typing import Any

import pytest

from esb_schemas.bounded_pattern import PatternTooSlow
from esb_schemas.request_bodies.schemas import problems, validator

MODELS: dict[str, Any] = {
    "Order": {
        "type": "object",
        "required": ["item"],
        "properties": {"item": {"$ref": "model:Item"}, "parts": {"type": "array", "items": {"$ref": "model:Order"}}},
    },
    "Item": {"$ref": "#/definitions/name", "definitions": {"name": {"type": "string", "pattern": "^[a-z]+$"}}},
}
ORDER = {"$ref": "model:Order"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"item": "tea"}, True),
        ({"item": "tea", "parts": [{"item": "leaf"}]}, True),
        ({}, False),
        ({"item": "T"}, False),
        ({"item": "tea", "parts": [{}]}, False),
        ([], False),
        (None, False),
    ],
)
def test_models_refer_to_each_other(document: object, expected: bool) -> None:
    assert validator(ORDER, MODELS).is_valid(document) is expected


@pytest.mark.parametrize(
    ("schema", "document", "expected"),
    [
        # In draft 4, exclusiveMinimum is a flag, and 1.0 is not an integer.
        ({"minimum": 1, "exclusiveMinimum": True}, 1, False),
        ({"minimum": 1, "exclusiveMinimum": True}, 2, True),
        ({"type": "integer"}, 1.0, False),
        # `format` has no effect, nor has a keyword of a later draft.
        ({"format": "email"}, "nobody", True),
        ({"const": 1}, 2, True),
        ({"pattern": "b"}, "abc", True),
        ({"pattern": "^b"}, "abc", False),
        ({"pattern": "^b"}, 1, True),
        ({"patternProperties": {"^x-": {"type": "string"}}}, {"x-a": 1}, False),
        ({"patternProperties": {"^x-": {"type": "string"}}}, {"x-a": "1", "a": 1}, True),
        ({"patternProperties": {"^x-": {}}, "additionalProperties": False}, {"x-a": 1}, True),
        ({"patternProperties": {"^x-": {}}, "additionalProperties": False}, {"a": 1}, False),
        ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1}, True),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": 1}, False),
        ({"additionalProperties": True}, {"a": 1}, True),
        ({"additionalProperties": False}, [1], True),
    ],
)
def test_the_keywords_are_those_of_draft_4(schema: dict[str, Any], document: object, expected: bool) -> None:
    assert not list(problems(schema, {}))
    assert validator(schema, {}).is_valid(document) is expected


EXPLODES = "^(a|aa)+$"


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"pattern": EXPLODES}, "a" * 60 + "b"),
        ({"patternProperties": {EXPLODES: {}}}, {"a" * 60 + "b": 1}),
        ({"patternProperties": {EXPLODES: {}}, "additionalProperties": False}, {"a" * 60 + "b": 1}),
    ],
)
def test_a_pattern_that_explodes_ends_soon(schema: dict[str, Any], document: object) -> None:
    compiled = validator(schema, {})
    assert compiled.has_patterns
    with pytest.raises(PatternTooSlow):
        compiled.is_valid(document)


def test_models_without_a_pattern_have_none() -> None:
    assert validator(ORDER, MODELS).has_patterns
    assert not validator({"properties": {"pattern": {"type": "string"}}}, {}).has_patterns


@pytest.mark.parametrize(
    ("schema", "path", "text"),
    [
        ({"type": "text"}, ("type",), "is not valid in JSON Schema draft 4"),
        ({"required": []}, ("required",), "is not valid in JSON Schema draft 4"),
        ({"$ref": "model:Nothing"}, ("$ref",), "'model:Nothing' refers to nothing"),
        ({"items": {"$ref": "#/definitions/a"}}, ("items", "$ref"), "'#/definitions/a' refers to nothing"),
        ({"$ref": "https://example.com/schema.json"}, ("$ref",), "refers to nothing"),
        (
            {"properties": {"a": {"pattern": "("}}},
            ("properties", "a", "pattern"),
            "is not a valid regular expression",
        ),
        ({"patternProperties": {"[": {}}}, ("patternProperties",), "'[' is not a valid regular expression"),
        ({"anyOf": [{}, {"$ref": "model:X"}]}, ("anyOf", 1, "$ref"), "'model:X' refers to nothing"),
    ],
)
def test_what_is_wrong_with_a_schema(schema: dict[str, Any], path: tuple[str | int, ...], text: str) -> None:
    (problem,) = problems(schema, MODELS)
    assert problem.path == path
    assert text in problem.text


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}, "enum": {"$ref": "model:Order"}}},
        {"enum": [{"$ref": "model:X"}]},
        {"properties": {"properties": {"properties": {"a": {"$ref": "#"}}}}},
        {"definitions": {"a": {}}, "$ref": "#/definitions/a"},
        {"title": "Empty Schema", "type": "object", "$schema": "http://json-schema.org/draft-04/schema#"},
    ],
)
def test_names_and_data_are_no_keywords(schema: dict[str, Any]) -> None:
    assert not list(problems(schema, MODELS))
