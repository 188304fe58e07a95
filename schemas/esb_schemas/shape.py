"""What JSON Schema says about a document: the one problem that a person should mend first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Protocol

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from esb_schemas.acceptance import is_integer, is_number
from esb_schemas.catalogue import schema
from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.kinds import Kind
from esb_schemas.wording import Refusal, finding


class Validator(Protocol):
    """The part of a jsonschema validator that is used here."""

    def iter_errors(self, instance: object) -> Iterator[ValidationError]:
        """Every error, in no order that a reader of the document would know."""


def first_problem(kind: Kind, document: object) -> Problem | None:
    """The problem to mend first: the earliest in the document, and of several in one place the most telling."""
    findings = [finding(refusal(error)) for error in validator(kind).iter_errors(document)]
    if not findings:
        return None
    return min(findings, key=lambda each: (position(document, each.met_at), each.rank)).problem


def refusal(error: ValidationError) -> Refusal:
    """A validator's error as plain data. Of a wrong name of a key, the error of the whole mapping."""
    schema_of_error: Any = error.schema
    path, rule = tuple(error.absolute_path), tuple(error.absolute_schema_path)
    return Refusal(str(error.validator), error.validator_value, error.instance, schema_of_error, path, rule)


def position(document: object, path: DocumentPath) -> tuple[int, ...]:
    """Where a path stands in the document: the index of each of its steps among its neighbours."""
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
    """JSON Schema 2020-12, closed where Python is more lenient than boto3 and the other readers of the files."""
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
    """`pattern`, with `$` as the end of the text: Python's also stands before a last line break."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern}")


def names_match(
    _validator: object, names: Mapping[str, str], instance: object, _schema: object
) -> Iterator[ValidationError]:
    """`propertyNames` with a pattern, one error a mapping; a key that is no text does not match."""
    if isinstance(instance, Mapping) and not all(
        isinstance(key, str) and re.fullmatch(names["pattern"], key) for key in instance
    ):
        yield ValidationError("a key does not match the pattern of names")
