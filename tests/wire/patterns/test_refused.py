"""Patterns that are refused, and which service accepts what; test_recorded.py has the reasons that were recorded."""

from __future__ import annotations

from typing import Any

import pytest

from esb_wire.patterns import (
    EVENT_SOURCE_MAPPING,
    EVENTBRIDGE,
    SNS,
    InvalidPattern,
    Operators,
    compile_pattern,
    read_json,
)


def refusal(pattern: Any, operators: Operators = EVENTBRIDGE) -> str:
    with pytest.raises(InvalidPattern) as refused:
        compile_pattern(pattern, operators)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "this is no JSON",
            "Unrecognized token 'this': was expecting (JSON String, Number, Array, Object or token 'null', "
            "'true' or 'false')\n at [Source: (String)\"this is no JSON\"; line: 1, column: 5]",
        ),
        (
            '{\n"a": closed}',
            "Unrecognized token 'closed': was expecting (JSON String, Number, Array, Object or token "
            "'null', 'true' or 'false')\n at [Source: (String)\"{\n\"a\": closed}\"; line: 2, column: 12]",
        ),
        (
            "{'a': 1}",
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name\n"
            " at [Source: (String)\"{'a': 1}\"; line: 1, column: 2]",
        ),
        ('["a"]', 'Filter is not an object\n at [Source: (String)"["a"]"; line: 1, column: 2]'),
        ('{"a": [1]', 'Unexpected end-of-input\n at [Source: (String)"{"a": [1]"; line: 1, column: 10]'),
        ("", 'Unexpected end-of-input\n at [Source: (String)""; line: 1, column: 1]'),
        ('{"a": [NaN]}', "Unrecognized token 'NaN'"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_texts_that_are_no_pattern(text: str, reason: str) -> None:
    """Recorded: recorded/events/test_events_patterns.json, test_invalid_json_event_pattern."""
    assert refusal(text) == reason


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ({}, "Empty objects are not allowed"),
        ({"a": {}}, "Empty objects are not allowed"),
        ({"a": []}, "Empty arrays are not allowed"),
        ({"a": 1}, '"a" must be an object or an array'),
        ({"a.b": 1}, '"b" must be an object or an array'),
        ({"a": [["x"]]}, "Match value must be String, number, true, false, or null"),
        ({"a": [{"PREFIX": "x"}]}, "Unrecognized match type PREFIX"),
        ({"$or": [{"a": [1]}]}, "Unrecognized match type a"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, "Only one key allowed in match expression"),
        ({"a": [{}]}, "Only one key allowed in match expression"),
        ({"a": [{"exists": "yes"}]}, "exists match pattern must be either true or false."),
        ({"a": [{"prefix": {"suffix": "x"}}]}, "prefix match pattern must be a string"),
        ({"a": [{"anything-but": []}]}, "Empty arrays are not allowed"),
        ({"a": [{"anything-but": {"prefix": []}}]}, "Empty arrays are not allowed"),
        ({"a": [{"anything-but": True}]}, "Value of anything-but must be an array or single string/number value."),
        ({"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}, "Unsupported anything-but pattern: cidr"),
        ({"a": [{"cidr": "10.0.0.0/x"}]}, "Malformed CIDR, mask bits must be an integer"),
        ({"a": [{"wildcard": r"a\b"}]}, "Invalid escape character at pos 2"),
        ({"a": [{"wildcard": "a**"}]}, "Consecutive wildcard characters at pos 2"),
        ({"a": [{"numeric": ["=", 1, "<", 2]}]}, "Too many elements in numeric expression"),
        ({"a": [{"numeric": [">", True]}]}, "Value of > must be numeric"),
    ],
)
def test_patterns(pattern: dict[str, Any], reason: str) -> None:
    assert refusal(pattern) == reason


def test_what_anything_but_may_not_mix() -> None:
    assert "mixed type is not supported" in refusal({"a": [{"anything-but": ["x", 1]}]})


@pytest.mark.parametrize("bits", ["33", "129"])
def test_masks_that_are_too_long(bits: str) -> None:
    assert "mask bits must be between" in refusal({"a": [{"cidr": f"10.0.0.0/{bits}"}]})


def test_patterns_that_are_nested_too_deeply() -> None:
    pattern: dict[str, Any] = {"a": [1]}
    for _ in range(5_000):
        pattern = {"a": pattern}
    assert "deeper than 100" in refusal(pattern)
    assert "deeper than 100" in refusal({".".join("a" * 200): [1]})


@pytest.mark.parametrize("text", ["*:*:*:*:*:event-bus/*", "*a" * 20, "*" + "ab" * 200])
def test_wildcards_that_are_too_complex(text: str) -> None:
    """The first is AWS's own example, recorded too."""
    assert refusal({"a": [{"wildcard": text}]}).startswith("Rule is too complex")


@pytest.mark.parametrize("text", ["*/lib/*", "arn:aws:*:*:*:instance/*", "a*b*c*d*e*f", "*" + "x" * 8])
def test_wildcards_that_are_not(text: str) -> None:
    compile_pattern({"a": [{"wildcard": text}]}, EVENTBRIDGE)


@pytest.mark.parametrize(
    ("entry", "services"),
    [
        ({"prefix": "a"}, "events sns mapping"),
        ({"suffix": "a"}, "events sns mapping"),
        ({"equals-ignore-case": "a"}, "events sns mapping"),
        ({"numeric": [">", 1]}, "events sns mapping"),
        ({"exists": False}, "events sns mapping"),
        ({"anything-but": ["a"]}, "events sns mapping"),
        ({"prefix": {"equals-ignore-case": "a"}}, "events mapping"),
        ({"suffix": {"equals-ignore-case": "a"}}, "events mapping"),
        ({"cidr": "10.0.0.0/8"}, "events sns"),
        ({"wildcard": "a*"}, "events sns"),
        ({"anything-but": {"prefix": "a"}}, "events sns"),
        ({"anything-but": {"prefix": ["a"]}}, "events"),
        ({"anything-but": {"suffix": "a"}}, "events"),
        ({"anything-but": {"wildcard": "a*"}}, "events"),
        ({"anything-but": {"equals-ignore-case": "a"}}, "events"),
    ],
)
def test_which_service_accepts_an_operator(entry: dict[str, Any], services: str) -> None:
    """EventBridge user guide, "Comparison operators", column for pipes; SNS developer guide, "Filter policies"."""
    tables = {"events": EVENTBRIDGE, "sns": SNS, "mapping": EVENT_SOURCE_MAPPING}
    accepted = []
    for name, operators in tables.items():
        try:
            compile_pattern({"a": [entry]}, operators)
        except InvalidPattern:
            continue
        accepted.append(name)
    assert accepted == services.split()


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "{", "[" * 100_000, '{"a": 1} x', "9" * 5_000])
def test_json_that_is_not_strict(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)
