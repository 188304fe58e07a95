"""The choice of engines stays with the folder, and no build replaces a server that may have data unasked."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from esb_generator.cli import run
from esb_generator.cli.console import Console
from esb_generator.errors import BuildError
from esb_generator.output.compose.engine_choice import chosen_engines, present_engines
from esb_schemas.engines.engine import EXTERNAL
from esb_schemas.engines.table import ENGINES, choose, engines, external

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders: {Type: AWS::Serverless::SimpleTable}
"""
LATER = b"name: x\nservices: {}\nvolumes:\n  database:\n  s3-storage:\n  victorialogs:\n  events:\n"


def test_a_stack_of_an_earlier_version_is_known_by_its_volumes() -> None:
    present = present_engines(LATER)

    assert {service: engine.name for service, engine in present.items()} == {
        "dynamodb": "scylladb",
        "s3": "rustfs",
        "logs": "victorialogs",
    }


def test_a_new_folder_has_the_defaults() -> None:
    assert present_engines(None) == {}
    assert chosen_engines({}, {}, switch=False) == choose()


@pytest.mark.parametrize("database", engines("dynamodb"))
def test_a_stack_keeps_its_engine(database: str) -> None:
    present = {"dynamodb": engines("dynamodb")[database]}

    assert chosen_engines({}, present, switch=False) == choose(dynamodb=database)
    assert chosen_engines({"dynamodb": database}, present, switch=False) == choose(dynamodb=database)


def test_another_engine_is_an_error_that_says_how_to_take_the_data_along() -> None:
    present = {"dynamodb": engines("dynamodb")["scylladb"]}
    with pytest.raises(BuildError) as refused:
        chosen_engines({"dynamodb": "dynoxide"}, present, switch=False)

    assert str(refused.value) == (
        "this would replace scylladb by dynoxide, and the new server starts empty, as it cannot read the other's files."
        " To take the data along:\n"
        "  esb build && docker compose run --rm provisioner export /backup/engines\n"
        "  esb build --database dynoxide --switch-engine && docker compose up -d --wait\n"
        "  docker compose run --rm provisioner import /backup/engines\n"
        "Without data to keep, the second line is enough; the old volume stays until you remove it"
    )
    assert chosen_engines({"dynamodb": "dynoxide"}, present, switch=True) == choose(dynamodb="dynoxide")


def test_a_build_finds_what_the_last_one_chose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "template.yaml").write_text(TEMPLATE)

    def build(*arguments: str) -> tuple[int, str]:
        console = Console(io.StringIO(), io.StringIO())
        status = run(["build", *arguments], Path(), {}, console)
        return status, console.err.getvalue()  # type: ignore[attr-defined]  # a StringIO

    def database() -> str:
        compose = (tmp_path / ".esb/docker-compose.services.yml").read_bytes()
        return present_engines(compose)["dynamodb"].name

    for first in ("dynamodb-local", "dynoxide", "scylladb"):
        assert build("--database", first, "--switch-engine")[0] == 0
        assert database() == first
        assert build() == (0, "")
        assert database() == first
        before = (tmp_path / ".esb/docker-compose.services.yml").read_bytes()
        other = next(engine.name for engine in ENGINES if engine.service == "dynamodb" and engine.name != first)
        for extra in ((), ("--check",), ("--json",)):
            assert build("--database", other, *extra)[0] == 1
        assert (tmp_path / ".esb/docker-compose.services.yml").read_bytes() == before

    # A folder of an older ESB, whose docker-compose.yml was the stack itself.
    folder = tmp_path / ".esb"
    (folder / "docker-compose.services.yml").replace(folder / "docker-compose.yml")
    assert build() == (0, "")
    assert database() == "scylladb"
    assert "include:" in (folder / "docker-compose.yml").read_text()


def test_a_stack_with_an_engine_that_esb_no_longer_starts_is_not_built_unasked() -> None:
    present = present_engines(LATER.replace(b"s3-storage", b"s3-storage-minio"))

    with pytest.raises(BuildError) as refused:
        chosen_engines({}, present, switch=False)

    assert str(refused.value).startswith(
        "this stack has minio, which esb no longer starts: the project was archived in April 2026."
        " To take the data along, while the stack is still up:\n"
    )
    assert "S3_ENDPOINT=http://127.0.0.1:9000 esb-provision export backup" in str(refused.value)
    assert chosen_engines({}, present, switch=True) == choose(dynamodb="scylladb")


@pytest.mark.parametrize("variable", ["ESB_DATABASE_URL", "ESB_S3_URL"])
def test_a_server_of_ones_own_is_kept_too(variable: str) -> None:
    services = {"ESB_DATABASE_URL": "dynamodb", "ESB_S3_URL": "s3"}
    present = present_engines(f'x: {{A: "${{{variable}:?set it}}"}}\nvolumes:\n  events:\n'.encode())

    assert present == {services[variable]: external(services[variable])}
    assert chosen_engines({}, present, switch=False) == choose(**{services[variable]: EXTERNAL})
    with pytest.raises(BuildError, match="this would replace external"):
        chosen_engines({services[variable]: next(iter(engines(services[variable])))}, present, switch=False)
