"""What cannot be is one sentence and exit code 1; a function that cannot run here is a sentence and the rest runs."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.local.folder.reading import read_folder
from tests.gateway.local.local_gateway import LocalGateway

pytestmark = pytest.mark.server

# A custom runtime that answers each event with itself.
BOOTSTRAP = """
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    work = api.getresponse()
    event, request_id = work.read(), work.headers["Lambda-Runtime-Aws-Request-Id"]
    api.request("POST", f"/2018-06-01/runtime/invocation/{request_id}/response", event)
    api.getresponse().read()
"""


def without_config(root: Path) -> None:
    for file in (root / "config").iterdir():
        file.unlink()
    (root / "config").rmdir()


def without_secrets(root: Path) -> None:
    (root / "secrets.env").unlink()


def with_a_bad_route(root: Path) -> None:
    (root / "config/routing.yml").write_text("routes: [{path: /, method: GET, function: nope}]\n")


def without_resources(root: Path) -> None:
    (root / "config/resources.yml").unlink()


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (without_config, "there is no folder config in it; run esb build"),
        (without_secrets, "secrets.env: cannot be read (No such file or directory); run esb build"),
        (with_a_bad_route, "routes[0].function: there is no function nope"),
        (without_resources, "resources.yml: not everything in it could be created (esb-provision: exit code 1)"),
    ],
)
def test_a_folder_that_lacks_something(
    harm: Callable[[Path], None], sentence: str, by_hand: Path, start: Callable[..., LocalGateway]
) -> None:
    harm(by_hand)
    gateway = start(by_hand)
    assert gateway.wait() == 1
    assert gateway.lines == []
    assert gateway.notes[-1].startswith("esb-gateway: ")
    assert sentence in gateway.notes[-1]
    assert not any("Traceback" in line for line in gateway.notes)


def test_a_port_that_is_taken(by_hand: Path, start: Callable[..., LocalGateway]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        gateway = start(by_hand, "--port", str(port))
        assert gateway.wait() == 1
    assert gateway.notes[-1] == (
        f"esb-gateway: 127.0.0.1:{port}: cannot listen there (Address already in use); "
        "choose another port, or 0 for any free one.\n"
    )


def test_a_function_that_is_left_out_is_neither_started_nor_invoked_by_its_sources(by_hand: Path) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(
        functions.read_text() + "  often: {handler: app.handler, runtime: python3.11, scaling: {min_capacity: 1}, "
        "events: [{type: Schedule, name: often, schedule: rate(1 minute)}]}\n"
    )
    folder = read_folder(by_hand, Toolchain())
    assert [source.function for source in folder.configuration.event_sources] == ["often"]
    left = folder.without({"often": "why"})
    assert (left.configuration.event_sources, left.configuration.functions["often"].min_capacity) == ((), 0)
    assert left.unsupported == {**folder.unsupported, "often": "why"}
    assert "often" not in [function.name for function in left.runnable]


def test_functions_of_other_runtimes_are_unsupported_and_the_rest_runs(
    by_hand: Path, start: Callable[..., LocalGateway]
) -> None:
    functions = by_hand / "config/functions.yml"
    functions.write_text(
        functions.read_text()
        + "  pages: {handler: index.handler, runtime: ruby3.4, scaling: {min_capacity: 1}}\n"
        + "  boxed: {package_type: Image}\n"
        + "  empty: {handler: h, runtime: provided.al2023}\n"
        + "  own: {handler: h, runtime: provided.al2023, layers: [layers/own]}\n"
        + "  older: {handler: app.handler, runtime: python3.9}\n"
        + "  quiet: {handler: app.handler, runtime: python3.12, egress: false}\n"
    )
    bootstrap = by_hand / "layers/own/bootstrap"
    for folder in (bootstrap.parent, by_hand / "functions/own"):
        folder.mkdir(parents=True)
    bootstrap.write_text(f"#!{sys.executable}\n{BOOTSTRAP}")
    bootstrap.chmod(0o755)
    gateway = start(by_hand).ready()
    fix = "run it in its container with `docker compose up -d`."
    said = [line.strip() for line in gateway.notes]
    assert f"pages: ruby3.4 is unsupported as a local process; {fix}" in said
    assert f"boxed: a container image is unsupported as a local process; {fix}" in said
    assert any(line.startswith("empty: provided.al2023 runs the executable `bootstrap`") for line in said)
    assert any(line.startswith("older: python3.9 is configured, python3.") for line in said)
    assert any(line.startswith("quiet: without egress in the template") for line in said)
    answer = gateway.invoke("pages", {})
    assert answer["errorType"] == "Runtime.NotRunHere"
    assert answer["errorMessage"].endswith(f"Error: pages: ruby3.4 is unsupported as a local process; {fix}")
    assert gateway.invoke("pages", {})["errorType"] == "Runtime.NotRunHere"
    assert gateway.invoke("own", {"a": 1}) == {"a": 1}
    assert gateway.call("POST", "/echo", {})[0] == 200
    assert gateway.end() == 0
