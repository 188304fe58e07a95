"""Filter policies: their limits, and which messages pass.

SNS developer guide, "Filter policy constraints": five keys, 150 combinations, where the values of a key count once for
each level that the key is nested.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from esb_wire.offload import has_many_values
from esb_wire.patterns import SNS, InvalidPattern, Matcher, compile_pattern, prepare, read_json

ATTRIBUTES: Final = "MessageAttributes"
BODY: Final = "MessageBody"

_MAX_KEYS: Final = 5
_MAX_COMBINATIONS: Final = 150


class InvalidFilterPolicy(ValueError):
    """A policy is refused. The text is AWS's reason."""


def compile_policy(text: str, scope: str) -> Matcher:
    """Compile the JSON text of a policy. Raises InvalidFilterPolicy."""
    if has_many_values(text):  # it would take long to read, and have too many combinations
        raise InvalidFilterPolicy("FilterPolicy: Filter policy is too complex")
    try:
        matcher = compile_pattern(text, SNS)
    except InvalidPattern as error:
        raise InvalidFilterPolicy(f"FilterPolicy: {_reason(text, error)}") from None
    policy: dict[str, Any] = json.loads(text)
    if scope == ATTRIBUTES and _is_nested(policy):
        raise InvalidFilterPolicy("Filter policy scope MessageAttributes does not support nested filter policy")
    keys, combinations = _measure(policy, 1)
    if keys > _MAX_KEYS:
        raise InvalidFilterPolicy("FilterPolicy: Filter policy can not have more than 5 keys")
    if combinations > _MAX_COMBINATIONS:
        raise InvalidFilterPolicy("FilterPolicy: Filter policy is too complex")
    return matcher


def passed_by_attributes(attributes: Mapping[str, Mapping[str, Any]], policies: Sequence[str]) -> tuple[bool, ...]:
    """Which policies of the scope MessageAttributes a message passes. Binary attributes are not compared."""
    values = {name: _value(attribute) for name, attribute in attributes.items() if _is_comparable(attribute)}
    event = prepare(values)
    return tuple(_matcher(policy, ATTRIBUTES).match(event) for policy in policies)


def passed_by_body(text: str, policies: Sequence[str]) -> tuple[bool, ...]:
    """Which policies of the scope MessageBody a message passes: none, unless its text is a JSON object."""
    try:
        body = read_json(text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return (False,) * len(policies)
    event = prepare(body)
    return tuple(_matcher(policy, BODY).match(event) for policy in policies)


@lru_cache(4096)
def _matcher(policy: str, scope: str) -> Matcher:
    return compile_policy(policy, scope)


def _reason(text: str, error: InvalidPattern) -> str:
    """SNS does not quote a policy that is no JSON (recorded)."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        source = "REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
        return "failed to parse JSON. " + str(error).replace(f'(String)"{text}"', source)
    return str(error)


def _is_nested(policy: dict[str, Any]) -> bool:
    return any(
        any(map(_is_nested, value)) if key == "$or" and _are_alternatives(value) else isinstance(value, dict)
        for key, value in policy.items()
    )


def _are_alternatives(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 1
        and all(isinstance(one, dict) and not any(map(SNS.is_operator, one)) for one in value)
    )


def _measure(policy: dict[str, Any], depth: int) -> tuple[int, int]:
    """The most keys that a message has to match, and the number of combinations of values."""
    keys, combinations = 0, 1
    for key, value in policy.items():
        if key == "$or" and _are_alternatives(value):
            measured = [_measure(one, depth) for one in value]
            more = max(count for count, _ in measured), sum(count for _, count in measured)
        elif isinstance(value, dict):
            more = _measure(value, depth + 1)
        else:
            more = 1, _count_values(value) * depth
        keys += more[0]
        combinations *= more[1]
    return keys, combinations


def _count_values(entries: list[Any]) -> int:
    """`anything-but` with a list counts as many values as the list has."""
    count = 0
    for entry in entries:
        excluded = entry.get("anything-but") if isinstance(entry, dict) else None
        count += len(excluded) if isinstance(excluded, list) else 1
    return count


def _is_comparable(attribute: Mapping[str, Any]) -> bool:
    return not str(attribute["DataType"]).startswith("Binary")


def _value(attribute: Mapping[str, Any]) -> Any:
    text = attribute["StringValue"]
    data_type = str(attribute["DataType"])
    if data_type.startswith(("Number", "String.Array")):
        try:
            return read_json(text)
        except ValueError:
            pass
    return text
