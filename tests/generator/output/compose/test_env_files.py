"""secrets.env and .env: who may know what, and which files are refused."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from esb_generator.errors import BuildError
from esb_generator.model import Application, FolderCode, Function, ResourceEntry
from esb_generator.output.compose import env_files
from esb_generator.output.files.rooted_files import Root
from esb_generator.values import Mark


def function(name: str) -> Function:
    return Function(name, "Logical", Mark("t", 1, 1), FolderCode("src"))


def application(*functions: Function, own: bool = False) -> Application:
    return Application("shop", "us-east-1", "1" * 12, functions, function_credentials=own)


@pytest.fixture(name="root")
def opened_root(tmp_path: Path) -> Iterator[Root]:
    with Root(tmp_path) as root:
        yield root


def test_secrets_are_made_once_and_for_the_owner_alone(root: Root, tmp_path: Path) -> None:
    assert env_files.ensure_secrets(root, lambda size: "ab" * size)
    made = (tmp_path / "secrets.env").read_text()
    assert not env_files.ensure_secrets(root, lambda size: "cd" * size)

    assert (tmp_path / "secrets.env").read_text() == made
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    values = dict(line.split("=", 1) for line in made.splitlines())
    assert values["AWS_ACCESS_KEY_ID"] == "AB" * 10
    assert values["AWS_SECRET_ACCESS_KEY"] == "ab" * 20
    assert values["ESB_RUNTIME_SECRET"] == "ab" * 32


def test_the_environment_has_what_services_may_know_and_not_the_secret(root: Root, tmp_path: Path) -> None:
    env_files.ensure_secrets(root, lambda size: "ab" * size)
    env_files.write_environment(root, application(function("orders"), function("say-hello")))

    values = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert values["ESB_ACCESS_KEY_ID"] == "AB" * 10
    assert set(values) == {
        "ESB_ACCESS_KEY_ID",
        "ESB_ENGINE_CERTIFICATE",
        "ESB_LOGS_PASSWORD",
        "ESB_SECRET_ACCESS_KEY",
        "ESB_TOKEN_orders",
        "ESB_TOKEN_say_1hello",
    }
    assert len(set(values.values())) == len(values)
    assert "ab" * 32 not in values.values()


def test_a_webhook_has_a_token_if_a_bucket_notifies(root: Root, tmp_path: Path) -> None:
    definition = {"BucketName": "files", "NotificationConfiguration": {"EventBridgeConfiguration": {}}}
    bucket = ResourceEntry("bucket", "Files", "files", Mark("t", 1, 1), definition)
    env_files.ensure_secrets(root, lambda size: "ab" * size)
    env_files.write_environment(root, application()._replace(resources={"S3": (bucket,)}))
    values = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    assert len(values["ESB_STORAGE_EVENTS_TOKEN"]) == 32
    assert list(values.values()).count(values["ESB_STORAGE_EVENTS_TOKEN"]) == 1


def test_each_function_can_have_a_secret_of_its_own(root: Root, tmp_path: Path) -> None:
    env_files.ensure_secrets(root, lambda size: "ab" * size)
    env_files.write_environment(root, application(function("orders"), function("say-hello"), own=True))
    values = dict(line.split("=", 1) for line in (tmp_path / ".env").read_text().splitlines())
    own = {values["ESB_SECRET_ACCESS_KEY_orders"], values["ESB_SECRET_ACCESS_KEY_say_1hello"]}
    assert len(own | {values["ESB_SECRET_ACCESS_KEY"]}) == 3
    identities = json.loads(base64.b64decode(values["ESB_S3_IDENTITIES"].strip("'")))["identities"]
    assert [each["name"] for each in identities] == ["stack", "function orders", "function say-hello"]
    assert {each["credentials"][0]["secretKey"] for each in identities} == {*own, values["ESB_SECRET_ACCESS_KEY"]}


def test_a_certificate_stays_as_long_as_its_secret(root: Root, tmp_path: Path) -> None:
    def made(secret: str) -> str:
        (tmp_path / "secrets.env").unlink(missing_ok=True)
        env_files.ensure_secrets(root, lambda size: secret * size)
        env_files.write_environment(root, application())
        lines = (tmp_path / ".env").read_text().splitlines()
        return next(line for line in lines if line.startswith("ESB_ENGINE_CERTIFICATE="))

    first = made("ab")
    assert made("ab") == first
    assert made("cd") != first


def test_secrets_that_a_person_broke_are_one_sentence(root: Root, tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("AWS_ACCESS_KEY_ID=a\n")

    with pytest.raises(BuildError, match=r"secrets\.env has no ESB_RUNTIME_SECRET; add it"):
        env_files.write_environment(root, application())


PRIVATE_FILES = pytest.mark.parametrize("name", ["secrets.env", ".env"])


@PRIVATE_FILES
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_can_open_is_refused(root: Root, tmp_path: Path, name: str, mode: int) -> None:
    (tmp_path / name).touch()
    (tmp_path / name).chmod(mode)

    with pytest.raises(BuildError, match=rf"{name} is open to other users; delete it and build again.*chmod 600"):
        env_files.check_private(root)


@PRIVATE_FILES
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_of_another_user_is_refused(root: Root, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch(0o600)
    os.chown(tmp_path / name, 12345, -1)

    with pytest.raises(BuildError, match=f"{name} belongs to another user"):
        env_files.check_private(root)


@PRIVATE_FILES
def test_a_folder_or_a_fifo_in_place_of_the_file_is_refused(root: Root, tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name, 0o600)

    with pytest.raises(BuildError, match=f"{name} is not a regular file; delete it"):
        env_files.check_private(root)


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, timeout=60)


@PRIVATE_FILES
@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_a_file_that_git_tracks_is_refused(root: Root, tmp_path: Path, name: str) -> None:
    git(tmp_path, "init")
    (tmp_path / name).touch(0o600)
    env_files.check_private(root)
    git(tmp_path, "add", "--force", name)

    with pytest.raises(BuildError, match=rf"{name} is tracked by git.*git rm --cached"):
        env_files.check_private(root)


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_the_settings_of_a_repository_run_no_program(root: Root, tmp_path: Path) -> None:
    git(tmp_path, "init")
    (tmp_path / "secrets.env").touch(0o600)
    git(tmp_path, "add", "--force", "secrets.env")
    spy, trace = tmp_path / "spy", tmp_path / "trace"
    spy.write_text(f"#!/bin/sh\necho ran >> {trace}\n")
    spy.chmod(0o755)
    for setting in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor"):
        git(tmp_path, "config", setting, str(spy))
    git(tmp_path, "update-index", "--fsmonitor")
    trace.unlink(missing_ok=True)

    with pytest.raises(BuildError, match="is tracked by git"):
        env_files.check_private(root)
    assert not trace.exists()


def test_where_git_cannot_tell_the_file_is_taken(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "secrets.env").touch(0o600)
    env_files.check_private(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    env_files.check_private(root)
