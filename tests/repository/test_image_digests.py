"""`nox -s digests` lets Docker ask registries for digests; here nothing is started and nothing is asked."""

from __future__ import annotations

import json

import pytest

from esb_schemas.engines.table import ENGINES
from requirements.image_digests import COMMAND, DIGESTS, NoDigest, ask, lock

DIGEST = f"sha256:{'ab' * 32}"
IMAGE = "shop/database:1.2.3"


def test_docker_asks_for_the_digest() -> None:
    commands: list[list[str]] = []

    def run(command: list[str], _: float) -> tuple[int, str, str]:
        commands.append(command)
        return 0, f"{DIGEST}\n", ""

    assert ask(IMAGE, run) == DIGEST
    assert commands == [[*COMMAND, IMAGE]]


@pytest.mark.parametrize(
    ("done", "reason"),
    [
        ((1, "", "ERROR: shop/database:1.2.3: not found\n"), "shop/database:1.2.3: not found"),
        ((2, "", ""), "docker ends with 2"),
        ((0, "latest\n", ""), "its registry names no digest"),
        (None, "its registry does not answer within 60 s"),
    ],
)
def test_an_image_without_a_digest_has_a_reason(done: tuple[int, str, str] | None, reason: str) -> None:
    with pytest.raises(NoDigest) as caught:
        ask(IMAGE, lambda *_: done)
    assert str(caught.value) == reason


def test_without_docker_there_is_a_reason() -> None:
    def run(*_: object) -> None:
        raise FileNotFoundError("docker")

    with pytest.raises(NoDigest, match="docker cannot be started: docker"):
        ask(IMAGE, run)


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
    images = {engine.image for engine in ENGINES}
    assert json.loads(DIGESTS.read_text(encoding="utf-8")).keys() <= images
