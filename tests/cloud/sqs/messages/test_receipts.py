"""Receipt handles."""

from __future__ import annotations

import base64
import struct

import pytest

from esb_cloud.sqs.messages import receipts
from esb_wire.errors import AwsError

ONE, OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def test_a_handle_is_of_one_message_even_if_its_row_is_used_again() -> None:
    receipt = receipts.read(receipts.write(1, 2, 3, ONE, 1796064887.839001))
    assert (receipt.queue, receipt.row, receipt.receives, receipt.received) == (1, 2, 3, 1796064887.839001)
    assert receipt.is_of(ONE)
    assert not receipt.is_of(OTHER)


def test_a_handle_of_a_former_release_is_of_what_is_in_its_row() -> None:
    handle = base64.b64encode(struct.pack(">Bqqi8s", 1, 1, 2, 3, b"anything")).decode()
    receipt = receipts.read(handle)
    assert (receipt.queue, receipt.row, receipt.receives, receipt.received) == (1, 2, 3, None)
    assert receipt.is_of(ONE)


def test_a_handle_of_the_release_before_is_of_one_message() -> None:
    handle = base64.b64encode(struct.pack(">Bqqi8s", 2, 1, 2, 3, bytes.fromhex("0f8fad5bd9cb469f"))).decode()
    receipt = receipts.read(handle)
    assert (receipt.receives, receipt.received) == (3, None)
    assert receipt.is_of(ONE)
    assert not receipt.is_of(OTHER)


@pytest.mark.parametrize(
    "packed", [b"", struct.pack(">Bqqi8s", 3, 1, 2, 3, b""), struct.pack(">Bqqi8sd", 2, 1, 2, 3, b"", 0)]
)
def test_what_is_no_handle_is_refused(packed: bytes) -> None:
    with pytest.raises(AwsError, match="not a valid receipt handle"):
        receipts.read(base64.b64encode(packed).decode())
