"""What a function has in the end, by its own settings and the defaults of the file."""

from __future__ import annotations

from esb_schemas import contract


def test_what_a_function_does_not_say_the_file_says_for_all() -> None:
    document = {
        "defaults": {"timeout": 30, "environment": {"A": "1", "B": "1"}, "scaling": {"queue_depth": 2}},
        "functions": {
            "plain": {},
            "own": {"timeout": 5, "memory_size": 256, "environment": {"B": "2"}, "scaling": {"min_capacity": 5}},
        },
    }
    functions = contract.load_functions(document)
    assert functions.settings("plain") == contract.FunctionSettings(
        timeout=30, memory_size=128, environment={"A": "1", "B": "1"}, queue_depth=2
    )
    assert functions.settings("own") == contract.FunctionSettings(
        timeout=5, memory_size=256, environment={"A": "1", "B": "2"}, min_capacity=5, max_capacity=5, queue_depth=2
    )
