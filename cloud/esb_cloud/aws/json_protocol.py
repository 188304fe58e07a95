"""AWS JSON 1.0 and 1.1: a document each way. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from esb_cloud.aws.shapes import BINARY, BOOLEAN, INTEGER, TEXT, TIMESTAMP, ListOf, MapOf, Scalar, Shape, Structure
from esb_wire.errors import AwsError

_TYPES: Final[dict[Shape, tuple[type, ...]]] = {
    TEXT: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    BINARY: (str,),
    TIMESTAMP: (int, float),
}


class _Mismatch(Exception):
    """A value is not of its type. `path` leads from it to the document."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        self.path: list[str] = []


def parse(body: bytes, shape: Structure) -> dict[str, Any]:
    """The parameters of a request. Members that the shape does not have are ignored, as null is.

    Raises AwsError (SerializationException) for a body that is not such a document.
    """
    try:
        document = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        raise AwsError("SerializationException", "The request body is not valid JSON") from None
    try:
        return _decode_structure(document, shape)
    except _Mismatch as found:
        path = ".".join(reversed(found.path)) or "The request"
        raise AwsError("SerializationException", f"{path} is not {found.expected}") from None


def render(result: dict[str, Any]) -> bytes:
    """The document of a result."""
    return _ENCODER.encode(result).encode()


def _decode(value: Any, shape: Shape) -> Any:
    match shape:
        case Structure():
            return _decode_structure(value, shape)
        case Scalar():
            return _decode_scalar(value, shape)
        case ListOf(member):
            if not isinstance(value, list):
                raise _Mismatch("a list")
            return [_decode(each, member) for each in value if each is not None]
        case MapOf(member):
            _check_object(value)
            return _decode_members(value, dict.fromkeys(value, member))


def _decode_structure(value: Any, shape: Structure) -> dict[str, Any]:
    _check_object(value)
    return _decode_members(value, shape.members)


def _decode_members(value: dict[str, Any], members: Mapping[str, Shape]) -> dict[str, Any]:
    found = {}
    for name, each in value.items():
        shape = members.get(name)
        if shape is TEXT and type(each) is str:  # as most members
            found[name] = each
        elif shape is not None and each is not None:
            try:
                found[name] = _decode(each, shape)
            except _Mismatch as mismatch:
                mismatch.path.append(name)
                raise
    return found


def _check_object(value: Any) -> None:
    if not isinstance(value, dict):
        raise _Mismatch("an object")


def _decode_scalar(value: Any, shape: Scalar) -> Any:
    if type(value) not in _TYPES[shape]:  # a bool is an int to Python
        raise _Mismatch(shape.value)
    if shape is not BINARY:
        return value
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raise _Mismatch(shape.value) from None


def _encode_binary(value: Any) -> str:
    return base64.b64encode(value).decode("ascii")


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=_encode_binary)
