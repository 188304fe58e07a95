"""Matching. Source unless another is named: EventBridge user guide, "Amazon EventBridge event patterns"."""

from __future__ import annotations

from typing import Any

import pytest

from esb_wire.patterns import EVENTBRIDGE, SNS, compile_pattern, prepare


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return compile_pattern(pattern, EVENTBRIDGE).match(prepare(event))


@pytest.mark.parametrize(
    ("entry", "matching", "others"),
    [
        ("a", ["a"], ["A", "", 1, None, True]),
        ("", [""], ["a", None]),
        (1, [1, 1.0], ["1", True, 2]),
        (300, [3.0e2], ["300.0"]),
        (0, [0, -0.0], [False, ""]),
        (True, [True], [1, "true", False]),
        (None, [None], ["null", "", 0, False]),
        ({"prefix": "ab"}, ["ab", "abc"], ["a", "cab", 1, None]),
        ({"prefix": ""}, ["", "a"], [1, None]),
        ({"prefix": {"equals-ignore-case": "Ab"}}, ["aB", "ABc"], ["b"]),
        ({"suffix": "bc"}, ["bc", "abc"], ["c", "bcd"]),
        ({"suffix": {"equals-ignore-case": ".PNG"}}, ["a.png", ".Png"], ["png"]),
        ({"equals-ignore-case": "Alice"}, ["ALICE", "alice"], ["alic", 1]),
        ({"numeric": ["=", 3.0]}, [3], [3.1, "3", True]),
        ({"numeric": [">", 0, "<=", 5]}, [0.1, 5], [0, 5.1, None]),
        ({"numeric": ["<", 10]}, [9, -1e9], [10]),
        ({"numeric": [">=", 10]}, [10, 11], [9]),
        ({"cidr": "10.0.0.0/24"}, ["10.0.0.0", "10.0.0.255"], ["10.0.1.0", "10.0.0.256", "::1", "", 1]),
        ({"cidr": "2001:db8::/32"}, ["2001:db8::1"], ["2001:db9::1", "10.0.0.1"]),
        ({"exists": True}, ["", None, 0, False], []),
        ({"exists": False}, [], ["", None, 0]),
        ({"anything-but": "a"}, ["b", 1, None, True], ["a"]),
        ({"anything-but": 1}, ["1", 2, True, None], [1, 1.0]),
        ({"anything-but": ["a", "b"]}, ["c"], ["a", "b"]),
        ({"anything-but": {"prefix": ["a", "b"]}}, ["c", 1, None], ["a", "bc"]),
        ({"anything-but": {"suffix": "a"}}, ["ab", 1], ["ba"]),
        ({"anything-but": {"equals-ignore-case": ["a", "B"]}}, ["ab"], ["A", "b"]),
        ({"anything-but": {"wildcard": ["*/lib/*", "x*"]}}, ["lib"], ["a/lib/b", "x"]),
        ({"wildcard": "*"}, ["", "a"], [1, None]),
        ({"wildcard": "a*"}, ["a", "ab"], ["ba"]),
        ({"wildcard": "*a"}, ["a", "ba"], ["ab"]),
        ({"wildcard": "a*a"}, ["aa", "aba"], ["a", "ab"]),
        ({"wildcard": "a*bc*d"}, ["abcd", "a-b-bc-d"], ["abd", "abc"]),
        ({"wildcard": "ab*ba"}, ["abba"], ["aba"]),
        ({"wildcard": r"a\*\\*"}, [r"a*\b"], ["a-b"]),
        ({"wildcard": "a"}, ["a"], ["ab"]),
    ],
)
def test_an_entry_of_a_leaf(entry: Any, matching: list[Any], others: list[Any]) -> None:
    assert [value for value in matching if not matches({"a": [entry]}, {"a": value})] == []
    assert [value for value in others if matches({"a": [entry]}, {"a": value})] == []


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        ({"a": ["x"]}, {"a": ["y", "x"]}, True),
        ({"a": ["x"]}, {"a": [["y"], ["x"]]}, True),
        ({"a": ["x", "z"]}, {"a": ["y"]}, False),
        ({"a": [{"anything-but": "x"}]}, {"a": ["x", "y"]}, True),
        ({"a": [{"anything-but": "x"}]}, {}, False),
        ({"a": [{"exists": True}]}, {"a": []}, False),
        ({"a": [{"exists": False}]}, {"a": []}, True),
        ({"a": [{"exists": True}]}, {"a": {"b": 1}}, False),
        ({"a": [{"exists": False}]}, {"a": {"b": 1}}, True),
        ({"a": {"b": [{"exists": False}]}}, {}, True),
        ({"a": {"b": [{"exists": False}]}}, {"a": "text"}, True),
        ({"a": {"b": ["x"]}}, {"a": "x"}, False),
        ({"a": ["x", {"exists": False}]}, {}, True),
        ({"a": ["x", {"exists": False}]}, {"a": "y"}, False),
        ({"a": [1], "b": [2]}, {"a": 1}, False),
        ({"a": [1], "b": [2]}, {"a": 1, "b": 2, "c": 3}, True),
    ],
)
def test_arrays_and_absence(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert matches(pattern, event) is expected


def test_fields_match_in_one_element_of_an_array() -> None:
    pattern = {"a": {"b": [1], "c": [2]}}
    assert matches(pattern, {"a": [{"b": 1, "c": 2}]})
    assert matches(pattern, {"a": [{"b": 3}, [{"b": 1, "c": [2, 3]}]]})
    assert not matches(pattern, {"a": [{"b": 1}, {"c": 2}]})


def test_no_element_of_an_array_may_have_an_absent_key() -> None:
    pattern = {"a": {"b": [{"exists": False}]}}
    assert matches(pattern, {"a": [{"c": 1}, {"d": 1}]})
    assert not matches(pattern, {"a": [{"b": 1}, {"c": 1}]})


@pytest.mark.parametrize(
    ("event", "expected"),
    [({"a": 1, "b": 9}, True), ({"a": 1, "c": 3}, True), ({"b": 2, "c": 3}, False), ({"a": 1}, False)],
)
def test_alternatives(event: dict[str, Any], expected: bool) -> None:
    assert matches({"a": [1], "$or": [{"b": [{"numeric": [">", 5]}]}, {"c": [3]}]}, event) is expected


def test_alternatives_may_nest_and_be_absent() -> None:
    pattern = {"d": {"$or": [{"a": [{"exists": False}]}, {"$or": [{"b": [1]}, {"c": [1]}]}]}}
    assert matches(pattern, {})
    assert matches(pattern, {"d": {"a": 1, "c": 1}})
    assert not matches(pattern, {"d": {"a": 1}})


@pytest.mark.parametrize("value", [["x"], [{"prefix": "x"}, {"prefix": "y"}]])
def test_or_is_a_key_unless_it_has_alternatives(value: list[Any]) -> None:
    assert matches({"$or": value}, {"$or": "x"})


@pytest.mark.parametrize(
    ("pattern", "event"),
    [
        ({"a.b": [1]}, {"a": {"b": 1}}),
        ({"a": {"b": [1]}}, {"a.b": 1}),
        ({"a": {"b": {"c": [1]}}}, {"x": 1, "a": [{"b.c": 1}]}),
        ({"a": {"b": [1]}}, {"a.b": 2, "a": {"b": 1}}),
        ({"a": {"b": [1], "c": [2]}}, {"a.b": 1, "a.c": 2}),
        ({"a": {"b": [1]}, "a.c": [2]}, {"a": {"b": 1, "c": 2}}),
    ],
)
def test_a_dot_in_a_key_is_a_level(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert matches(pattern, event)


def test_an_event_without_dots_is_not_copied() -> None:
    event = {"a": [{"b": {"c": "d.e"}}]}
    assert prepare(event) is event


def test_attributes_of_sns_with_dots_in_their_names() -> None:
    policy = compile_pattern({"a.b": ["x"]}, SNS)
    assert policy.match(prepare({"a.b": ["x", "y"]}))


def test_a_wildcard_takes_time_linear_in_the_text() -> None:
    """A matcher that goes back over the text would need hours for the second."""
    pattern = compile_pattern({"a": [{"wildcard": "*aab*aac"}]}, EVENTBRIDGE)
    assert not pattern.match(prepare({"a": "a" * 100_000}))
    assert not pattern.match(prepare({"a": "aab" * 100_000 + "aa"}))


def test_events_of_any_depth() -> None:
    array: list[Any] = []
    for _ in range(50_000):
        array = [array]
    assert not matches({"a": ["x"], "b": {"c": ["x"]}}, {"a": array, "b": array})
