"""`nox -s lock` asks a registry for digests; here one on the loopback, with its token, as the specification has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from esb_schemas.engines import ENGINES
from requirements.image_digests import DIGESTS, NoDigest, Reference, ask, engine_images, lock, parse
from requirements.image_digests import ENGINES as TABLE

DIGEST = f"sha256:{'ab' * 32}"
SCOPE = "repository:shop/database:pull"


class Registry(BaseHTTPRequestHandler):
    """It gives a token to everybody, and digests to those who bring it."""

    def do_GET(self) -> None:
        if self.path != "/token?service=registry&scope=repository%3Ashop%2Fdatabase%3Apull":
            self.send_error(404)
            return
        body = json.dumps({"token": "for-everybody"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        found = self.path == "/v2/shop/database/manifests/1.2.3"
        allowed = self.headers["Authorization"] == "Bearer for-everybody"
        index = "application/vnd.oci.image.index.v1+json" in self.headers["Accept"]
        self.send_response(401 if not allowed else 200 if found and index else 404)
        if not allowed:
            realm = f"http://{self.headers['Host']}/token"
            self.send_header("WWW-Authenticate", f'Bearer realm="{realm}",service="registry",scope="{SCOPE}"')
        elif found:
            self.send_header("Docker-Content-Digest", DIGEST)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.server
def test_the_digest_is_asked_for_with_the_token_that_the_registry_wants(registry: str) -> None:
    assert ask(f"{registry}/shop/database:1.2.3") == DIGEST


@pytest.mark.server
def test_an_image_that_the_registry_does_not_have_has_no_digest(registry: str) -> None:
    with pytest.raises(NoDigest, match="answers with status 404"):
        ask(f"{registry}/shop/database:9")


@pytest.mark.server
def test_a_registry_that_does_not_answer_is_a_reason(registry: str) -> None:
    with pytest.raises(NoDigest, match="does not answer"):
        ask("127.0.0.1:1/shop/database:1.2.3")


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("ghcr.io/nubo-db/dynoxide:1.5.0", Reference("ghcr.io", "nubo-db/dynoxide", "1.5.0")),
        ("localhost:5000/a/b:1", Reference("localhost:5000", "a/b", "1")),
        ("chrislusf/seaweedfs:4.48", Reference("registry-1.docker.io", "chrislusf/seaweedfs", "4.48")),
        ("python:3.12", Reference("registry-1.docker.io", "library/python", "3.12")),
    ],
)
def test_the_registry_is_part_of_the_name(image: str, parts: Reference) -> None:
    assert parse(image) == parts


def test_where_no_registry_answers_the_known_digest_is_kept_and_said() -> None:
    def no_answer(image: str) -> str:
        if image == "c:3":
            return "sha256:new"
        raise NoDigest("it does not answer")

    digests, sentences = lock(["a:1", "b:2", "c:3"], {"a:1": "sha256:old", "gone:1": "sha256:gone"}, no_answer)
    assert digests == {"a:1": "sha256:old", "c:3": "sha256:new"}
    assert sentences == [
        "a:1: it does not answer; sha256:old stays",
        "b:2: it does not answer; its version alone stays",
    ]


def test_the_images_are_those_of_the_table() -> None:
    images = engine_images(TABLE.read_text(encoding="utf-8"))
    assert images == [engine.image for engine in ENGINES]
    assert json.loads(DIGESTS.read_text(encoding="utf-8")).keys() <= set(images)
