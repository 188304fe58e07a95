"""Where the keys of issuers come from, and how often they are looked for."""

from __future__ import annotations

import asyncio
import functools
import http.server
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.apis.auth.key_finder import (
    MAX_AGE,
    PAUSE,
    KeyFinder,
    KeySet,
    fetch_keys,
    file_name,
    load_keys,
    load_keys_in_thread,
)
from esb_gateway.apis.auth.key_sets import InvalidKeySet, VerificationKey, read_key_set
from esb_gateway.apis.auth.signing_keys import signing_key
from esb_gateway.apis.route_auth import Issuer

ISSUER = Issuer("https://id.example", issued_here=False)
POOL = Issuer("https://cognito-idp.us-east-1.amazonaws.com/us-east-1_a", issued_here=True)
JWK = signing_key("theirs", ISSUER.url).jwk
KEYS = read_key_set(json.dumps({"keys": [JWK]}))


class Harness:
    """A finder, with a clock and an issuer in the hands of a test, on a loop of its own."""

    def __init__(self, secret: str = "secret") -> None:
        self.now = 1000.0
        self.asked: list[str] = []
        self.answers: list[asyncio.Future[KeySet]] = []
        self.lines: list[Any] = []
        self.found: list[VerificationKey | None] = []
        self.finder = KeyFinder(secret, self._load, lambda: self.now, lambda *line: self.lines.append(line))

    async def _load(self, issuer: Issuer) -> KeySet:
        self.asked.append(issuer.url)
        self.answers.append(asyncio.get_running_loop().create_future())
        return await self.answers[-1]

    async def find(self, key_id: str, issuer: Issuer = ISSUER) -> None:
        """Look for a key; `found` has it as soon as it is known."""

        async def find() -> None:
            self.found.append(await self.finder.find(issuer, key_id))

        self.task = asyncio.get_running_loop().create_task(find())
        await settle()

    async def answer(self, index: int, answer: KeySet | Exception) -> None:
        if isinstance(answer, Exception):
            self.answers[index].set_exception(answer)
        else:
            self.answers[index].set_result(answer)
        await settle()

    def ids(self) -> list[str | None]:
        return [None if key is None else key.id for key in self.found]


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def on_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    @functools.wraps(test)
    def run() -> None:
        asyncio.run(test())

    return run


@on_loop
async def test_keys_are_loaded_once_and_kept() -> None:
    harness = Harness()
    await harness.find(JWK["kid"])
    await harness.find(JWK["kid"])
    assert (harness.asked, harness.found) == ([ISSUER.url], [])
    await harness.answer(0, KEYS)
    await harness.find(JWK["kid"])
    assert harness.ids() == [JWK["kid"]] * 3
    assert len(harness.asked) == 1


@on_loop
async def test_an_unknown_key_is_looked_for_again_but_not_all_the_time() -> None:
    harness = Harness()
    await harness.find(JWK["kid"])
    await harness.answer(0, KEYS)
    for _ in range(100):
        await harness.find("new")
    assert harness.ids()[1:] == [None] * 100
    assert len(harness.asked) == 1
    harness.now += PAUSE
    await harness.find("new")
    assert len(harness.asked) == 2
    await harness.answer(1, {"new": KEYS[JWK["kid"]]})
    assert harness.found[-1] is KEYS[JWK["kid"]]
    await harness.find(JWK["kid"])
    assert harness.found[-1] is None  # the issuer has withdrawn it


@on_loop
async def test_an_issuer_that_cannot_be_reached_takes_nothing_away() -> None:
    harness = Harness()
    await harness.find(JWK["kid"])
    await harness.answer(0, KEYS)
    harness.now += MAX_AGE
    await harness.find(JWK["kid"])
    assert harness.ids() == [JWK["kid"]] * 2
    assert len(harness.asked) == 2
    await harness.answer(1, OSError("no network"))
    await harness.find(JWK["kid"])
    assert harness.ids() == [JWK["kid"]] * 3
    assert "its keys cannot be loaded (no network)" in str(harness.lines)


@on_loop
async def test_what_fails_is_tried_again_after_a_while() -> None:
    harness = Harness()
    await harness.find("a")
    await harness.answer(0, InvalidKeySet("x"))
    await harness.find("a")
    assert (harness.found, len(harness.asked)) == ([None, None], 1)
    harness.now += PAUSE
    await harness.find("a")
    assert len(harness.asked) == 2


@on_loop
async def test_one_caller_that_gives_up_does_not_stop_the_others() -> None:
    harness = Harness()
    await harness.find(JWK["kid"])
    harness.task.cancel()
    await harness.find(JWK["kid"])
    await harness.answer(0, KEYS)
    assert harness.ids() == [JWK["kid"]]


@on_loop
async def test_a_pool_of_the_application_is_signed_for_here() -> None:
    harness = Harness()
    own = signing_key("secret", POOL.url)
    await harness.find(own.id, POOL)
    assert (harness.ids(), harness.asked) == ([own.id], [])
    await harness.find(own.id, Issuer(POOL.url, issued_here=False))
    assert harness.asked == [POOL.url]


@on_loop
async def test_without_a_secret_nothing_is_signed_here() -> None:
    harness = Harness(secret="")
    await harness.find("x", POOL)
    assert harness.found == []


@on_loop
async def test_keys_are_loaded_in_a_thread() -> None:
    with pytest.raises(InvalidKeySet, match="there is no file"):
        await load_keys_in_thread(Path("nowhere"), POOL)


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
    with pytest.raises(InvalidKeySet, match="there is no file"):
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
    with pytest.raises(InvalidKeySet, match="another issuer's"):
        fetch_keys(url)
    answers[discovery] = {"issuer": url, "jwks_uri": "file:///etc/passwd"}
    with pytest.raises(InvalidKeySet, match="no jwks_uri"):
        fetch_keys(url)
    answers[discovery] = b"<html>"
    with pytest.raises(InvalidKeySet, match="not JSON"):
        fetch_keys(url)
    answers |= {discovery: {"issuer": url, "jwks_uri": f"{url}/keys"}, "/keys": b"x" * (1024 * 1024 + 1)}
    with pytest.raises(InvalidKeySet, match="more than"):
        fetch_keys(url)
    answers["moved"] = True
    with pytest.raises(OSError, match="302"):
        fetch_keys(url)
    del answers["moved"], answers[discovery]
    with pytest.raises(OSError, match="404"):
        fetch_keys(url)
