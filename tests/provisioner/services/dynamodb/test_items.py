"""Items as DynamoDB JSON."""

from __future__ import annotations

from typing import Any

import pytest

from esb_provisioner.services.dynamodb.items import decode, digest, encode


@pytest.mark.parametrize(
    ("attribute", "record"),
    [
        ({"S": ""}, {"S": ""}),
        ({"B": b"\x00\xff"}, {"B": "AP8="}),
        ({"BS": [b"a"]}, {"BS": ["YQ=="]}),
        ({"M": {"B": {"L": [{"B": b""}]}}}, {"M": {"B": {"L": [{"B": ""}]}}}),
        ({"NULL": True}, {"NULL": True}),
    ],
)
def test_an_attribute_is_the_same_after_encoding_and_decoding(
    attribute: dict[str, Any], record: dict[str, Any]
) -> None:
    assert encode({"a": attribute}) == {"a": record}
    assert decode({"a": record}) == {"a": attribute}


@pytest.mark.parametrize("value", ["x", {}, {"S": "a", "N": "1"}, {"B": "?"}, {"X": 1}, {"BS": [1]}])
def test_a_value_that_is_no_attribute_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"attribute|Base64|type|argument"):
        decode({"a": value})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "100"}, {"N": "1E+2"}),
        ({"N": "1.50"}, {"N": "1.5"}),
        ({"N": "-0"}, {"N": "0"}),
        ({"NS": ["1", "2.0"]}, {"NS": ["2", "1"]}),
        ({"SS": ["a", "b"]}, {"SS": ["b", "a"]}),
        ({"M": {"x": {"N": "1"}, "y": {"N": "2"}}}, {"M": {"y": {"N": "2"}, "x": {"N": "1.0"}}}),
    ],
)
def test_equal_items_have_one_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest({"a": one}) == digest({"a": other})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"N": "1"}, {"S": "1"}),
        ({"L": [{"N": "1"}, {"N": "2"}]}, {"L": [{"N": "2"}, {"N": "1"}]}),
        ({"N": "12345678901234567890123456789012345678"}, {"N": "12345678901234567890123456789012345679"}),
    ],
)
def test_items_that_differ_have_different_digests(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest({"a": one}) != digest({"a": other})
