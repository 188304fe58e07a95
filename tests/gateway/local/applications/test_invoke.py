"""`esb-gateway invoke`, with a running gateway and with one of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.local.local_gateway import DOCUMENTS, LocalGateway, write_folder

pytestmark = pytest.mark.server


def invoke(root: Path, *arguments: str, event: str = "", port: int = 8080) -> subprocess.CompletedProcess[str]:
    """The command, as a person beside the folder calls it."""
    command = [sys.executable, "-m", "esb_gateway", "invoke", *arguments, "--root", str(root)]
    environment = {**os.environ, "ESB_GATEWAY_PORT": str(port)}
    return subprocess.run(command, input=event, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, start_shared: Callable[..., LocalGateway]) -> LocalGateway:
    """A gateway for all calls that need a running one."""
    root = tmp_path_factory.mktemp("served") / "stack"
    write_folder(root, DOCUMENTS, "probe", "echo")
    return start_shared(root).ready()


@pytest.fixture
def url(served: LocalGateway) -> str:
    return served.addresses["ready"]


@pytest.fixture
def root(served: LocalGateway) -> Path:
    return served.root


def test_prints_the_response_of_an_event_from_a_file_or_standard_input(root: Path, url: str, tmp_path: Path) -> None:
    file = tmp_path / "event.json"
    file.write_text('{"cups": 6}')
    assert invoke(root, "echo", "-e", str(file), "--url", url).stdout == '{"cups": 6}\n'
    assert invoke(root, "echo", "-e", "-", "--url", url, event='"tea"').stdout == '"tea"\n'
    assert invoke(root, "echo", "--url", url).stdout == "{}\n"


def test_a_function_that_fails_is_an_exit_code_and_its_log_is_on_standard_error(root: Path, url: str) -> None:
    failed = invoke(root, "probe", "-e", "-", "--log", "--url", url, event='{"import": "nothing"}')
    assert failed.returncode == 1
    assert json.loads(failed.stdout)["errorMessage"] == "No module named 'nothing'"
    assert "[ERROR] ModuleNotFoundError: No module named 'nothing'" in failed.stderr
    assert "REPORT RequestId" in failed.stderr

    hostile = json.dumps({"print": "a\x1b]0;title\x07b"})
    printed = invoke(root, "probe", "-e", "-", "--log", "--url", url, event=hostile)
    assert "a\N{REPLACEMENT CHARACTER}]0;title\N{REPLACEMENT CHARACTER}b\n" in printed.stderr


def test_a_call_that_is_refused_is_one_sentence(root: Path, url: str, tmp_path: Path) -> None:
    unknown = invoke(root, "absent", "--url", url)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith(f"esb-gateway: {url}: 404 ResourceNotFoundException: Function not found")

    missing = invoke(root, "echo", "-e", "absent.json", "--url", url)
    assert missing.stderr == (
        "esb-gateway: absent.json: No such file or directory; -e names a file with the event as JSON.\n"
    )

    (tmp_path / "secrets.env").touch(0o600)
    (tmp_path / "secrets.env").write_text("AWS_ACCESS_KEY_ID=OTHER\nAWS_SECRET_ACCESS_KEY=other\n")
    foreign = invoke(tmp_path, "echo", "--url", url)
    assert foreign.returncode == 1
    assert "The gateway there is of another stack, or has other secrets; name its folder with --root." in foreign.stderr


def test_an_asynchronous_call_prints_its_id(root: Path, url: str) -> None:
    accepted = invoke(root, "echo", "--async", "--url", url)
    assert (accepted.returncode, accepted.stdout) == (0, "")
    assert accepted.stderr.startswith("accepted: ")


def test_starts_a_gateway_for_the_call_if_none_runs(by_hand: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        port = nobody.getsockname()[1]
        done = invoke(by_hand, "echo", "-e", "-", event="[1]", port=port)
        assert (done.returncode, done.stdout) == (0, "[1]\n")
        assert (
            f"no gateway answers at http://127.0.0.1:{port} (--url names another); starting one for this call\n"
            in done.stderr
        )

        queued = invoke(by_hand, "echo", "--async", port=port)
        assert queued.returncode == 1
        assert "no gateway answers there" in queued.stderr


def test_starts_a_gateway_on_demand_and_gives_it_variables(by_hand: Path, tmp_path: Path) -> None:
    (tmp_path / "env.json").write_text('{"probe": {"OWN": "given"}}')
    done = invoke(by_hand, "probe", "-e", "-", "--local", "--env-vars", str(tmp_path / "env.json"), event="{}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["environment"]["OWN"] == "given"
