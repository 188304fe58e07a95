"""Arguments that are not understood."""

from __future__ import annotations

import pytest

from esb_gateway.cli import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["serve", "--port", "http"],
        ["invoke", "\udcff"],
        ["schedules", "--count", "0"],
        ["events", "list", "--limit", "10001"],
        ["token", "--claim", "email"],
        ["local", "--", "--parameter-overrides", "A=b"],
        ["local", "--testing", "--data", "data"],
        ["local", "--testing", "--database", "dynoxide"],
        ["local", "--testing", "--storage", "seaweedfs"],
        ["local", "--database", "oracle"],
    ],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: esb-gateway" in capsys.readouterr().err


def test_options_of_the_build_lead_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["local", "-t", "template.yaml"])
    assert (
        "-t is an option of esb build: run that first, or esb-gateway local --watch -- -t …" in capsys.readouterr().err
    )


@pytest.mark.parametrize("command", ["queues", "events", "event", "event sqs", "completion"])
def test_a_command_without_an_action_shows_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    assert shown == capsys.readouterr().out


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--help"])
    assert shown == capsys.readouterr().out
