"""Receipt handles."""

from __future__ import annotations

import base64
import struct

from esb_cloud.sqs import receipts

ONE, OTHER = "0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def test_a_handle_is_of_one_message_even_if_its_row_is_used_again() -> None:
    receipt = receipts.read(receipts.write(1, 2, 3, ONE))
    assert (receipt.queue, receipt.row, receipt.receives) == (1, 2, 3)
    assert receipt.is_of(ONE)
    assert not receipt.is_of(OTHER)


def test_a_handle_of_a_former_release_is_of_what_is_in_its_row() -> None:
    handle = base64.b64encode(struct.pack(">Bqqi8s", 1, 1, 2, 3, b"anything")).decode()
    receipt = receipts.read(handle)
    assert (receipt.queue, receipt.row, receipt.receives) == (1, 2, 3)
    assert receipt.is_of(ONE)
