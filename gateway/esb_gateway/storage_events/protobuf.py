"""Protocol Buffers on the wire, as far as the filer's messages need them: fields by number. Pure.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

Field: TypeAlias = int | bytes
Fields: TypeAlias = Mapping[int, list[Field]]

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES: Final = {_FIXED64: 8, _FIXED32: 4}
_LONGEST_VARINT: Final = 10  # bytes


class InvalidMessage(Exception):
    """The bytes are not a message."""


def encode(fields: Mapping[int, int | str]) -> bytes:
    """A message of whole numbers and texts; zero and empty texts are left out, as the language has them."""
    return b"".join(_encoded(number, value) for number, value in fields.items() if value)


def decode(message: bytes) -> Fields:
    """The values of each field, in order: numbers, and the bytes of texts and inner messages. Raises InvalidMessage."""
    found: dict[int, list[Field]] = {}
    for number, value in _fields(message):
        found.setdefault(number, []).append(value)
    return found


def number(fields: Fields, field: int) -> int:
    """The last number of a field; 0 if there is none."""
    value = fields.get(field, [0])[-1]
    return value if isinstance(value, int) else 0


def blob(fields: Fields, field: int) -> bytes | None:
    """The last bytes of a field; None if there are none."""
    value = fields.get(field, [None])[-1]
    return value if isinstance(value, bytes) else None


def text(fields: Fields, field: int) -> str:
    """The last text of a field; empty if there is none."""
    return (blob(fields, field) or b"").decode("utf-8", "replace")


def blobs(fields: Fields, field: int) -> Iterator[bytes]:
    """All bytes of a repeated field."""
    return (value for value in fields.get(field, ()) if isinstance(value, bytes))


def _encoded(field: int, value: int | str) -> bytes:
    if isinstance(value, str):
        content = value.encode()
        return _varint(field << 3 | _LENGTH) + _varint(len(content)) + content
    return _varint(field << 3 | _VARINT) + _varint(value % (1 << 64))


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _fields(message: bytes) -> Iterator[tuple[int, Field]]:
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        kind = tag & 7
        if kind == _VARINT:
            value, at = _read_varint(message, at)
            yield tag >> 3, value
            continue
        size = _FIXED_SIZES.get(kind)
        if kind == _LENGTH:
            size, at = _read_varint(message, at)
        if size is None or at + size > len(message):
            raise InvalidMessage(f"the field at byte {at} is of an unknown kind, or longer than the message")
        content = message[at : at + size]
        yield tag >> 3, content if kind == _LENGTH else int.from_bytes(content, "little")
        at += size


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index, byte in enumerate(message[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, at + index + 1
    raise InvalidMessage(f"the number at byte {at} does not end")
