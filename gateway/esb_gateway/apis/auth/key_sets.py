"""JSON Web Key Sets (RFC 7517): the keys with which tokens are verified. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

# The type of key by algorithm. Algorithms with a shared secret must never be added.
ALGORITHMS: Final[Mapping[str, str]] = {
    "RS256": "RSA",
    "RS384": "RSA",
    "RS512": "RSA",
    "ES256": "EC",
    "ES384": "EC",
    "ES512": "EC",
}


class InvalidKeySet(Exception):
    """The text is not a JSON Web Key Set; the message says why."""


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key. `algorithm` is the only one that it may be used with, if its set names one."""

    id: str
    kind: str
    algorithm: str | None
    key: Any  # a public key of `cryptography`

    def fits(self, algorithm: str) -> bool:
        """True if the key can verify signatures of this algorithm."""
        return ALGORITHMS.get(algorithm) == self.kind and self.algorithm in (None, algorithm)


def read_key_set(text: bytes | str) -> dict[str, VerificationKey]:
    """The usable keys of a set, by id; others are skipped. Raises InvalidKeySet."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidKeySet("it is not JSON") from error
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise InvalidKeySet("it has no list of keys")
    found = (_key(entry) for entry in listed)
    return {key.id: key for key in found if key is not None}


def _key(entry: object) -> VerificationKey | None:
    if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC") or entry.get("use", "sig") != "sig":
        return None
    key_id, kind = entry.get("kid"), entry["kty"]
    algorithm = entry.get("alg") or next(name for name, wanted in ALGORITHMS.items() if wanted == kind)
    if not isinstance(key_id, str) or algorithm not in ALGORITHMS:
        return None
    public = {name: value for name, value in entry.items() if name in ("kty", "n", "e", "crv", "x", "y")}
    try:
        key = jwt.PyJWK(public, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return VerificationKey(key_id, kind, entry.get("alg"), key)
