"""An output folder that came with a checkout: whatever is in it, no command changes or removes anything else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import TEMPLATE, Esb

Plant = Callable[[Path, Path], object]


@pytest.fixture(name="home")
def victims_home(tmp_path: Path) -> Path:
    """A folder beside the project, with what no build may touch."""
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    (home / "notes.txt").write_text("mine")
    (home / "keys/id").write_text("secret")
    (home / "manifest.json").write_text('{"files": []}')
    (home / "secrets.env").write_text("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\nESB_RUNTIME_SECRET=c\n")
    (home / "secrets.env").chmod(0o600)
    return home


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below a folder, with mode, time of change, and content."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (folder, *folder.rglob("*"))
    }


def link(path: str, target: str) -> Plant:
    """A link at a path below the output, to a place below the home."""

    def plant(output: Path, home: Path) -> None:
        place = output / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(home / target, place.parent))

    return plant


def known_link(path: str, target: str) -> Plant:
    """The same, and the manifest says that esb wrote what is there."""

    def plant(output: Path, home: Path) -> None:
        link(path, target)(output, home)
        known = [path, *(f"{path}/{below}" for below in ("notes.txt", "keys/id"))]
        (output / "manifest.json").write_text(json.dumps({"files": known}))

    return plant


TARGETS = {
    "functions/OrdersFunction/code": "keys",
    "functions": ".",
    "config": "",
    "services/gateway": "new/folder",
    "runtime": "keys",
    "config/resources.yml": "notes.txt",
    "docker-compose.yml": "notes.txt",
    "docker-stack.yml": "made.yml",
}
OWN_TARGETS = {"manifest.json": "manifest.json", "secrets.env": "secrets.env", ".env": "made.env"}
PLANTS = {
    **{path: (link(path, target), path) for path, target in (TARGETS | OWN_TARGETS).items()},
    **{f"{path} known": (known_link(path, target), path) for path, target in TARGETS.items()},
}
COMMANDS = pytest.mark.parametrize("command", [("build",), ("build", "--check"), ("build", "--json")], ids=" ".join)


@COMMANDS
@pytest.mark.parametrize(("plant", "path"), PLANTS.values(), ids=PLANTS)
def test_a_link_in_the_way_is_an_error_that_names_it(  # noqa: PLR0917
    project: Path, home: Path, esb: Esb, plant: Plant, path: str, command: tuple[str, ...]
) -> None:
    plant(project / ".esb", home)
    before = state(home)
    result = esb(*command)

    assert result.code == 1
    assert f".esb/{path} is a link; esb follows no links below .esb, so delete it" in result.out + result.err
    assert state(home) == before
    assert not (project / "compose.yaml").exists()


@COMMANDS
def test_a_link_around_a_file_of_an_earlier_build_is_an_error(
    project: Path, home: Path, esb: Esb, command: tuple[str, ...]
) -> None:
    """It is no longer wanted, so a build would remove it."""
    known_link("old", ".")(project / ".esb", home)
    before = state(home)
    result = esb(*command)

    assert result.code == 1
    assert ".esb/old is a link" in result.out + result.err
    assert state(home) == before


@COMMANDS
@pytest.mark.parametrize(
    "entry",
    [
        "../../home/notes.txt",
        "../../home/keys/id",
        "config/../../../home/notes.txt",
        "/HOME/notes.txt",
        "",
        ".",
        "..",
        "./config",
        "config//functions.yml",
        "config/",
        "a\0b",
        "secrets.env",
        ".env",
        5,
        None,
        ["a"],
    ],
)
def test_a_manifest_that_names_anything_else_is_an_error(
    project: Path, home: Path, esb: Esb, entry: object, command: tuple[str, ...]
) -> None:
    name = entry.replace("HOME", str(home)[1:]) if isinstance(entry, str) else entry
    (project / ".esb").mkdir()
    (project / ".esb/manifest.json").write_text(json.dumps({"files": ["config/functions.yml", name]}))
    before = state(home), state(project)
    result = esb(*command)

    assert result.code == 1
    assert ".esb/manifest.json names " in result.out + result.err
    assert "which esb never writes; delete .esb, as nothing in it can be trusted" in result.out + result.err
    assert (state(home), state(project)) == before


@COMMANDS
def test_an_output_that_is_a_link_is_refused_unless_it_is_named(
    project: Path, home: Path, esb: Esb, command: tuple[str, ...]
) -> None:
    (project / ".esb").symlink_to(home)
    before = state(home)
    result = esb(*command)

    assert result.code == 1
    assert ".esb is a link; if you made it, build with --output .esb, else delete it" in result.out + result.err
    assert state(home) == before


def test_an_output_that_is_a_link_may_be_named(project: Path, tmp_path: Path, esb: Esb) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / ".esb").symlink_to(tmp_path / "elsewhere")

    assert esb("build", "--output", ".esb").code == 0
    assert (tmp_path / "elsewhere/docker-compose.yml").exists()
    assert (project / ".esb").is_symlink()
    assert esb("build", "--output", ".esb", "--check").code == 0


@COMMANDS
@pytest.mark.parametrize("name", ["../../../home", "..", ".", "a/../../../home", "/tmp/x"])
def test_a_name_of_the_template_leads_nowhere_else(
    project: Path, home: Path, esb: Esb, name: str, command: tuple[str, ...]
) -> None:
    (project / "template.yaml").write_text(TEMPLATE.replace("CodeUri: src,", f"CodeUri: src, FunctionName: {name},"))
    before = state(home), state(project)

    assert esb(*command).code == 1
    assert (state(home), state(project)) == before


def test_the_watch_says_the_same_and_touches_nothing(project: Path, home: Path) -> None:
    link("functions/OrdersFunction/code", "keys")(project / ".esb", home)
    before = state(home)
    command = [sys.executable, "-m", "esb_generator", "build", "--watch"]
    with subprocess.Popen(command, cwd=project, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.terminate()

    assert ".esb/functions/OrdersFunction/code is a link" in first
    assert state(home) == before


@pytest.mark.parametrize("name", ["manifest.json", "secrets.env", ".env"])
def test_a_fifo_blocks_nothing(project: Path, esb: Esb, name: str) -> None:
    (project / ".esb").mkdir()
    os.mkfifo(project / ".esb" / name, 0o600)
    result = esb("build")

    assert (result.code, f".esb/{name} is not a regular file; delete it" in result.err) == (1, True)


def test_a_fifo_that_the_manifest_names_is_replaced_and_never_opened(project: Path, esb: Esb) -> None:
    (project / ".esb/config").mkdir(parents=True)
    os.mkfifo(project / ".esb/config/resources.yml")
    (project / ".esb/manifest.json").write_text('{"files": ["config/resources.yml"]}')

    assert esb("build").code == 0
    assert (project / ".esb/config/resources.yml").is_file()


@pytest.mark.parametrize("command", [("build",), ("build", "--check")], ids=" ".join)
def test_secrets_that_came_with_a_checkout_are_refused_before_anything_is_written(
    project: Path, esb: Esb, command: tuple[str, ...]
) -> None:
    (project / ".esb").mkdir()
    (project / ".esb/secrets.env").write_text("AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\nESB_RUNTIME_SECRET=c\n")
    (project / ".esb/secrets.env").chmod(0o644)
    before = state(project)
    result = esb(*command)

    assert result.code == 1
    assert result.err == (
        "error: .esb/secrets.env is open to other users; delete it and build again, which makes new credentials,"
        " or close it with chmod 600 .esb/secrets.env\n"
    )
    assert state(project) == before


def test_temporary_folders_that_are_links_are_not_cleared(project: Path, home: Path, esb: Esb) -> None:
    link(".tmp-0", "keys")(project / ".esb", home)
    before = state(home)

    assert esb("build").code == 0
    assert state(home) == before


@pytest.mark.parametrize("name", ["compose.yaml", "docker-compose.yml"])
def test_a_compose_file_that_is_a_link_to_nothing_stays(project: Path, home: Path, esb: Esb, name: str) -> None:
    (project / name).symlink_to(home / "made.yaml")
    before = state(home)

    assert esb("build").code == 0
    assert state(home) == before
    assert (project / name).is_symlink()


@pytest.mark.parametrize(
    ("path", "target"),
    [("src", "keys"), ("src/hello", "new"), (".gitignore", "made"), ("src/hello/app.py", "notes.txt")],
)
def test_init_follows_no_link_in_its_folder(project: Path, home: Path, esb: Esb, path: str, target: str) -> None:
    folder = project / "sample"
    link(path, target)(folder, home)
    before = state(home), state(folder)
    result = esb("init", "sample")

    assert (result.code, f"sample/{path} is a link" in result.err) == (1, True)
    assert (state(home), state(folder)) == before
