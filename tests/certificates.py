"""Certificates that tests make for themselves."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat


class Pair:
    """A certificate for localhost and its key, in files."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.make(1)

    def make(self, number: int, passphrase: bytes | None = None) -> None:
        """Write a new pair into the same files."""
        certificate, key = self.contents(number, passphrase)
        for path, content in ((self.certificate, certificate), (self.key, key)):
            path.unlink(missing_ok=True)
            path.write_bytes(content)

    def client(self) -> ssl.SSLContext:
        """A context that trusts the present certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))

    @staticmethod
    def contents(number: int, passphrase: bytes | None = None) -> tuple[bytes, bytes]:
        """A certificate with that serial number, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"gateway {number}")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(number)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        encryption = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase)
        return certificate.public_bytes(Encoding.PEM), key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
