"""Messages of SeaweedFS's filer, as it sends them: measured with 4.48."""

from __future__ import annotations

from collections.abc import Mapping

TIME = 1_796_000_948_231_510_632
OWNER = {"Seaweed-X-Amz-Owner": "admin"}


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def entry(
    name: str,
    size: int = 0,
    *,
    folder: bool = False,
    chunk: int | None = None,
    extended: Mapping[str, str] | None = None,
) -> bytes:
    """A file or a folder; `chunk` is when its content was written."""
    chunks = b"" if chunk is None else field(3, field(3, size) + field(4, chunk) + field(7, field(2, chunk)))
    pairs = b"".join(field(5, field(1, key) + field(2, value)) for key, value in {**OWNER, **(extended or {})}.items())
    return field(1, name) + (field(2, 1) if folder else b"") + chunks + field(4, field(1, size)) + pairs


def message(folder: str, old: bytes | None, new: bytes | None, moment: int = TIME) -> bytes:
    """SubscribeMetadataResponse of a change in a folder."""
    change = (b"" if old is None else field(1, old)) + (b"" if new is None else field(2, new) + field(4, folder))
    return field(1, folder) + field(2, change) + field(3, moment)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*encoded, value))
