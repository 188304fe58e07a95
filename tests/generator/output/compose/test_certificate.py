"""The certificate for the engines' own processes, judged by OpenSSL."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from esb_generator.output.compose.certificate import certificate


def context(path: Path, side: int, *, trusts: Path) -> ssl.SSLContext:
    found = ssl.SSLContext(side)
    found.load_cert_chain(path)
    found.load_verify_locations(trusts)
    found.verify_mode = ssl.CERT_REQUIRED
    return found


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> dict[str, object]:
    """A TLS handshake in memory; gives the server's certificate as the client knows it."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="127.0.0.1"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    found = ends[0].getpeercert()
    assert found
    return dict(found)


def saved(folder: Path, secret: str) -> Path:
    path = folder / f"{secret}.pem"
    path.write_text(certificate(secret))
    return path


@pytest.mark.parametrize("number", range(20))
def test_both_ends_know_each_other_by_it(tmp_path: Path, number: int) -> None:
    path = saved(tmp_path, f"secret {number}")

    found = shake_hands(
        context(path, ssl.PROTOCOL_TLS_SERVER, trusts=path), context(path, ssl.PROTOCOL_TLS_CLIENT, trusts=path)
    )

    assert found["subjectAltName"] == (("DNS", "localhost"), ("IP Address", "127.0.0.1"))
    assert str(found["notAfter"]).startswith("Dec 31 23:59:59 9999")


def test_one_of_another_secret_is_refused(tmp_path: Path) -> None:
    ours, theirs = saved(tmp_path, "ours"), saved(tmp_path, "theirs")
    server = context(ours, ssl.PROTOCOL_TLS_SERVER, trusts=ours)

    with pytest.raises(ssl.SSLError):
        shake_hands(server, context(theirs, ssl.PROTOCOL_TLS_CLIENT, trusts=ours))


def test_the_same_secret_gives_the_same_certificate() -> None:
    assert certificate("a") == certificate("a") != certificate("b")
