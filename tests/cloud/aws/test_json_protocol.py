"""Documents of the JSON protocol."""

from __future__ import annotations

import pytest

from esb_cloud.aws import json_protocol
from esb_cloud.aws.shapes import BINARY, BOOLEAN, INTEGER, TEXT, ListOf, MapOf, Structure
from esb_wire.errors import AwsError

SHAPE = Structure(
    {"Name": TEXT, "Count": INTEGER, "On": BOOLEAN, "Data": BINARY, "List": ListOf(TEXT), "Map": MapOf(BINARY)}
)


def test_members_are_read_unknown_ones_and_null_are_not() -> None:
    body = (
        b'{"Name": "a", "Count": 1, "On": true, "Data": "AAE=", "List": ["x", null], "Map": {"k": "AA=="}, "Other": 1}'
    )
    found = json_protocol.parse(body, SHAPE)
    assert found == {"Name": "a", "Count": 1, "On": True, "Data": b"\0\1", "List": ["x"], "Map": {"k": b"\0"}}
    assert json_protocol.parse(b'{"Name": null}', SHAPE) == {}
    assert json_protocol.parse(b"", SHAPE) == {}


@pytest.mark.parametrize(
    "body",
    [
        *(b"{", b"[]", b'"a"', b"\xff", b"[" * 100_000),
        *(b'{"Name": 1}', b'{"Count": "1"}', b'{"Count": true}', b'{"On": 1}', b'{"Data": "%"}', b'{"List": "x"}'),
        *(b'{"List": [1]}', b'{"Map": []}', b'{"Map": {"k": 1}}'),
    ],
)
def test_what_is_not_of_the_type_is_refused(body: bytes) -> None:
    with pytest.raises(AwsError) as caught:
        json_protocol.parse(body, SHAPE)
    assert caught.value.code == "SerializationException"


def test_bytes_are_written_as_base64() -> None:
    assert json_protocol.render({"a": [b"\0\1"], "b": "é"}) == b'{"a":["AAE="],"b":"\\u00e9"}'
