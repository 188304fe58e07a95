"""The stack's own key, which signs messages in the place of Amazon's, and its certificate."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

CERTIFICATE_PATH: Final = "/SimpleNotificationService-"

_BITS: Final = 2048
_NAME: Final = "sns.amazonaws.esb"
_YEARS: Final = 30
_HASHES: Final = {"1": SHA1, "2": SHA256}


@dataclass(frozen=True)
class SigningKey:
    """A key and its certificate, both PEM."""

    private_pem: bytes
    certificate_pem: bytes

    @property
    def certificate_path(self) -> str:
        return f"{CERTIFICATE_PATH}{hashlib.sha256(self.certificate_pem).hexdigest()[:32]}.pem"

    def sign(self, text: str, version: str) -> str:
        """The signature in base64: version 1 is with SHA-1, 2 with SHA-256."""
        algorithm = _HASHES[version]()
        return base64.b64encode(self._key.sign(text.encode(), padding.PKCS1v15(), algorithm)).decode("ascii")

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        key = load_pem_private_key(self.private_pem, None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - it was made below
        return key


def make_key(wall: float) -> SigningKey:
    """A new key. `wall` is in seconds since 1970."""
    key = rsa.generate_private_key(65537, _BITS)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
    begin = datetime.fromtimestamp(wall, UTC) - timedelta(days=365)  # clocks of a box may be late
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365 * _YEARS))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SigningKey(private, certificate.public_bytes(Encoding.PEM))
