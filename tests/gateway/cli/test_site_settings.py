"""`esb.env` beside the folder, and commands that are run in a folder `.esb/` itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_gateway.cli import main, stack_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder with the output of a build; the test is in it."""
    (tmp_path / ".esb/config").mkdir(parents=True)
    (tmp_path / ".esb/config/functions.yml").write_text("functions: {}\n")
    (tmp_path / ".esb/config/routing.yml").write_text("routes: []\n")
    secrets = tmp_path / ".esb/secrets.env"
    secrets.touch(0o600)
    secrets.write_text("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\nESB_RUNTIME_SECRET=c\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_command_in_the_folder_itself_works_with_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stack_folder(None) is None
    assert stack_folder(Path(".esb")) == Path(".esb")
    monkeypatch.chdir(folder / ".esb")
    assert stack_folder(None) == stack_folder(Path(".esb")) == Path()
    assert stack_folder(Path("other")) == Path("other")


@pytest.mark.server
@pytest.mark.parametrize("inside", [False, True])
def test_the_settings_of_the_site_are_read_and_the_shell_wins(
    folder: Path, inside: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "esb.env").write_text("# of this site\nESB_GATEWAY_PORT=1\nAWS_ACCESS_KEY_ID=x\n")
    monkeypatch.delenv("ESB_GATEWAY_PORT", raising=False)
    monkeypatch.delenv("ESB_GATEWAY_URL", raising=False)
    if inside:
        monkeypatch.chdir(folder / ".esb")

    def refusal() -> str:
        assert main(["events", "list"]) != 0
        return capsys.readouterr().err

    assert "http://127.0.0.1:1" in refusal()
    (folder / ".env").write_text("ESB_GATEWAY_PORT=3\n")  # Compose has the same order
    assert "http://127.0.0.1:3" in refusal()
    monkeypatch.setenv("ESB_GATEWAY_PORT", "2")
    assert "http://127.0.0.1:2" in refusal()


def test_a_folder_that_cannot_be_looked_into_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    name = "x" * 300
    for command in (["logs"], ["env"], ["doctor"], ["invoke", "f"], ["queues", "list"]):
        assert main([*command, "--root", name]) == 1
        assert capsys.readouterr().err == f"esb-gateway: {name}: File name too long; name another folder.\n"
