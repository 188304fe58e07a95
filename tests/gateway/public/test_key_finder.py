"""Where the keys of issuers come from, and how often they are looked for."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.apis.auth.key_finder import MAX_AGE, PAUSE, KeyFinder, Loaded, fetch_keys, file_name, load_keys
from esb_gateway.apis.auth.key_sets import BadKeySet, VerificationKey, read_key_set
from esb_gateway.apis.auth.route_auth import Issuer
from esb_gateway.apis.auth.signing_keys import signing_key

ISSUER = Issuer("https://id.example", issued_here=False)
POOL = Issuer("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a", issued_here=True)
JWK = signing_key("theirs", ISSUER.url).jwk
KEYS = read_key_set(json.dumps({"keys": [JWK]}))


@dataclass
class Bench:
    """A finder, with a clock and an issuer in the hands of a test."""

    secret: str = "secret"
    now: float = 1000.0
    asked: list[str] = field(default_factory=list)
    answers: list[Loaded] = field(default_factory=list)
    lines: list[Any] = field(default_factory=list)
    found: list[VerificationKey | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.finder = KeyFinder(self.secret, self._load, lambda: self.now, lambda *line: self.lines.append(line))

    def _load(self, issuer: Issuer, loaded: Loaded) -> None:
        self.asked.append(issuer.url)
        self.answers.append(loaded)

    def find(self, key_id: str, issuer: Issuer = ISSUER) -> None:
        self.finder.find(issuer, key_id, self.found.append)

    def ids(self) -> list[str | None]:
        return [None if key is None else key.id for key in self.found]


def test_keys_are_looked_for_once_and_kept() -> None:
    bench = Bench()
    bench.find(JWK["kid"])
    bench.find(JWK["kid"])
    assert (bench.asked, bench.found) == ([ISSUER.url], [])
    bench.answers[0](KEYS)
    bench.find(JWK["kid"])
    assert bench.ids() == [JWK["kid"]] * 3
    assert len(bench.asked) == 1


def test_an_unknown_key_is_looked_for_again_but_not_all_the_time() -> None:
    bench = Bench()
    bench.find(JWK["kid"])
    bench.answers[0](KEYS)
    for _ in range(100):
        bench.find("new")
    assert bench.ids()[1:] == [None] * 100
    assert len(bench.asked) == 1
    bench.now += PAUSE
    bench.find("new")
    assert len(bench.asked) == 2
    bench.answers[1]({"new": KEYS[JWK["kid"]]})
    assert bench.found[-1] is KEYS[JWK["kid"]]
    bench.find(JWK["kid"])
    assert bench.found[-1] is None  # the issuer has withdrawn it


def test_an_issuer_that_cannot_be_reached_takes_nothing_away() -> None:
    bench = Bench()
    bench.find(JWK["kid"])
    bench.answers[0](KEYS)
    bench.now += MAX_AGE
    bench.find(JWK["kid"])
    assert bench.ids() == [JWK["kid"]] * 2
    assert len(bench.asked) == 2
    bench.answers[1](OSError("no network"))
    bench.find(JWK["kid"])
    assert bench.ids() == [JWK["kid"]] * 3
    assert "its keys cannot be had (no network)" in str(bench.lines)


def test_what_fails_is_tried_again_after_a_while() -> None:
    bench = Bench()
    bench.find("a")
    bench.answers[0](BadKeySet("x"))
    bench.find("a")
    assert (bench.found, len(bench.asked)) == ([None, None], 1)
    bench.now += PAUSE
    bench.find("a")
    assert len(bench.asked) == 2


def test_a_pool_of_the_application_is_signed_for_here() -> None:
    bench = Bench()
    own = signing_key("secret", POOL.url)
    bench.find(own.id, POOL)
    assert (bench.ids(), bench.asked) == ([own.id], [])
    bench.find(own.id, Issuer(POOL.url, issued_here=False))
    assert bench.asked == [POOL.url]


def test_without_a_secret_nothing_is_signed_here() -> None:
    bench = Bench(secret="")
    bench.find("x", POOL)
    assert bench.found == []


@pytest.mark.parametrize(
    ("issuer", "name"),
    [
        ("https://id.example", "id.example.json"),
        ("https://id.example/", "id.example.json"),
        ("https://id.example/realms/shop", "id.example_realms_shop.json"),
        ("http://keycloak:8080/realms/shop", "keycloak_8080_realms_shop.json"),
        ("https://a/../../etc/passwd", "a_.._.._etc_passwd.json"),
    ],
)
def test_the_file_of_an_issuer(issuer: str, name: str) -> None:
    assert file_name(issuer) == name


def test_a_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "id.example.json").write_text(json.dumps({"keys": [JWK]}))
    assert list(load_keys(tmp_path, ISSUER)) == [JWK["kid"]]


def test_nobody_is_asked_in_the_name_of_a_pool_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadKeySet, match="there is no file"):
        load_keys(tmp_path, POOL)


@pytest.fixture
def issuer() -> Iterator[tuple[str, dict[str, Any]]]:
    """The URL of an issuer, and what it answers by path."""
    answers: dict[str, Any] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = answers.get(self.path)
            self.send_response(302 if "moved" in answers else 200 if body is not None else 404)
            self.send_header("Location", "/keys")
            self.end_headers()
            self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", answers
        server.shutdown()
        thread.join()


@pytest.mark.server
def test_an_issuer_publishes_its_keys(issuer: tuple[str, dict[str, Any]]) -> None:
    url, answers = issuer
    discovery = "/.well-known/openid-configuration"
    answers |= {discovery: {"issuer": url, "jwks_uri": f"{url}/keys"}, "/keys": {"keys": [JWK]}}
    assert list(fetch_keys(url)) == [JWK["kid"]]

    answers[discovery] = {"issuer": "https://id.example", "jwks_uri": f"{url}/keys"}
    with pytest.raises(BadKeySet, match="another issuer's"):
        fetch_keys(url)
    answers[discovery] = {"issuer": url, "jwks_uri": "file:///etc/passwd"}
    with pytest.raises(BadKeySet, match="no jwks_uri"):
        fetch_keys(url)
    answers[discovery] = b"<html>"
    with pytest.raises(BadKeySet, match="not JSON"):
        fetch_keys(url)
    answers |= {discovery: {"issuer": url, "jwks_uri": f"{url}/keys"}, "/keys": b"x" * (1024 * 1024 + 1)}
    with pytest.raises(BadKeySet, match="more than"):
        fetch_keys(url)
    answers["moved"] = True
    with pytest.raises(OSError, match="302"):
        fetch_keys(url)
    del answers["moved"], answers[discovery]
    with pytest.raises(OSError, match="404"):
        fetch_keys(url)
