"""Receipt handles: which message, and which of its deliveries. The newest is the one that counts.

A message is named by its row, and by a part of its id: a power cut may undo a message that was received already, and
then its row may be used again. The handle of the one must not delete the other.

A delivery is named by its number, and by the store's time: after a receive that was undone, the next one has the same
number.
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Final, NamedTuple

from esb_wire.errors import AwsError

_FORMAT: Final = struct.Struct(">Bqqi8sd")
_VERSION: Final = 3
_FORMER: Final = struct.Struct(">Bqqi8s")  # of former releases
_WITHOUT_ID, _WITHOUT_TIME = 1, 2


class Receipt(NamedTuple):
    """`row` is the message's; `receives` is how often it had been received when this was given out, and `received` when
    that was. `id` is the beginning of its id. What is None is not known.
    """

    queue: int
    row: int
    receives: int
    id: bytes | None
    received: float | None

    def is_of(self, message_id: str) -> bool:
        """Whether it is of the message with this id, if that is in its row."""
        return self.id is None or self.id == _beginning(message_id)


def write(queue: int, row: int, receives: int, message_id: str, received: float) -> str:
    """The handle; see `Receipt`."""
    packed = _FORMAT.pack(_VERSION, queue, row, receives, _beginning(message_id), received)
    return base64.b64encode(packed).decode("ascii")


def read(handle: str) -> Receipt:
    """Raises AwsError (ReceiptHandleIsInvalid) for what is no handle."""
    try:
        packed = base64.b64decode(handle, validate=True)
        if len(packed) == _FORMAT.size:
            version, queue, row, receives, id_, received = _FORMAT.unpack(packed)
        else:
            version, queue, row, receives, id_ = _FORMER.unpack(packed)
            received = None
    except (binascii.Error, ValueError, struct.error):
        version, received = 0, None
    if version not in ((_WITHOUT_ID, _WITHOUT_TIME) if received is None else (_VERSION,)):
        message = f'The input receipt handle "{handle}" is not a valid receipt handle.'
        raise AwsError("ReceiptHandleIsInvalid", message, 404)
    return Receipt(queue, row, receives, None if version == _WITHOUT_ID else id_, received)


def _beginning(message_id: str) -> bytes:
    """8 bytes of a UUID."""
    return bytes.fromhex(message_id[:18].replace("-", ""))
