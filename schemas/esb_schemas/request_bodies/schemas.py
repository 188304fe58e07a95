"""JSON Schema, draft 4, with which REST APIs validate the bodies of requests.

Only applications that validate bodies import this module: see validation.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

from jsonschema import Draft4Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4

from esb_schemas.bounded_pattern import PatternError, compile_pattern
from esb_schemas.contract import MODEL, BodySchema
from esb_schemas.errors import DocumentPath, Problem

Models: TypeAlias = Mapping[str, BodySchema]

_SCHEMA: Final = "urn:esb:body"  # a schema that is not a model
_NAMED: Final = ("definitions", "dependencies", "patternProperties", "properties")  # schemas by names
_DATA: Final = ("default", "enum", "example", "examples")


@dataclass(frozen=True, slots=True)
class CompiledBodyValidator:
    """A schema, compiled. `has_patterns`: a document may take `patterns.MATCH_SECONDS` for each of its texts."""

    validator: Any
    has_patterns: bool
    schema: BodySchema
    models: Models

    def is_valid(self, document: object) -> bool:
        """Whether a document is valid. Raises PatternTooSlow."""
        return bool(self.validator.is_valid(document))

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        """Pickled as its source; another process compiles it once."""
        return _compiled, (json.dumps(self.schema, default=dict), json.dumps(self.models, default=dict))


def validator(schema: BodySchema, models: Models) -> CompiledBodyValidator:
    """The validator of a schema without problems. Its `format` keywords have no effect."""
    registry = _registry(schema, models)
    has_patterns = any(keyword != "$ref" for _, keyword, _ in _keywords([schema, *models.values()], ()))
    return CompiledBodyValidator(_Validator(schema, registry=registry), has_patterns, schema, models)


@lru_cache(maxsize=256)
def _compiled(schema: str, models: str) -> CompiledBodyValidator:
    return validator(json.loads(schema), json.loads(models))


def problems(schema: BodySchema, models: Models) -> Iterator[Problem]:
    """The problems of a schema: invalid keywords, dangling references, patterns that Python cannot compile."""
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
        elif reason := _refusal(value):
            yield Problem(path, f"{value!r} is not a valid regular expression ({reason}); change it")


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


def _refusal(pattern: str) -> str:
    try:
        compile_pattern(pattern)
    except PatternError as error:
        return str(error)
    return ""


# The keywords with regular expressions, which jsonschema matches in unbounded time


def _pattern(_validator: Any, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not compile_pattern(pattern).is_found_in(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: object, _schema: object
) -> Iterator[ValidationError]:
    for name, value in instance.items() if isinstance(instance, dict) else ():
        for pattern, schema in patterns.items():
            if compile_pattern(pattern).is_found_in(name):
                yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, instance: object, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    patterns = [compile_pattern(pattern) for pattern in schema.get("patternProperties", ())]
    for name, value in instance.items() if isinstance(instance, dict) else ():
        if name in schema.get("properties", ()) or any(pattern.is_found_in(name) for pattern in patterns):
            continue
        if isinstance(allowed, Mapping):
            yield from validator.descend(value, allowed, path=name)
        elif not allowed:
            yield ValidationError(f"{name!r} is not allowed")


_Validator: Final[Any] = extend(  # type: ignore[no-untyped-call]
    Draft4Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    },
)
