"""The first problem of a document that is invalid against its JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from esb_schemas.documents.kinds import Kind
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.json_schema.catalogue import schema
from esb_schemas.json_schema.compiled_validator import is_integer, is_number
from esb_schemas.json_schema.messages import Violation, diagnose


class Validator(Protocol):
    """The method of a jsonschema validator that is used here."""

    def iter_errors(self, instance: object) -> Iterator[ValidationError]:
        """Every error, in an order that is not the document's."""


def first_problem(kind: Kind, document: object) -> Problem | None:
    """The earliest problem in the document; if several are in one place, the one that explains most."""
    found = [diagnose(violation(error)) for error in validator(kind).iter_errors(document)]
    if not found:
        return None
    return min(found, key=lambda each: (position(document, each.met_at), each.rank)).problem


def violation(error: ValidationError) -> Violation:
    """A validator's error as plain data."""
    schema_of_error: Any = error.schema
    path, rule = tuple(error.absolute_path), tuple(error.absolute_schema_path)
    return Violation(str(error.validator), error.validator_value, error.instance, schema_of_error, path, rule)


def position(document: object, path: DocumentPath) -> tuple[int, ...]:
    """The position of a path in the document: for each step, its index among its siblings."""
    here: Any = document
    steps: list[int] = []
    for step in path:
        steps.append(list(here).index(step) if isinstance(here, Mapping) else int(step))
        here = here[step]
    return tuple(steps)


@cache
def validator(kind: Kind) -> Validator:
    """The compiled validator of a kind."""
    compiled: Validator = strict_validator()(schema(kind))
    return compiled


def strict_validator() -> Any:
    """JSON Schema 2020-12, stricter where Python accepts more than boto3 and the other readers of the files."""
    checker = Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": lambda _, value: is_integer(value), "number": lambda _, value: is_number(value)}
    )
    extended: Any = extend
    return extended(
        Draft202012Validator,
        validators={"pattern": whole_match, "propertyNames": names_match},
        type_checker=checker,
    )


def whole_match(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    """`pattern` for the whole text; `$` in Python also matches before a final line break."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern}")


def names_match(
    _validator: object, names: Mapping[str, str], instance: object, _schema: object
) -> Iterator[ValidationError]:
    """`propertyNames` with a pattern: one error for each mapping. Keys that are not text do not match."""
    if isinstance(instance, Mapping) and not all(
        isinstance(key, str) and re.fullmatch(names["pattern"], key) for key in instance
    ):
        yield ValidationError("a key does not match the pattern of names")
