"""Items as DynamoDB JSON: boto3's attributes with binary values in Base64, as AWS's own exports have them.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any, Final

_NUMBERS: Final = Context(prec=40)  # DynamoDB has 38 digits


def encode(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of boto3 as DynamoDB JSON."""
    return {name: _convert(value, _to_base64) for name, value in item.items()}


def decode(record: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB JSON as an item of boto3. Raises ValueError for anything else."""
    return {name: _convert(value, _from_base64) for name, value in record.items()}


def digest(record: Mapping[str, Any]) -> int:
    """64 bits of a hash that is equal for equal items, whatever the order of sets and the notation of numbers."""
    text = json.dumps({name: _canonical(value) for name, value in record.items()}, sort_keys=True)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _convert(attribute: Any, binary: Any) -> dict[str, Any]:
    if not isinstance(attribute, Mapping) or len(attribute) != 1:
        raise ValueError(f"an attribute is an object with one type, not {str(attribute)[:60]}")
    ((kind, value),) = attribute.items()
    match kind:
        case "B":
            return {kind: binary(value)}
        case "BS":
            return {kind: [binary(each) for each in value]}
        case "M":
            return {kind: {name: _convert(each, binary) for name, each in value.items()}}
        case "L":
            return {kind: [_convert(each, binary) for each in value]}
        case "S" | "N" | "SS" | "NS" | "BOOL" | "NULL":
            return {kind: value}
    raise ValueError(f"{kind} is no type of DynamoDB")


def _to_base64(value: Any) -> str:
    return base64.b64encode(bytes(value)).decode()


def _from_base64(value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError(f"a binary value is Base64 ({error})") from error


def _canonical(attribute: Mapping[str, Any]) -> list[Any]:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return [kind, _number(value)]
        case "NS":
            return [kind, sorted(map(_number, value))]
        case "SS" | "BS":
            return [kind, sorted(value)]
        case "M":
            return [kind, {name: _canonical(each) for name, each in value.items()}]
        case "L":
            return [kind, [_canonical(each) for each in value]]
    return [kind, value]


def _number(text: str) -> str:
    return str(_NUMBERS.add(Decimal(text), Decimal(0)).normalize(_NUMBERS))
