"""Receipt handles: which message, and which of its deliveries. The newest is the one that counts."""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Final, NamedTuple

from esb_wire.errors import AwsError

_FORMAT: Final = struct.Struct(">Bqqi8s")
_VERSION: Final = 1


class Receipt(NamedTuple):
    """`receives` is how often the message had been received when this was given out."""

    queue: int
    message: int
    receives: int


def write(receipt: Receipt, salt: bytes) -> str:
    """The handle; 8 bytes of salt let no two look alike."""
    return base64.b64encode(_FORMAT.pack(_VERSION, *receipt, salt)).decode("ascii")


def read(handle: str) -> Receipt:
    """Raises AwsError (ReceiptHandleIsInvalid) for what is no handle."""
    try:
        version, queue, message, receives, _salt = _FORMAT.unpack(base64.b64decode(handle, validate=True))
    except (binascii.Error, ValueError, struct.error):
        version = 0
    if version != _VERSION:
        message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
        raise AwsError("ReceiptHandleIsInvalid", message, 404)
    return Receipt(queue, message, receives)
