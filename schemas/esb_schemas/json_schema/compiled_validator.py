"""The JSON Schemas compiled to functions that say only whether a document is valid.

Almost every document is valid, so jsonschema is imported only to explain an error (`schema_errors`): with jsonschema
alone a small build takes a quarter longer, and `esb validate` of 200 functions two fifths. Both agree on every document
(tests/schemas/json_schema/test_compiled_validator.py). A keyword that the schemas do not use raises KeyError.

The schema of a property is compiled when a document first has that property: a small one uses a tenth of the schemas.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial, reduce
from typing import Any, Final, TypeAlias

from esb_schemas.documents.kinds import Kind
from esb_schemas.json_schema.catalogue import shared_schema

Check: TypeAlias = Callable[[Any], bool]
Schema: TypeAlias = Mapping[str, Any]


def is_valid(kind: Kind, document: object) -> bool:
    """Whether the document is valid against the JSON Schema of its kind."""
    return compiled(kind)(document)


def is_integer(value: object) -> bool:
    """`integer`, without 5.0, which boto3 refuses."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """`number`, without infinity and NaN, which exist in YAML but not in JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_TYPES: Final[Mapping[str, Check]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": is_integer,
    "null": lambda value: value is None,
    "number": is_number,
    "object": lambda value: isinstance(value, dict),
    "string": lambda value: isinstance(value, str),
}
_ANNOTATIONS: Final = {"$defs", "$id", "$schema", "default", "description", "examples", "title"}
_READ_BY_IF: Final = {"else", "then"}


@cache
def compiled(kind: Kind) -> Check:
    """The compiled schema of a kind."""
    document = shared_schema(kind)
    return _Compiler(document).check(document)


class _Compiler:
    """Compiles a schema file, each definition once."""

    def __init__(self, root: Schema) -> None:
        self._definitions: Schema = root.get("$defs", {})
        self._compiled: dict[str, Check] = {}

    def check(self, schema: Schema | bool) -> Check:
        """All keywords of a schema as one function."""
        if isinstance(schema, bool):
            return lambda _value: schema
        checks: list[Check] = [
            _KEYWORDS[keyword](self, expected, schema)
            for keyword, expected in schema.items()
            if keyword not in _ANNOTATIONS and keyword not in _READ_BY_IF
        ]
        return reduce(_both, checks) if checks else _any

    def reference(self, target: str, _schema: Schema) -> Check:
        """A definition; it may refer to itself."""
        name = target.removeprefix("#/$defs/")
        if name not in self._compiled:
            self._compiled[name] = partial(self._follow, name)  # until it is compiled
            self._compiled[name] = self.check(self._definitions[name])
        return self._compiled[name]

    def _follow(self, name: str, value: object) -> bool:
        return self._compiled[name](value)

    def properties(self, expected: Mapping[str, Schema], _schema: Schema) -> Check:
        checks = _Properties(self, expected)

        def check(value: dict[Any, Any]) -> bool:
            return all(checks[name](each) for name, each in value.items() if name in expected)

        return _of(dict, check)

    def other_properties(self, expected: Schema | bool, schema: Schema) -> Check:
        known = schema.get("properties", {})
        each_other = self.check(expected)
        return _of(dict, lambda value: all(each_other(each) for name, each in value.items() if name not in known))

    def items(self, expected: Schema, _schema: Schema) -> Check:
        each_item = self.check(expected)
        return _of(list, lambda value: all(each_item(each) for each in value))

    def dependent(self, expected: Mapping[str, Schema], _schema: Schema) -> Check:
        checks = {name: self.check(each) for name, each in expected.items()}
        return _of(dict, lambda value: all(check(value) for name, check in checks.items() if name in value))

    def conditional(self, expected: Schema, schema: Schema) -> Check:
        condition = self.check(expected)
        then, otherwise = self.check(schema.get("then", True)), self.check(schema.get("else", True))
        return lambda value: then(value) if condition(value) else otherwise(value)

    def any_of(self, expected: Sequence[Schema], _schema: Schema) -> Check:
        checks = [self.check(each) for each in expected]
        return lambda value: any(check(value) for check in checks)

    def one_of(self, expected: Sequence[Schema], _schema: Schema) -> Check:
        checks = [self.check(each) for each in expected]
        return lambda value: sum([check(value) for check in checks]) == 1


class _Properties(dict[str, Check]):
    """The checks by property; each is compiled at its first use."""

    def __init__(self, compiler: _Compiler, schemas: Mapping[str, Schema]) -> None:
        super().__init__()
        self._compiler = compiler
        self._schemas = schemas

    def __missing__(self, name: str) -> Check:
        check = self[name] = self._compiler.check(self._schemas[name])
        return check


def _any(_value: object) -> bool:
    return True


def _both(one: Check, other: Check) -> Check:
    return lambda value: one(value) and other(value)


def _of(kind: type, check: Check) -> Check:
    """A keyword for values of one type, which accepts all others."""
    return lambda value: check(value) if isinstance(value, kind) else True


def _of_numbers(check: Check) -> Check:
    return lambda value: check(value) if is_number(value) else True


def _types(expected: str | Sequence[str]) -> Check:
    if isinstance(expected, str):
        return _TYPES[expected]
    checks = [_TYPES[name] for name in expected]
    return lambda value: any(check(value) for check in checks)


def _one_of_these(expected: Sequence[object]) -> Check:
    """Scalars; unlike in Python, 1 is not True."""

    def is_same(value: object, each: object) -> bool:
        return value == each and isinstance(value, bool) == isinstance(each, bool)

    return lambda value: any(is_same(value, each) for each in expected)


def _matches(pattern: str) -> Check:
    matcher = re.compile(pattern)  # `$` also matches before a final line break
    return _of(str, lambda value: matcher.fullmatch(value) is not None)


def _names(expected: Mapping[str, str]) -> Check:
    matcher = re.compile(expected["pattern"])
    return _of(dict, lambda value: all(isinstance(name, str) and matcher.fullmatch(name) is not None for name in value))


def _are_unique(value: Collection[Any]) -> bool:
    try:
        return len(set(value)) == len(value)
    except TypeError:  # lists or mappings, of which there are few
        return not any(one == other for at, one in enumerate(value) for other in list(value)[:at])


# By keyword: compiles the keyword's value in a schema, given with that schema.
_KEYWORDS: Final[Mapping[str, Callable[[_Compiler, Any, Schema], Check]]] = {
    "$ref": _Compiler.reference,
    "additionalProperties": _Compiler.other_properties,
    "anyOf": _Compiler.any_of,
    "const": lambda _, expected, _schema: _one_of_these([expected]),
    "dependentSchemas": _Compiler.dependent,
    "enum": lambda _, expected, _schema: _one_of_these(expected),
    "exclusiveMinimum": lambda _, least, _schema: _of_numbers(lambda value: value > least),
    "if": _Compiler.conditional,
    "items": _Compiler.items,
    "maxItems": lambda _, most, _schema: _of(list, lambda value: len(value) <= most),
    "maxLength": lambda _, most, _schema: _of(str, lambda value: len(value) <= most),
    "maxProperties": lambda _, most, _schema: _of(dict, lambda value: len(value) <= most),
    "maximum": lambda _, most, _schema: _of_numbers(lambda value: value <= most),
    "minItems": lambda _, least, _schema: _of(list, lambda value: len(value) >= least),
    "minLength": lambda _, least, _schema: _of(str, lambda value: len(value) >= least),
    "minProperties": lambda _, least, _schema: _of(dict, lambda value: len(value) >= least),
    "minimum": lambda _, least, _schema: _of_numbers(lambda value: value >= least),
    "oneOf": _Compiler.one_of,
    "pattern": lambda _, pattern, _schema: _matches(pattern),
    "properties": _Compiler.properties,
    "propertyNames": lambda _, expected, _schema: _names(expected),
    "required": lambda _, names, _schema: _of(dict, lambda value: all(name in value for name in names)),
    "type": lambda _, expected, _schema: _types(expected),
    "uniqueItems": lambda _, _wanted, _schema: _of(list, _are_unique),
}
