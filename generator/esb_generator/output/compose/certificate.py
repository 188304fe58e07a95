"""A certificate for mutual TLS between processes of one container, whose key no other process has.

X.509 (RFC 5280) with an ECDSA key on P-256 (FIPS 186-5, SEC 1), made here because neither Python nor the engines'
images can make one. It is derived from a secret: the same secret gives the same certificate, so a second build writes
nothing. It is self-signed, a CA, and valid for 127.0.0.1 without an end.
"""

import base64
import functools
import hashlib
import hmac
from typing import Final, NamedTuple

_P: Final = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_GX: Final = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
_GY: Final = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
_ECDSA_SHA256: Final = "06082a8648ce3d040302"
_EC_PUBLIC_KEY: Final = "06072a8648ce3d0201"
_P256: Final = "06082a8648ce3d030107"
_COMMON_NAME: Final = "0603550403"
_BASIC_CONSTRAINTS: Final = "0603551d13"
_ALTERNATIVE_NAME: Final = "0603551d11"
_INTEGER, _BITS, _OCTETS, _TEXT, _UTC, _TIME, _SEQUENCE, _SET = 0x02, 0x03, 0x04, 0x0C, 0x17, 0x18, 0x30, 0x31


class _Point(NamedTuple):
    """A point of the curve in Jacobian coordinates; z is 0 at infinity."""

    x: int
    y: int
    z: int


def certificate(secret: str) -> str:
    """The certificate and its private key, one after the other, as PEM."""
    private = _number(secret.encode(), b"key")
    public = _multiply(private)
    encoded = b"\x04" + public[0].to_bytes(32, "big") + public[1].to_bytes(32, "big")
    signed = _to_be_signed(encoded, _number(secret.encode(), b"serial") >> 192)
    signature = _sign(private, signed)
    whole = _der(_SEQUENCE, signed, _der(_SEQUENCE, bytes.fromhex(_ECDSA_SHA256)), _der(_BITS, b"\0", signature))
    key = _der(
        _SEQUENCE,
        _integer(1),
        _der(_OCTETS, private.to_bytes(32, "big")),
        _der(0xA0, bytes.fromhex(_P256)),
        _der(0xA1, _der(_BITS, b"\0", encoded)),
    )
    return _pem("CERTIFICATE", whole) + _pem("EC PRIVATE KEY", key)


def _to_be_signed(public: bytes, serial: int) -> bytes:
    name = _der(_SEQUENCE, _der(_SET, _der(_SEQUENCE, bytes.fromhex(_COMMON_NAME), _der(_TEXT, b"esb"))))
    algorithm = _der(_SEQUENCE, bytes.fromhex(_EC_PUBLIC_KEY), bytes.fromhex(_P256))
    is_authority = _der(_SEQUENCE, b"\x01\x01\xff")
    names = _der(_SEQUENCE, _der(0x82, b"localhost"), _der(0x87, bytes((127, 0, 0, 1))))
    extensions = _der(
        _SEQUENCE,
        _der(_SEQUENCE, bytes.fromhex(_BASIC_CONSTRAINTS), b"\x01\x01\xff", _der(_OCTETS, is_authority)),
        _der(_SEQUENCE, bytes.fromhex(_ALTERNATIVE_NAME), _der(_OCTETS, names)),
    )
    return _der(
        _SEQUENCE,
        _der(0xA0, _integer(2)),
        _integer(serial),
        _der(_SEQUENCE, bytes.fromhex(_ECDSA_SHA256)),
        name,
        _der(_SEQUENCE, _der(_UTC, b"250101000000Z"), _der(_TIME, b"99991231235959Z")),
        name,
        _der(_SEQUENCE, algorithm, _der(_BITS, b"\0", public)),
        _der(0xA3, extensions),
    )


def _sign(private: int, message: bytes) -> bytes:
    """A signature. The nonce must never occur twice, so it is derived from key and message, as in RFC 6979."""
    digest = hashlib.sha256(message).digest()
    nonce = _number(private.to_bytes(32, "big"), digest)
    r = _multiply(nonce)[0] % _N
    s = pow(nonce, -1, _N) * (int.from_bytes(digest, "big") + r * private) % _N
    return _der(_SEQUENCE, _integer(r), _integer(s))


def _number(secret: bytes, purpose: bytes) -> int:
    """A number from 1 to the order of the curve; from twice as many bits, so that all are equally likely."""
    return int.from_bytes(hmac.digest(secret, b"certificate " + purpose, "sha512"), "big") % (_N - 1) + 1


def _multiply(factor: int) -> tuple[int, int]:
    """The base point times a factor below 2**256."""
    result = _Point(1, 1, 0)
    for bit, addend in enumerate(_doubled()):
        if factor >> bit & 1:
            result = _add(result, addend)
    inverse = pow(result.z, -1, _P)
    return result.x * inverse**2 % _P, result.y * inverse**3 % _P


@functools.cache
def _doubled() -> list[_Point]:
    """The base point times 1, 2, 4, …, 2**255."""
    found = [_Point(_GX, _GY, 1)]
    for _ in range(255):
        found.append(_double(found[-1]))
    return found


def _double(point: _Point) -> _Point:
    x, y, z = point
    squared = z * z % _P
    squared_y = y * y % _P
    four = 4 * x * squared_y % _P
    slope = 3 * (x - squared) * (x + squared) % _P
    new = (slope * slope - 2 * four) % _P
    return _Point(new, (slope * (four - new) - 8 * squared_y * squared_y) % _P, 2 * y * z % _P)


def _add(one: _Point, other: _Point) -> _Point:
    """The sum of two different points. They always differ, because `_multiply` begins at the lowest bit."""
    if not one.z:
        return other
    squared1, squared2 = one.z * one.z % _P, other.z * other.z % _P
    x1, x2 = one.x * squared2 % _P, other.x * squared1 % _P
    y1, y2 = one.y * squared2 * other.z % _P, other.y * squared1 * one.z % _P
    h, r = (x2 - x1) % _P, (y2 - y1) % _P
    square = h * h % _P
    cube = square * h % _P
    x = (r * r - cube - 2 * x1 * square) % _P
    return _Point(x, (r * (x1 * square - x) - y1 * cube) % _P, h * one.z * other.z % _P)


def _integer(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    length = bytes((size,)) if size < 128 else bytes((0x82,)) + size.to_bytes(2, "big")
    if 128 <= size < 256:
        length = bytes((0x81, size))
    return bytes((tag,)) + length + content


def _pem(label: str, der: bytes) -> str:
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"
