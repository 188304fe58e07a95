"""`esb-gateway events` and a running gateway."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.cli import main
from tests.gateway.async_invoke.killable_gateway import KEYS, KillableGateway, lines
from tests.watching import until


class Command:
    """The command, as a person beside the stack's folder calls it."""

    def __init__(self, host: KillableGateway, folder: Path) -> None:
        self.host = host
        self.root = folder / "stack"
        self.root.mkdir()
        secrets = f"AWS_ACCESS_KEY_ID={KEYS[0]}\nAWS_SECRET_ACCESS_KEY={KEYS[1]}\n"
        (self.root / "secrets.env").touch(0o600)
        (self.root / "secrets.env").write_text(secrets)

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        where = ("--root", str(self.root), "--url", f"http://127.0.0.1:{self.host.port}")
        return subprocess.run(
            [sys.executable, "-m", "esb_gateway", "events", *arguments, *where],
            capture_output=True,
            text=True,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        done = self(*arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    def failed(self) -> list[str]:
        return [event["id"] for event in self.json("list", "--state", "failed")["events"]]


@pytest.fixture
def command(host: KillableGateway, tmp_path: Path) -> Command:
    return Command(host, tmp_path)


def invoke(client: Any, function: str, event: Any) -> str:
    answer = client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event))
    return str(answer["ResponseMetadata"]["RequestId"])


@pytest.mark.server
def test_list_show_retry_and_drop(command: Command, client: Any, tmp_path: Path) -> None:
    file = tmp_path / "notes"
    assert command("list").stdout == "0 queued, 0 failed; none shown\n"
    first, second = (invoke(client, "lonely", {"file": str(file), "n": number}) for number in (1, 2))
    until(lambda: len(command.failed()) == 2, 60)

    listed = command("list", "--function", "lonely")
    assert listed.returncode == 0
    assert listed.stdout.splitlines()[0].split() == ["ID", "FUNCTION", "STATE", "AGE", "ATTEMPTS", "WHAT"]
    assert listed.stdout.splitlines()[1].split()[1:3] == ["lonely", "failed"]
    assert listed.stdout.splitlines()[1].endswith("1         RetriesExhausted")
    assert listed.stdout.splitlines()[-1] == "0 queued, 2 failed; 2 shown"
    assert command("list", "--function", "other").stdout == "0 queued, 2 failed; none shown\n"

    shown = command.json("show", first)
    assert (shown["id"], shown["state"], shown["condition"], shown["attempts"]) == (
        first,
        "failed",
        "RetriesExhausted",
        1,
    )
    assert shown["payload"] == {"file": str(file), "n": 1}
    assert shown["response"]["errorMessage"] == "this is no good"

    assert command("retry", first).stdout == "1 to run\n"
    until(lambda: len(lines(file)) == 3)
    until(lambda: sorted(command.failed()) == sorted([first, second]), 60)

    partly = command("drop", first, "nobody")
    assert (partly.returncode, partly.stdout) == (3, "1 dropped\n")
    assert partly.stderr == "esb-gateway: nobody: no such event; it has ended, or was dropped.\n"
    assert command.json("drop", second) == {"done": [second], "missing": []}
    assert command("show", first).returncode == 3
    assert command("list").stdout == "0 queued, 0 failed; none shown\n"


@pytest.mark.server
def test_what_runs_and_what_waits(command: Command, client: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    running, waiting = (invoke(client, "wait", {"file": str(gate)}) for _ in range(2))
    until(lambda: command.json("show", running)["state"] == "running", 60)
    assert [(event["id"], event["state"]) for event in command.json("list")["events"]] == [
        (running, "running"),
        (waiting, "queued"),
    ]
    assert command("drop", waiting).returncode == 0
    written = tmp_path / "written"
    written.write_text("open")
    written.rename(gate)  # at once, as the function adds to it when it is there
    until(lambda: command.json("list")["queued"] == 0, 60)
    assert lines(gate) == ["open", "through"], "what was dropped did not run"


@pytest.mark.server
def test_no_gateway_is_one_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(command.root.parent)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    url = f"http://127.0.0.1:{command.host.port}"
    assert main(["events", "list", "--url", url]) == 1
    assert "403 The security token included in the request is invalid." in capsys.readouterr().err
    assert main(["events", "list", "--url", "http://127.0.0.1:9"]) == 1
    assert capsys.readouterr().err.startswith("esb-gateway: http://127.0.0.1:9: no gateway answers there")
    assert main(["events", "list", "--root", "nowhere"]) == 1
    assert "nowhere/secrets.env: cannot be read" in capsys.readouterr().err
