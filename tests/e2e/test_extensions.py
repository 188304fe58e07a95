"""Lambda extensions in containers: one of a layer, and the Lambda Web Adapter in an image and in place of its layer.

The adapter is a program of the tests that speaks its protocol, because to compile the real one takes minutes. That is
used if ESB_WEB_ADAPTER names it: `cargo install lambda_web_adapter --locked --root .` makes bin/lambda-adapter.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import NewStack, Stack, docker, wait_for

APPLICATION = Path(__file__).parent / "apps/extensions"
ADAPTER = "esb-e2e/web-adapter:1"  # as the Dockerfile of the image function names it


@pytest.fixture(scope="module")
def stack(new_stack: NewStack) -> Iterator[Stack]:
    """Up, with the adapter of an image."""
    made = new_stack(APPLICATION)
    if real := os.environ.get("ESB_WEB_ADAPTER"):
        shutil.copy(real, made.folder / "adapter/lambda-adapter")
    docker("build", "--tag", ADAPTER, str(made.folder / "adapter"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESB_WEB_ADAPTER", ADAPTER)
        made.build("--strict")
        made.up()
        yield made
    made.down()
    docker("rmi", ADAPTER)


@pytest.mark.parametrize("kind", ["image", "zip"])
def test_the_web_adapter_calls_the_server_of_the_function(stack: Stack, kind: str) -> None:
    first, second = (stack.request("GET", f"/{kind}/{number}") for number in (1, 2))
    posted = stack.request("POST", f"/{kind}/post", {"n": 1})

    process, _, path = first.text.partition(" got ")
    assert (first.status, path) == (200, f"/{kind}/1")
    assert (second.status, second.text) == (200, f"{process} got /{kind}/2")
    assert (posted.status, posted.text) == (201, '{"n": 1}')


def test_an_extension_of_a_layer_gets_invocations_and_the_end(stack: Stack) -> None:
    assert [stack.invoke("LayeredFunction", number) for number in (1, 2)] == [1, 2]
    stopped = stack.compose("stop", "LayeredFunction")
    assert stopped.returncode == 0, stopped.stderr

    printed = stack.compose("logs", "--no-log-prefix", "LayeredFunction").stdout
    assert printed.count("agent: INVOKE ") == 2
    assert "agent: SHUTDOWN spindown" in printed
    shipped = 'container_name:LayeredFunction "agent: SHUTDOWN spindown"'
    assert wait_for(lambda: stack.rows(shipped))
