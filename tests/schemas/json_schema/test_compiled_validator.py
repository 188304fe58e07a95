"""The quick answer and jsonschema's agree, about valid documents and about each of them with a value put elsewhere."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from esb_schemas.documents.kinds import KINDS, Kind
from esb_schemas.json_schema import compiled_validator, schema_errors
from esb_schemas.json_schema.catalogue import schema
from esb_schemas.validation.loading import load

DOCUMENTS: Final = Path(__file__).parents[1] / "valid"
VALUES: Final[tuple[object, ...]] = (
    None, True, 0, 1, -1, 1.5, 5.0, math.inf, 10**9, "", "x", "a\n", "ANY", "/{x+}", "1.0", [], [1, True], ["a", "a"],
    [{}, {}], {}, {"x": 1}, {1: "x"}, {"A": "b"},
)  # fmt: skip
OF_EACH_KIND: Final = 400  # changes; jsonschema takes milliseconds for each


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_document_is_accepted_by_both_or_by_neither(kind: Kind) -> None:
    valid = load(kind, DOCUMENTS / f"{kind}.yml")
    pick = random.Random(kind)
    answers = set()

    for _ in range(OF_EACH_KIND):
        place, value = pick.choice(list(places(valid))), pick.choice(VALUES)
        document = changed(valid, place, value)
        answer = compiled_validator.is_valid(kind, document)
        assert answer == (not list(schema_errors.validator(kind).iter_errors(document))), (place, value)
        answers.add(answer)

    assert answers == {True, False}


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_document_does_not_need_jsonschema(kind: Kind) -> None:
    assert compiled_validator.is_valid(kind, load(kind, DOCUMENTS / f"{kind}.yml"))


@pytest.mark.parametrize("kind", KINDS)
def test_every_keyword_of_the_schemas_can_be_compiled(kind: Kind) -> None:
    """Also those of properties that no document of a test has."""
    known = compiled_validator._KEYWORDS.keys() | compiled_validator._ANNOTATIONS | compiled_validator._READ_BY_IF

    assert {keyword for found in subschemas(schema(kind)) for keyword in found} <= known


def subschemas(found: Any) -> Iterator[dict[str, Any]]:
    """A schema and all inside it, which are in mappings by name or in lists."""
    if isinstance(found, list):
        for each in found:
            yield from subschemas(each)
    if not isinstance(found, dict):
        return
    yield found
    for keyword, value in found.items():
        if keyword in ("$defs", "dependentSchemas", "properties"):
            yield from subschemas(list(value.values()))
        elif keyword not in ("const", "default", "enum", "examples"):
            yield from subschemas(value)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each value in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        yield (*at, step)
        yield from places(each, (*at, step))


def changed(document: Any, place: tuple[Any, ...], value: object) -> Any:
    """The document with another value in one place."""
    result = copy.deepcopy(document)
    inner = result
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    return result
