"""Protocol Buffers on the wire. The bytes are those of https://protobuf.dev/programming-guides/encoding/."""

from __future__ import annotations

import pytest

from esb_gateway.storage_events.protobuf import InvalidMessage, blob, blobs, decode, encode, number, text


def test_the_examples_of_the_documentation() -> None:
    assert encode({1: 150}) == bytes.fromhex("089601")
    assert encode({2: "testing"}) == bytes.fromhex("120774657374696e67")
    assert encode({1: -2}) == bytes.fromhex("08feffffffffffffffff01")
    assert number(decode(bytes.fromhex("089601")), 1) == 150
    assert text(decode(bytes.fromhex("120774657374696e67")), 2) == "testing"
    assert number(decode(bytes.fromhex("1a03089601")), 3) == 0
    assert number(decode(blob(decode(bytes.fromhex("1a03089601")), 3) or b""), 1) == 150


def test_what_is_empty_is_left_out_and_what_is_missing_is_empty() -> None:
    assert encode({1: 0, 2: ""}) == b""
    assert (number(decode(b""), 1), text(decode(b""), 1), blob(decode(b""), 1)) == (0, "", None)


def test_fields_of_fixed_size_are_passed_over_and_repeated_ones_kept() -> None:
    message = bytes.fromhex("0d00000080") + bytes.fromhex("110000000000000080") + encode({3: "a"}) + encode({3: "b"})
    fields = decode(message)
    assert (number(fields, 1), number(fields, 2)) == (1 << 31, 1 << 63)
    assert list(blobs(fields, 3)) == [b"a", b"b"]


@pytest.mark.parametrize("message", ["08", "0896", "1205", "0b", "08" + "ff" * 11])
def test_what_is_no_message_is_an_error(message: str) -> None:
    with pytest.raises(InvalidMessage):
        decode(bytes.fromhex(message))
