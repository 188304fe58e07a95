"""The content of a file of `--env-vars`."""

from __future__ import annotations

import pytest

from esb_schemas.settings_files.env_vars import (
    Configurable,
    EnvVars,
    InvalidEnvVars,
    env_vars_of,
    overridden,
    without_effect,
)

ORDERS = Configurable(("OrdersFunction", "orders"), {"STAGE": "dev", "TABLE": "orders"})


@pytest.mark.parametrize(
    ("document", "environment"),
    [
        ({"Parameters": {"STAGE": "test"}}, {"STAGE": "test", "TABLE": "orders"}),
        ({"OrdersFunction": {"STAGE": "test"}}, {"STAGE": "test", "TABLE": "orders"}),
        ({"orders": {"STAGE": "test"}}, {"STAGE": "test", "TABLE": "orders"}),
        ({"Parameters": {"STAGE": "a", "TABLE": "t"}, "OrdersFunction": {"STAGE": "b"}}, {"STAGE": "b", "TABLE": "t"}),
        ({"OtherFunction": {"STAGE": "test"}}, {"STAGE": "dev", "TABLE": "orders"}),
        ({"Parameters": {"NEW": "x"}}, {"STAGE": "dev", "TABLE": "orders"}),  # not of the template, as at SAM CLI
        ({"Parameters": {"STAGE": True, "TABLE": None}}, {"STAGE": "true", "TABLE": ""}),
        ({"Parameters": {"STAGE": 1, "TABLE": 1.5}}, {"STAGE": "1", "TABLE": "1.5"}),
        ({}, {"STAGE": "dev", "TABLE": "orders"}),
    ],
)
def test_the_environment_of_a_function(document: object, environment: dict[str, str]) -> None:
    assert overridden(ORDERS, env_vars_of(document)) == environment


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], 'must be an object, such as {"Parameters": {"NAME": "value"}}'),
        ({"STAGE": "test"}, 'STAGE: must be an object with variables, as "Parameters" or the name of a function'),
        ({"Parameters": {"A": "x\0"}}, "Parameters: A: has a NUL character, which no variable can have"),
        ({"Parameters": {"A": ["x"]}}, "Parameters: A: must be a text, a number or a boolean"),
    ],
)
def test_another_shape_is_refused(document: object, message: str) -> None:
    with pytest.raises(InvalidEnvVars) as refused:
        env_vars_of(document)
    assert str(refused.value) == message


def test_entries_that_change_nothing_are_found() -> None:
    given = EnvVars({"NEW": "x"}, {"Ordersfunction": {"STAGE": "x"}, "orders": {"NEW": "x", "STAGE": "x"}})
    assert [(problem.path, problem.text.partition(",")[0]) for problem in without_effect([ORDERS], given)] == [
        (("Ordersfunction",), "there is no such function; did you mean OrdersFunction?"),
        (("orders", "NEW"), "the function has no such variable"),
    ]
