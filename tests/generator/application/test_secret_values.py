"""Credentials reach containers by .env alone: no image, no other file has them."""

from __future__ import annotations

import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from esb_schemas.settings_files.env_file import load
from tests.generator.conftest import Outcome, esb_at

PASSWORD = "corr3ct 'horse' $battery"
HIDDEN = "hidden-value"
TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Hidden: {Type: String, NoEcho: true, Default: hidden-value}
  Shown: {Type: String, Default: shown-value}
Resources:
  Pay:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: pay-now
      CodeUri: CODE
      Handler: app.handler
      Runtime: python3.12
      Environment:
        Variables:
          URL: !Sub "db://u:{{resolve:secretsmanager:db:SecretString:password}}@db"
          HIDDEN: !Ref Hidden
          SHOWN: !Ref Shown
  Hooks:
    Type: AWS::Events::Connection
    Properties:
      Name: hooks
      AuthorizationType: BASIC
      AuthParameters: {BasicAuthParameters: {Username: u, Password: as-it-is-in-the-template}}
"""
VALUES = f'secretsmanager: {{db: {{password: "{PASSWORD}"}}}}\n'
CREDENTIALS = [".env", ".env.local", "esb.secrets.yml", "secrets.env", "deep/.env"]


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Makes a project; `code` is its CodeUri."""

    def make(code: str = "src") -> Path:
        (tmp_path / "template.yaml").write_text(TEMPLATE.replace("CODE", code))
        (tmp_path / "esb.secrets.yml").write_text(VALUES)
        for name in ("app.py", ".git/config", "env/pyvenv.cfg", "env/lib/x.py", *CREDENTIALS):
            file = tmp_path / "src" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("def handler(): ..." if name == "app.py" else PASSWORD)
        return tmp_path

    return make


def build(home: Path, *arguments: str) -> Outcome:
    return esb_at(home, ["build", *arguments], {})


def files_with(text: str, folder: Path) -> Iterator[str]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if text.encode() in path.read_bytes():
            yield path.relative_to(folder).as_posix()


def copied(project: Path) -> list[str]:
    code = project / ".esb/functions/pay-now/code"
    return sorted(path.relative_to(code).as_posix() for path in code.rglob("*") if path.is_file())


def test_a_secret_value_is_in_the_file_for_its_owner_alone(project: Callable[..., Path]) -> None:
    home = project()
    assert build(home).code == 0

    for text in ("corr3ct", HIDDEN):
        assert list(files_with(text, home / ".esb")) == [".env"]
    assert stat.S_IMODE((home / ".esb/.env").stat().st_mode) == 0o600
    values = load((home / ".esb/.env").read_text())
    assert values["ESB_VALUE_pay_1now_0URL"] == f"db://u:{PASSWORD}@db"
    assert values["ESB_VALUE_pay_1now_0HIDDEN"] == HIDDEN
    function = yaml.safe_load((home / ".esb/config/functions.yml").read_text())["functions"]["pay-now"]
    assert function["environment"] == {"SHOWN": "shown-value"}
    assert function["secret_environment"] == ["HIDDEN", "URL"]
    for name in ("docker-compose.services.yml", "docker-stack.yml"):
        service = yaml.safe_load((home / ".esb" / name).read_text())["services"]["pay-now"]
        assert service["environment"]["URL"] == "${ESB_VALUE_pay_1now_0URL?run esb build again}"


def test_the_credentials_of_a_connection_are_secret_wherever_they_come_from(project: Callable[..., Path]) -> None:
    home = project()
    assert build(home).code == 0
    assert list(files_with("as-it-is-in-the-template", home / ".esb")) == [".env"]
    for name in ("docker-compose.services.yml", "docker-stack.yml"):
        service = yaml.safe_load((home / ".esb" / name).read_text())["services"]["provisioner"]
        assert service["environment"]["ESB_CONNECTION_hooks_01"] == "${ESB_CONNECTION_hooks_01?run esb build again}"


@pytest.mark.parametrize(
    "user",
    ['"{{resolve:env:HOME}}"', '!Sub "{{resolve:${Env}:HOME}}"', '!Join [":", ["{{resolve", "env", "HOME}}"]]'],
)
def test_a_connection_reads_no_variable_of_the_provisioner(project: Callable[..., Path], user: str) -> None:
    home = project()
    template = home / "template.yaml"
    text = template.read_text().replace("\nParameters:", "\nParameters:\n  Env: {Type: String, Default: env}")
    template.write_text(text.replace("Username: u,", f"Username: {user},"))
    done = build(home)

    assert done.code == 1
    assert "{{resolve:env:HOME}} is no dynamic reference of CloudFormation; use" in done.err
    assert done.err.startswith("template.yaml:")


def test_a_secret_that_reads_like_a_reference_stays_what_it_is(project: Callable[..., Path]) -> None:
    home = project()
    (home / "esb.secrets.yml").write_text('secretsmanager: {db: {password: "{{resolve:env:HOME}}"}}\n')
    assert build(home).code == 0
    assert list(files_with("resolve:env:HOME", home / ".esb")) == [".env"]


def test_a_secret_that_cannot_be_written_is_one_sentence(project: Callable[..., Path]) -> None:
    home = project()
    template = home / "template.yaml"
    template.write_text(template.read_text().replace("as-it-is-in-the-template", "'ends with\\\\'"))
    done = build(home)
    assert done.code == 1
    assert "Hooks: a secret of this connection cannot be written to .env: it ends with a backslash" in done.err


def test_files_of_credentials_and_environments_are_left_out_and_named(project: Callable[..., Path]) -> None:
    home = project()
    done = build(home)

    assert copied(home) == ["app.py"]
    assert "src/.env and 4 more are left out: files of credentials never enter an image" in done.err
    assert build(home, "--strict").code == 1


def test_those_of_the_project_s_own_folder_are_left_out_without_a_word(project: Callable[..., Path]) -> None:
    home = project(".")
    template = home / "template.yaml"
    template.write_text(template.read_text().replace("app.handler", "src/app.handler"))
    for name in (".env", "esb.env", "other.yml"):
        (home / name).write_text(VALUES if name == "other.yml" else PASSWORD)
    for name in CREDENTIALS:
        (home / "src" / name).unlink()
    done = build(home, "--resolve-from", "other.yml")

    assert (done.code, done.err) == (0, "")
    assert copied(home) == ["src/app.py", "template.yaml"]


def test_an_archive_loses_them_too(project: Callable[..., Path]) -> None:
    home = project("code.zip")
    with zipfile.ZipFile(home / "code.zip", "w") as archive:
        for name in ("app.py", "deep/.env"):
            archive.writestr(name, PASSWORD)
    done = build(home)

    assert copied(home) == ["app.py"]
    assert "code.zip/deep/.env is left out" in done.err


def test_a_secret_in_another_place_is_a_warning(project: Callable[..., Path]) -> None:
    home = project()
    text = (home / "template.yaml").read_text()
    (home / "template.yaml").write_text(
        text.replace("Handler: app.handler", "Handler: app.handler\n      Description: !Ref Hidden")
    )
    done = build(home)

    assert "warning: config/functions.yml has a secret, and every user of this machine can read it" in done.err
    assert build(home, "--strict").code == 1


def test_a_secret_in_inline_code_is_a_warning(project: Callable[..., Path]) -> None:
    home = project()
    text = (home / "template.yaml").read_text()
    inline = "InlineCode: !Sub |\n        def handler(event, context): return '${Hidden}'"
    (home / "template.yaml").write_text(text.replace("CodeUri: src", inline).replace("app.handler", "index.handler"))
    done = build(home)

    assert "warning: functions/pay-now/code/index.py has a secret, and every user of this machine can" in done.err


@pytest.mark.parametrize("value", ["both ' and `", "ends with \\\\"])
def test_a_value_that_cannot_be_written_is_one_sentence(project: Callable[..., Path], value: str) -> None:
    home = project()
    (home / "esb.secrets.yml").write_text(f'secretsmanager: {{db: "x", db2: "{value}"}}\n')
    text = (home / "template.yaml").read_text()
    (home / "template.yaml").write_text(
        text.replace("{{resolve:secretsmanager:db:SecretString:password}}@db", "{{resolve:secretsmanager:db2}}")
    )
    done = build(home)

    assert done.code == 1
    assert "Pay: the value of URL is secret and cannot be written to .env: it" in done.err


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_git_never_takes_the_credentials(project: Callable[..., Path]) -> None:
    folder = project()
    assert esb_at(folder, ["build"], {}).code == 0
    subprocess.run(["git", "-C", folder, "init", "--quiet"], check=True, timeout=60)
    command = ["git", "-C", str(folder), "add", "--all", "--dry-run"]
    added = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout

    assert "'.esb/config/functions.yml'" in added
    assert "'.esb/secrets.env'" not in added
    assert "'.esb/.env'" not in added
