"""Receipt handles: which message, and which of its deliveries. The newest is the one that counts.

A message is named by its row, and by a part of its id: a power cut may undo a message that was received already, and
then its row may be used again. The handle of the one must not delete the other.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Final, NamedTuple

from esb_wire.errors import AwsError

_FORMAT: Final = struct.Struct(">Bqqi8s")
_WITHOUT_ID: Final = 1  # of a former release
_VERSION: Final = 2


class Receipt(NamedTuple):
    """`row` is the message's; `receives` is how often it had been received when this was given out. `id` is the
    beginning of its id; None: it is not known.
    """

    queue: int
    row: int
    receives: int
    id: bytes | None

    def is_of(self, message_id: str) -> bool:
        """Whether it is of the message with this id, if that is in its row."""
        return self.id is None or self.id == _beginning(message_id)


def write(queue: int, row: int, receives: int, message_id: str) -> str:
    """The handle; see `Receipt`."""
    return base64.b64encode(_FORMAT.pack(_VERSION, queue, row, receives, _beginning(message_id))).decode("ascii")


def read(handle: str) -> Receipt:
    """Raises AwsError (ReceiptHandleIsInvalid) for what is no handle."""
    try:
        version, queue, row, receives, id_ = _FORMAT.unpack(base64.b64decode(handle, validate=True))
    except (binascii.Error, ValueError, struct.error):
        version = 0
    if version not in (_WITHOUT_ID, _VERSION):
        message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
        raise AwsError("ReceiptHandleIsInvalid", message, 404)
    return Receipt(queue, row, receives, id_ if version == _VERSION else None)


def _beginning(message_id: str) -> bytes:
    """8 bytes of a UUID."""
    return bytes.fromhex(message_id[:18].replace("-", ""))
