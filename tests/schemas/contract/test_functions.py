"""What a function has in the end, by its own settings and the defaults of the file."""

from __future__ import annotations

import pytest

from esb_schemas import contract


def test_what_a_function_does_not_say_the_file_says_for_all() -> None:
    document = {
        "defaults": {"timeout": 30, "environment": {"A": "1", "B": "1"}, "scaling": {"queue_depth": 2}},
        "functions": {
            "plain": {},
            "own": {"timeout": 5, "memory_size": 256, "environment": {"B": "2"}, "scaling": {"min_capacity": 15}},
        },
    }
    functions = contract.load_functions(document)
    assert functions.settings("plain") == contract.FunctionSettings(
        timeout=30, memory_size=128, environment={"A": "1", "B": "1"}, queue_depth=2
    )
    assert functions.settings("own") == contract.FunctionSettings(
        timeout=5, memory_size=256, environment={"A": "1", "B": "2"}, min_capacity=15, max_capacity=15, queue_depth=2
    )


@pytest.mark.parametrize(("memory_size", "slots"), [(128, 10), (1024, 10), (1025, 9), (5121, 1), (10240, 1)])
def test_a_function_without_a_maximum_has_as_many_slots_as_fit_into_10240_mb(memory_size: int, slots: int) -> None:
    assert contract.settings(contract.Function(memory_size=memory_size)).max_capacity == slots
    least = contract.Scaling(min_capacity=slots + 1)
    assert contract.settings(contract.Function(memory_size=memory_size, scaling=least)).max_capacity == slots + 1
    own = contract.Scaling(max_capacity=3)
    assert contract.settings(contract.Function(memory_size=memory_size, scaling=own)).max_capacity == 3
    everyone = contract.FunctionDefaults(scaling=contract.Scaling(max_capacity=2))
    assert contract.settings(contract.Function(memory_size=memory_size), everyone).max_capacity == 2
