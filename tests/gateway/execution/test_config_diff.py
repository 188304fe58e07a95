"""The changes of functions by a new configuration."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from esb_gateway.execution.config_diff import FunctionChanges, compare_functions
from tests.gateway.functions import ORDERS

FUNCTION = replace(ORDERS, max_capacity=2)


def test_functions_come_and_go_by_name() -> None:
    old = {"a": FUNCTION, "c": FUNCTION, "b": FUNCTION}
    new = {"b": FUNCTION, "e": FUNCTION, "d": FUNCTION}
    assert compare_functions(old, new) == FunctionChanges(added=("d", "e"), removed=("a", "c"))
    assert compare_functions(old, old) == FunctionChanges()


@pytest.mark.parametrize(
    "change",
    [
        {"timeout": 9.0},
        {"max_capacity": 9},
        {"idle_timeout": 9.0},
        {"queue_depth": 9},
        {"reserved_concurrency": 9},
        {"aliases": ("live",)},
    ],
    ids=str,
)
def test_limits_of_the_gateway_s_own_leave_the_slots_alone(change: dict[str, Any]) -> None:
    assert compare_functions({"a": FUNCTION}, {"a": replace(FUNCTION, **change)}) == FunctionChanges(adjusted=("a",))


@pytest.mark.parametrize(
    "change",
    [
        {"handler": "app.other"},
        {"runtime": "python3.13"},
        {"code": "functions/other"},
        {"layers": ("functions/a/layers/1-shop",)},
        {"environment": {"A": "b"}},
        {"memory_size": 256},
        {"log_format": "JSON"},
        {"arn": "arn:aws:lambda:eu-west-1:123456789012:function:orders"},
        {"min_capacity": 1},  # AWS_LAMBDA_INITIALIZATION_TYPE
    ],
    ids=str,
)
def test_what_a_slot_has_taken_in_asks_for_new_slots(change: dict[str, Any]) -> None:
    assert compare_functions({"a": FUNCTION}, {"a": replace(FUNCTION, **change)}) == FunctionChanges(restarted=("a",))


def test_another_minimum_is_a_limit_while_there_is_one() -> None:
    old, new = replace(FUNCTION, min_capacity=1), replace(FUNCTION, min_capacity=2)
    assert compare_functions({"a": old}, {"a": new}) == FunctionChanges(adjusted=("a",))


def test_files_that_changed_ask_for_new_slots_of_functions_that_stay() -> None:
    assert compare_functions(
        {"a": FUNCTION, "b": FUNCTION}, {"a": FUNCTION, "c": FUNCTION}, ["a", "b", "c"]
    ) == FunctionChanges(added=("c",), removed=("b",), restarted=("a",))


def test_changes_are_written_in_a_few_words() -> None:
    assert str(FunctionChanges(("b", "c"), ("a",), ("z",), ("d",))) == "added b, c; removed a; changed d, z"
    assert str(FunctionChanges()) == "the same functions"
