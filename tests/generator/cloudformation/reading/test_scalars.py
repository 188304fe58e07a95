"""Plain scalars as AWS's tools read them."""

from __future__ import annotations

import copy
import math

import pytest

from esb_generator.cloudformation.reading.scalars import core_scalar, plain_scalar
from esb_generator.values import as_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("On", True),
        ("OFF", False),
        ("y", "y"),
        ("", None),
        ("~", None),
        ("2012-10-17", "2012-10-17"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("42", 42),
        ("-0x1F", -31),
        ("0b101", 5),
        ("001234567", 342391),
        ("012345678901", "012345678901"),
        ("1_000", 1000),
        ("12:30", 750),
        ("1:30.5", 90.5),
        ("1.10", 1.1),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("1e5", "1e5"),
        ("1.5e+3", 1500.0),
        ("0x_", "0x_"),
        ("=", "="),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_plain_scalar_means_what_yaml_1_1_says(text: str, value: object) -> None:
    found = plain_scalar(text)
    assert (found, type(found).__mro__[-2]) == (value, type(value).__mro__[-2])


@pytest.mark.parametrize(
    "text", ["001234567", "1_000", "12:30", "1.10", "+5", "-0", "0x1f", "1.0e+3", ".inf", "7", "2.5"]
)
def test_a_number_keeps_its_text(text: str) -> None:
    number = plain_scalar(text)
    assert isinstance(number, int | float)
    assert as_text(number) == text


def test_json_has_exponents_without_a_point() -> None:
    assert plain_scalar("1e5", json=True) == 100000.0


@pytest.mark.parametrize("text", ["1.10", "001234567"])
def test_a_copy_is_written_in_the_same_way(text: str) -> None:
    number = plain_scalar(text)
    copied = copy.deepcopy(number)
    assert isinstance(copied, int | float)
    assert (copied, as_text(copied)) == (number, text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("", None),
        ("12", 12),
        ("012", 12),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("1.10", 1.1),
        ("1e3", 1000.0),
        ("0x1F", "0x1F"),
    ],
)
def test_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = core_scalar(text)

    assert (found, type(found) is str) == (value, isinstance(value, str))
