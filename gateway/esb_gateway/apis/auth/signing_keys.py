"""The keys with which the stack signs tokens in place of user pools. Derived, so that nothing is stored. Pure.

An issuer's key is a point of P-256 that is derived from the stack's secret and the issuer's URL: the same in every
gateway of the stack, a different one in every other stack.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from esb_gateway.apis.auth.key_sets import VerificationKey

ALGORITHM: Final = "ES256"
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256's group (FIPS 186)
_PURPOSE: Final = b"esb token signing key\0"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key; its text form never shows it."""

    id: str
    _private: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JWT with these claims."""
        return jwt.encode(dict(claims), self._private, algorithm=ALGORITHM, headers={"kid": self.id})

    @property
    def verification(self) -> VerificationKey:
        """The public half."""
        return VerificationKey(self.id, "EC", ALGORITHM, self._private.public_key())

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as an entry of a JSON Web Key Set."""
        numbers = self._private.public_key().public_numbers()
        point = {name: _base64(value.to_bytes(32, "big")) for name, value in (("x", numbers.x), ("y", numbers.y))}
        return {"kty": "EC", "crv": "P-256", **point, "kid": self.id, "alg": ALGORITHM, "use": "sig"}


@lru_cache(maxsize=256)
def signing_key(secret: str, issuer: str) -> SigningKey:
    """The key of an issuer. Raises ValueError for an empty secret: anyone could derive the key."""
    if not secret:
        raise ValueError("no key can be derived from an empty secret")
    # 384 bits for a number of 256: otherwise the remainder would favour small numbers.
    digest = hmac.digest(secret.encode(), _PURPOSE + issuer.encode(), "sha384")
    private = ec.derive_private_key(int.from_bytes(digest, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return SigningKey(hashlib.sha256(public).hexdigest()[:16], private)


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
