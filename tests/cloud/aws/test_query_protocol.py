"""Forms and XML. Names of collections: Smithy's "AWS query protocol"; examples of SNS have `member` and `entry`."""

from __future__ import annotations

from typing import Any

import pytest

from esb_cloud.aws import query_protocol
from esb_cloud.aws.query_protocol import QueryDialect, read_form
from esb_cloud.aws.shapes import BINARY, BOOLEAN, EMPTY, INTEGER, TEXT, ListOf, MapOf, Structure
from esb_wire.errors import AwsError

SHAPE = Structure(
    {
        "Name": TEXT,
        "Count": INTEGER,
        "On": BOOLEAN,
        "Data": BINARY,
        "Flat": ListOf(TEXT, "FlatName"),
        "Nested": ListOf(Structure({"Key": TEXT, "Value": TEXT})),
        "FlatMap": MapOf(TEXT, "Attribute", "Name", "Value"),
        "Map": MapOf(Structure({"DataType": TEXT}), None, "Name", "Value"),
    }
)
DIALECT = QueryDialect("2012-11-05", "http://example.com/")


def parse(text: str) -> dict[str, Any]:
    return query_protocol.parse(read_form(text), SHAPE)


def test_scalars_lists_and_maps_are_read() -> None:
    form = (
        "Name=a+b%26&Count=-7&On=TRUE&Data=AAE%3D&FlatName.1=x&FlatName.2=y&Nested.member.1.Key=k&Nested.member.1.Value=v"
        "&Attribute.1.Name=n&Attribute.1.Value=&Map.entry.1.Name=m&Map.entry.1.Value.DataType=String&Other=1"
    )
    assert parse(form) == {
        "Name": "a b&",
        "Count": -7,
        "On": True,
        "Data": b"\x00\x01",
        "Flat": ["x", "y"],
        "Nested": [{"Key": "k", "Value": "v"}],
        "FlatMap": {"n": ""},
        "Map": {"m": {"DataType": "String"}},
    }


def test_elements_are_in_the_order_of_their_numbers() -> None:
    assert parse("FlatName.10=c&FlatName.9=b&FlatName.1=a")["Flat"] == ["a", "b", "c"]


@pytest.mark.parametrize("form", ["Count=x", "Count=1.5", "On=yes", "Data=%25", "Name.1=a", "Name=a&Name.1=b"])
def test_what_is_not_of_the_type_is_refused(form: str) -> None:
    with pytest.raises(AwsError):
        parse(form)


def test_a_form_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(AwsError, match="not a valid form"):
        read_form("Name=%ff")


def test_results_are_written_as_they_are_read() -> None:
    result = {
        "Name": "<&\r",
        "Count": 3,
        "On": False,
        "Data": b"\x00",
        "Flat": ["x", "y"],
        "Nested": [{"Key": "k"}],
        "FlatMap": {"n": "v"},
        "Map": {"m": {"DataType": "String"}},
    }
    assert query_protocol.render("Do", result, SHAPE, DIALECT, "id").decode() == (
        '<?xml version="1.0"?><DoResponse xmlns="http://example.com/"><DoResult><Name>&lt;&amp;&#xD;</Name><Count>3</Count>'
        "<On>false</On><Data>AA==</Data><FlatName>x</FlatName><FlatName>y</FlatName>"
        "<Nested><member><Key>k</Key></member></Nested><Attribute><Name>n</Name><Value>v</Value></Attribute>"
        "<Map><entry><Name>m</Name><Value><DataType>String</DataType></Value></entry></Map></DoResult>"
        "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoResponse>"
    )


def test_an_operation_without_a_result_has_no_result_element() -> None:
    assert b"Result" not in query_protocol.render("Do", {}, EMPTY, DIALECT, "id")
    assert b"<DoResult></DoResult>" in query_protocol.render("Do", {}, Structure(), DIALECT, "id")


@pytest.mark.parametrize(("status", "fault"), [(400, "Sender"), (503, "Receiver")])
def test_an_error_says_whose_fault_it_is(status: int, fault: str) -> None:
    error = query_protocol.render_error("Code", AwsError("x", "<no>", status), DIALECT, "id").decode()
    assert f"<Error><Type>{fault}</Type><Code>Code</Code><Message>&lt;no&gt;</Message></Error>" in error
