"""One sentence for each way in which JSON Schema can refuse a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from esb_schemas.errors import DocumentPath, Problem
from esb_schemas.other_layouts import CLOUDFORMATION_KEYS


class Refusal(NamedTuple):
    """A keyword of a schema that a value does not satisfy: `keyword: expected` in `schema`, which lies at `rule`."""

    keyword: str
    expected: Any
    value: Any
    schema: Mapping[str, Any]
    path: DocumentPath
    rule: DocumentPath


class Finding(NamedTuple):
    """A problem, where a reader meets it, and how well it explains others in that place (0 is best)."""

    problem: Problem
    met_at: DocumentPath
    rank: int


def finding(refusal: Refusal) -> Finding:
    """A refusal in a person's words. Raises KeyError for a keyword that the schemas do not use."""
    here = refusal.path
    match refusal.keyword:
        case "additionalProperties":
            return unknown_key(refusal)
        case "required":
            missing = next(key for key in refusal.expected if key not in refusal.value)
            return Finding(Problem(here, f"the key {missing!r} is missing"), here, 2)
        case "propertyNames":
            return Finding(Problem(here, wrong_name(refusal)), here, 3)
        case keyword:
            return Finding(Problem(here, WORDING[keyword](refusal)), here, 4)


def unknown_key(refusal: Refusal) -> Finding:
    """Of several unknown keys, the first that has a mend, else the first."""
    allowed = list(refusal.schema.get("properties", ()))
    unknown = [str(key) for key in refusal.value if key not in allowed]
    mends = {key: mend(key, allowed) for key in unknown}
    key = next((key for key in unknown if mends[key]), unknown[0])
    known = f"known here are {words(allowed)}" if allowed else "nothing may stand here"
    text = f"unknown key; {mends[key] or known}"
    return Finding(Problem((*refusal.path, key), text), refusal.path, 0 if mends[key] else 1)


def mend(key: str, allowed: Sequence[str]) -> str | None:
    """What to write instead of a key, as far as anybody can guess."""
    boto3_name, value = CLOUDFORMATION_KEYS.get(key, ("", ""))
    if boto3_name in allowed:
        return f"that is CloudFormation's name, boto3's is {boto3_name!r}{value}"
    near = near_miss(key, allowed)
    return f"did you mean {near!r}?" if near else None


def near_miss(word: object, known: Iterable[object]) -> str | None:
    """The known word that is nearest to a word, whatever their case."""
    from difflib import get_close_matches  # noqa: PLC0415 - almost every document is as it should be

    by_lower = {str(each).lower(): str(each) for each in known}
    near = get_close_matches(str(word).lower(), by_lower, n=1, cutoff=0.7)
    return by_lower[near[0]] if near else None


def wrong_name(refusal: Refusal) -> str:
    """A key that is not a name; `expected` has the form of names."""
    names = refusal.expected["pattern"]
    bad = next(key for key in refusal.value if not isinstance(key, str) or not re.fullmatch(names, key))
    return f"the key {bad!r} does not have the form {names}"


def wrong_type(refusal: Refusal) -> str:
    """A value of another type, with the mend for the two usual slips of YAML. A variable's value may be a secret."""
    wanted = [refusal.expected] if isinstance(refusal.expected, str) else refusal.expected
    found = "" if "environment" in refusal.path else f", not {shown(refusal.value)}"
    text = f"must be {words([TYPES[each] for each in wanted], 'or')}{found}"
    if refusal.value is None:
        return f"{text}; give it a value or remove the key"
    if wanted == ["string"] and isinstance(refusal.value, int | float):
        return f"{text}; put it in quotes"
    return text


def not_listed(refusal: Refusal) -> str:
    """A value that is not one of those that are listed."""
    near = near_miss(refusal.value, refusal.expected)
    text = f"must be {words(refusal.expected, 'or')}, not {shown(refusal.value)}"
    return f"{text}; did you mean {near!r}?" if near else text


def not_this(refusal: Refusal) -> str:
    """A value that is not the only one possible, here or beside a certain key."""
    if refusal.path == ("Version",):
        return f"version {shown(refusal.value)} is not known; this ESB knows version {refusal.expected}"
    text = f"must be {shown(refusal.expected)}, not {shown(refusal.value)}"
    if "dependentSchemas" in refusal.rule:
        text += f", where {refusal.rule[refusal.rule.index('dependentSchemas') + 1]!r} is given"
    return text


def wrong_form(refusal: Refusal) -> str:
    """A text of the wrong form, beside one that has the right form."""
    right = refusal.schema["examples"][0]
    return f"{shown(refusal.value)} does not have the form {refusal.expected}; {str(right)!r} would be right"


def not_exactly_one(refusal: Refusal) -> str:
    """One key and no other of a set."""
    keys = branch_keys(refusal)
    given = [key for key in keys if key in refusal.value]
    return f"needs exactly one of {words(keys)}" + (f", not {words(given, 'and')}" if given else "")


def branch_keys(refusal: Refusal) -> list[str]:
    """The keys of a oneOf or anyOf of which every branch is `required: [key]`."""
    return [branch["required"][0] for branch in refusal.expected]


def shown(value: object) -> str:
    """A value as it can stand in a sentence."""
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


def words(items: Iterable[object], last: str = "") -> str:
    """`a, b or c`; without a last word only commas."""
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

WORDING: Final[Mapping[str, Callable[[Refusal], str]]] = {
    "anyOf": lambda refusal: f"needs at least one of {words(branch_keys(refusal))}",
    "const": not_this,
    "enum": not_listed,
    "exclusiveMinimum": lambda refusal: f"must be more than {refusal.expected}, not {shown(refusal.value)}",
    "maxItems": lambda refusal: f"must not have more than {refusal.expected} items; it has {len(refusal.value)}",
    "maxLength": lambda refusal: f"must not be longer than {refusal.expected} characters; it has {len(refusal.value)}",
    "maxProperties": lambda refusal: f"must have only one of {words(refusal.value)}",
    "maximum": lambda refusal: f"must be {refusal.expected} at the most, not {shown(refusal.value)}",
    "minItems": lambda _: "must not be an empty list; give it an item or remove the key",
    "minLength": lambda _: "must not be an empty text",
    "minProperties": lambda refusal: f"must not be empty; give it one of {words(refusal.schema['properties'])}",
    "minimum": lambda refusal: f"must be {refusal.expected} at the least, not {shown(refusal.value)}",
    "oneOf": not_exactly_one,
    "pattern": wrong_form,
    "type": wrong_type,
    "uniqueItems": lambda _: "must not have the same item twice",
}
