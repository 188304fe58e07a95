"""AWS JSON 1.0 and 1.1: a document each way. https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, Final

from esb_cloud.aws.shapes import ListOf, MapOf, Scalar, Shape, Structure
from esb_wire.errors import AwsError

_TYPES: Final = {
    Scalar.TEXT: (str,),
    Scalar.INTEGER: (int,),
    Scalar.BOOLEAN: (bool,),
    Scalar.BINARY: (str,),
    Scalar.TIMESTAMP: (int, float),
}


def parse(body: bytes, shape: Structure) -> dict[str, Any]:
    """The parameters of a request. Members that the shape does not have are ignored, as null is.

    Raises AwsError (SerializationException) for a body that is not such a document.
    """
    try:
        document = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        raise AwsError("SerializationException", "The request body is not valid JSON") from None
    if not isinstance(document, dict):
        raise _wrong("The request", "an object")
    return _structure(document, shape, "")


def render(result: dict[str, Any]) -> bytes:
    """The document of a result."""
    return _ENCODER.encode(result).encode()


def _decode(value: Any, shape: Shape, path: str) -> Any:
    match shape:
        case Scalar():
            return _scalar(value, shape, path)
        case ListOf(member):
            if not isinstance(value, list):
                raise _wrong(path, "a list")
            return [_decode(each, member, path) for each in value if each is not None]
        case MapOf(member):
            if not isinstance(value, dict):
                raise _wrong(path, "an object")
            return {name: _decode(each, member, f"{path}.{name}") for name, each in value.items() if each is not None}
        case Structure():
            if not isinstance(value, dict):
                raise _wrong(path, "an object")
            return _structure(value, shape, path)


def _structure(document: dict[str, Any], shape: Structure, path: str) -> dict[str, Any]:
    members = shape.members
    return {
        name: _decode(value, members[name], f"{path}.{name}" if path else name)
        for name, value in document.items()
        if value is not None and name in members
    }


def _scalar(value: Any, shape: Scalar, path: str) -> Any:
    if type(value) not in _TYPES[shape]:  # a bool is an int to Python
        raise _wrong(path, shape.value)
    if shape is not Scalar.BINARY:
        return value
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raise _wrong(path, shape.value) from None


def _wrong(path: str, expected: str) -> AwsError:
    return AwsError("SerializationException", f"{path} is not {expected}")


def _encode_binary(value: Any) -> str:
    return base64.b64encode(value).decode("ascii")


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=_encode_binary)
