"""JSON Schema, draft 4, with which REST APIs validate the bodies of requests.

Only applications that validate bodies import this module, because jsonschema takes 0.17 s of CPU time and 15 MB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from jsonschema import Draft4Validator, FormatChecker
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4

from esb_schemas.contract import MODEL, BodySchema
from esb_schemas.errors import DocumentPath, Problem

Models: TypeAlias = Mapping[str, BodySchema]

_SCHEMA: Final = "urn:esb:body"  # a schema that is not a model
_NAMED: Final = ("definitions", "dependencies", "patternProperties", "properties")  # schemas by names
_DATA: Final = ("default", "enum", "example", "examples")


def validator(schema: BodySchema, models: Models) -> Draft4Validator:
    """The validator of a schema without problems. Its `format` keywords have no effect."""
    return Draft4Validator(schema, registry=_registry(schema, models))


def problems(schema: BodySchema, models: Models) -> Iterator[Problem]:
    """What is wrong with a schema: invalid keywords, references to nothing, patterns that Python cannot compile."""
    try:
        Draft4Validator.check_schema(schema, FormatChecker(formats=()))
    except SchemaError as error:
        yield Problem(tuple(error.absolute_path), f"is not valid in JSON Schema draft 4: {error.message}")
        return
    resolver = _registry(schema, models).resolver(_SCHEMA)
    for path, keyword, value in _keywords(schema, ()):
        if keyword == "$ref":
            try:
                resolver.lookup(value)
            except Unresolvable:
                yield Problem(path, f"{value!r} refers to nothing; define the model, or change the reference")
        elif not _compiles(value):
            yield Problem(path, f"{value!r} is not a valid Python regular expression; change it")


def _registry(schema: BodySchema, models: Models) -> Registry[Any]:
    named = [(f"{MODEL}{name}", model) for name, model in models.items()]
    resources = [(uri, DRAFT4.create_resource(contents)) for uri, contents in [*named, (_SCHEMA, schema)]]
    registry: Registry[Any] = Registry().with_resources(resources)
    return registry.crawl()


def _keywords(value: object, path: DocumentPath, *, named: bool = False) -> Iterator[tuple[DocumentPath, str, str]]:
    """Every `$ref` and every regular expression of a schema. If `named`, the keys are names and not keywords."""
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _keywords(item, (*path, index))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not named and key in _DATA:
                continue
            if not named and key in ("$ref", "pattern"):
                yield (*path, key), key, item
            if not named and key == "patternProperties":
                yield from (((*path, key), key, pattern) for pattern in item)
            yield from _keywords(item, (*path, key), named=not named and key in _NAMED)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError):
        return False
    return True
