"""Attributes of messages: which are valid, their size, and their MD5.

AWS: SQS developer guide, "Amazon SQS message metadata", "Calculating the MD5 message digest for message attributes".
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from esb_cloud.sqs.errors import invalid

Attributes: TypeAlias = Mapping[str, Mapping[str, Any]]

_MAX_ATTRIBUTES: Final = 10
_NAME: Final = re.compile(r"(?!(?:aws|amazon)\.)(?!\.)(?!.*\.\.)[A-Za-z0-9_.-]{1,256}(?<!\.)", re.IGNORECASE | re.ASCII)
_TYPE: Final = re.compile(r"(String|Number|Binary)(?:\..{1,248})?", re.DOTALL)
_NUMBER: Final = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", re.ASCII)
_CHARACTERS: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_CONTROLS: Final = bytes((*b"\t\n\r", *range(0x20, 0x100)))  # bytes of UTF-8
_TEXT, _BINARY = b"\x01", b"\x02"  # how the value is transported


def invalid_character(text: str) -> str | None:
    """The first character that a message must not have: what XML 1.0 cannot say."""
    if _is_surely_valid(text):
        return None
    found = _CHARACTERS.search(text)
    return None if found is None else found[0]


def _is_surely_valid(text: str) -> bool:
    """A quick look: the regular expression takes 5 ms for 1 MB."""
    try:
        controls = text.encode().translate(None, _NO_CONTROLS)
    except UnicodeEncodeError:  # a surrogate
        return False
    return not controls and "\ufffe" not in text and "\uffff" not in text


def check(attributes: Attributes) -> None:
    """Raises AwsError for attributes that a message cannot have."""
    if len(attributes) > _MAX_ATTRIBUTES:
        raise invalid(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{_MAX_ATTRIBUTES}]."
        )
    for name, value in attributes.items():
        if not _NAME.fullmatch(name):
            raise invalid(
                f"The message attribute name '{name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore "
                "(_), hyphen (-), and period (.), must not start with AWS. or Amazon., and can be up to 256 characters."
            )
        _check_value(name, value)


def size_of(attributes: Attributes) -> int:
    """Bytes of names, types and values."""
    return sum(
        len(name.encode()) + len(value["DataType"].encode()) + len(_content(value))
        for name, value in attributes.items()
    )


def md5_of(attributes: Attributes) -> str:
    """The digest of the attributes."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        for part in (name.encode(), value["DataType"].encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        content = _content(value)
        digest.update(_BINARY if _is_binary(value) else _TEXT)
        digest.update(struct.pack(">I", len(content)) + content)
    return digest.hexdigest()


def dump(attributes: Attributes) -> str | None:
    """As they are stored; None if there are none."""
    return json.dumps(attributes, default=lambda value: base64.b64encode(value).decode("ascii")) if attributes else None


def load(text: str | None, wanted: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Stored attributes that are among the wanted names, of which one may end in `.*`, or be `All`."""
    if text is None:
        return {}
    names = tuple(wanted)
    everything = any(name in ("All", "*", ".*") for name in names)
    prefixes = tuple(name.removesuffix(".*") for name in names if name.endswith(".*"))
    found: dict[str, dict[str, Any]] = {}
    for name, value in json.loads(text).items():
        if everything or name in names or (prefixes and name.startswith(prefixes)):
            if "BinaryValue" in value:
                value["BinaryValue"] = base64.b64decode(value["BinaryValue"])
            found[name] = value
    return found


def _check_value(name: str, value: Mapping[str, Any]) -> None:
    data_type = value.get("DataType", "")
    if not data_type:
        raise invalid(f"The message attribute '{name}' must contain a non-empty message attribute type.")
    found = _TYPE.fullmatch(data_type)
    if found is None:
        raise invalid(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes "
            "is Binary, Number, and String."
        )
    field = "BinaryValue" if found[1] == "Binary" else "StringValue"
    if value.get("StringListValues") or value.get("BinaryListValues"):
        raise invalid("Message attribute list values in SendMessage operation are not supported.")
    content = value.get(field)
    if not content or ("BinaryValue" in value and "StringValue" in value):
        raise invalid(f"The message attribute '{name}' must contain a non-empty message attribute value of {field}.")
    if found[1] == "Number" and not _NUMBER.fullmatch(content):
        raise invalid(f"Can't cast the value of message (user) attribute '{name}' to a number.")
    if isinstance(content, str) and (character := invalid_character(content)) is not None:
        raise invalid(f"Invalid binary character '#x{ord(character):X}' was found in the message attribute '{name}'.")


def _is_binary(value: Mapping[str, Any]) -> bool:
    return bool(value["DataType"].startswith("Binary"))


def _content(value: Mapping[str, Any]) -> bytes:
    content: bytes = value["BinaryValue"] if _is_binary(value) else value["StringValue"].encode()
    return content
