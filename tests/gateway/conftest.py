"""What all of the gateway's tests share."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from esb_gateway.config import read_configuration
from esb_gateway.invocation import Ending, Outcome
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials
from tests.gateway.fakes import (
    ACCESS_KEY,
    FUNCTIONS,
    ROUTING,
    SECRET_KEY,
    Bench,
    ClientMaker,
    build_request,
)
from tests.gateway.fakes import running as run_listener


class Pair:
    """A certificate for localhost and its key, in files."""

    def __init__(self, folder: Path) -> None:
        self.certificate, self.key = folder / "tls.crt", folder / "tls.key"
        self.make(1)

    def make(self, number: int, passphrase: bytes | None = None) -> None:
        """A new pair in the same files."""
        certificate, key = self.contents(number, passphrase)
        for path, content in ((self.certificate, certificate), (self.key, key)):
            path.unlink(missing_ok=True)
            path.write_bytes(content)

    def client(self) -> ssl.SSLContext:
        """What trusts the certificate that is there now."""
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


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    folder = tmp_path / "tls"
    folder.mkdir()
    return Pair(folder)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench(read_configuration(FUNCTIONS, ROUTING))
    yield bench
    bench.close()


@pytest.fixture
def make_request() -> Callable[..., Request]:
    return build_request


@pytest.fixture
def done() -> Callable[[Any], Outcome]:
    return lambda text: Outcome(Ending.DONE, text.encode())


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(ACCESS_KEY, SECRET_KEY)


@pytest.fixture
def running() -> Any:
    return run_listener


@pytest.fixture(scope="session")
def client_of() -> ClientMaker:
    return ClientMaker()
