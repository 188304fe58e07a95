"""One sentence for each way in which a value can violate JSON Schema."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.json_schema.cloudformation_names import CLOUDFORMATION_KEYS
from esb_schemas.near_miss import near_miss


class Violation(NamedTuple):
    """A keyword that a value violates: `keyword: expected` in `schema`, at `rule` in the schema file."""

    keyword: str
    expected: Any
    value: Any
    schema: Mapping[str, Any]
    path: DocumentPath
    rule: DocumentPath


class Diagnostic(NamedTuple):
    """A problem, its place in the document, and how well it explains other problems there (0 is best)."""

    problem: Problem
    met_at: DocumentPath
    rank: int


def diagnose(violation: Violation) -> Diagnostic:
    """Explain a violation. Raises KeyError for a keyword that the schemas do not use."""
    here = violation.path
    match violation.keyword:
        case "additionalProperties":
            return unknown_key(violation)
        case "required":
            missing = next(key for key in violation.expected if key not in violation.value)
            return Diagnostic(Problem(here, f"the key {missing!r} is missing"), here, 2)
        case "propertyNames":
            return Diagnostic(Problem(here, invalid_name(violation)), here, 3)
        case keyword:
            return Diagnostic(Problem(here, MESSAGES[keyword](violation)), here, 4)


def unknown_key(violation: Violation) -> Diagnostic:
    """Reports the first unknown key with a hint, else the first one."""
    allowed = list(violation.schema.get("properties", ()))
    hints = {str(key): hint(str(key), allowed) for key in violation.value if key not in allowed}
    key = next((key for key in hints if hints[key]), next(iter(hints)))
    known = f"the keys here are {joined(allowed)}" if allowed else "there are no keys here"
    problem = Problem((*violation.path, key), f"unknown key; {hints[key] or known}")
    return Diagnostic(problem, violation.path, 0 if hints[key] else 1)


def hint(key: str, allowed: Sequence[str]) -> str | None:
    """A question or sentence with the key that was probably meant; None if no key is similar."""
    boto3_name, value = CLOUDFORMATION_KEYS.get(key, ("", ""))
    if boto3_name in allowed:
        return f"that is CloudFormation's name, boto3's is {boto3_name!r}{value}"
    near = near_miss(key, allowed)
    return f"did you mean {near!r}?" if near else None


def invalid_name(violation: Violation) -> str:
    """The first key that is not text or does not match the pattern."""
    pattern = violation.expected["pattern"]
    bad = next(key for key in violation.value if not isinstance(key, str) or not re.fullmatch(pattern, key))
    return f"the key {bad!r} must match {pattern}"


def wrong_type(violation: Violation) -> str:
    """The expected type, with a hint for two common mistakes in YAML. Values of variables are hidden: secrets."""
    wanted = [violation.expected] if isinstance(violation.expected, str) else violation.expected
    found = "" if "environment" in violation.path else f", not {shown(violation.value)}"
    text = f"must be {joined([TYPES[each] for each in wanted], 'or')}{found}"
    if violation.value is None:
        return f"{text}; give it a value or remove the key"
    if wanted == ["string"] and isinstance(violation.value, int | float):
        return f"{text}; put it in quotes"
    return text


def not_listed(violation: Violation) -> str:
    near = near_miss(violation.value, violation.expected)
    text = f"must be {joined(violation.expected, 'or')}, not {shown(violation.value)}"
    return f"{text}; did you mean {near!r}?" if near else text


def not_constant(violation: Violation) -> str:
    """A value other than the only one allowed, which may depend on another key."""
    if violation.path == ("Version",):
        return f"must be the number {violation.expected}, the version of this file, not {shown(violation.value)}"
    text = f"must be {shown(violation.expected)}, not {shown(violation.value)}"
    if "dependentSchemas" in violation.rule:
        text += f", when {violation.rule[violation.rule.index('dependentSchemas') + 1]!r} is given"
    return text


def no_match(violation: Violation) -> str:
    example = str(violation.schema["examples"][0])
    return f"must match {violation.expected}, as {example!r} does, not {shown(violation.value)}"


def not_exactly_one(violation: Violation) -> str:
    keys = branch_keys(violation)
    given = [key for key in keys if key in violation.value]
    return f"needs exactly one of {joined(keys)}" + (f", not {joined(given, 'and')}" if given else "")


def branch_keys(violation: Violation) -> list[str]:
    """The keys of a oneOf or anyOf; each of its branches is `required: [key]`."""
    return [branch["required"][0] for branch in violation.expected]


def shown(value: object) -> str:
    """A value as it appears in a message."""
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            text = repr(value)
            return text if len(text) <= 80 else f"{text[:77]}..."


def joined(items: Iterable[object], last: str = "") -> str:
    """`a, b or c`; only commas without `last`."""
    texts = list(map(str, items))
    if not last or len(texts) < 2:
        return ", ".join(texts)
    return f"{', '.join(texts[:-1])} {last} {texts[-1]}"


TYPES: Final[Mapping[str, str]] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}

# By keyword of JSON Schema. `diagnose` handles the keywords whose problem is not at the value itself.
MESSAGES: Final[Mapping[str, Callable[[Violation], str]]] = {
    "anyOf": lambda it: f"needs at least one of {joined(branch_keys(it))}",
    "const": not_constant,
    "enum": not_listed,
    "exclusiveMinimum": lambda it: f"must be more than {it.expected}, not {shown(it.value)}",
    "maxItems": lambda it: f"must have at most {it.expected} items; it has {len(it.value)}",
    "maxLength": lambda it: f"must have at most {it.expected} characters; it has {len(it.value)}",
    "maxProperties": lambda it: f"must have only one of {joined(it.value)}",
    "maximum": lambda it: f"must be at most {it.expected}, not {shown(it.value)}",
    "minItems": lambda _: "must not be an empty list; add an item or remove the key",
    "minLength": lambda _: "must not be empty text",
    "minProperties": lambda it: f"must not be empty; add one of {joined(it.schema['properties'])}",
    "minimum": lambda it: f"must be at least {it.expected}, not {shown(it.value)}",
    "oneOf": not_exactly_one,
    "pattern": no_match,
    "type": wrong_type,
    "uniqueItems": lambda _: "must not contain the same item twice",
}
