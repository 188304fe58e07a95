"""A folder that came with a checkout: whatever is in it, `esb-gateway local` changes and follows nothing outside."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from esb_gateway.async_invoke.event_database import FileError, open_database
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.function_folders import FunctionFolders
from esb_gateway.execution.embedded.toolchain import Toolchain
from esb_gateway.local.builds import requirements
from esb_gateway.local.builds.cache import fill
from esb_gateway.local.folder.credentials import read_credentials
from esb_gateway.local.folder.reading import read_folder
from esb_gateway.local.rooted_paths import below, check_root, database_file, file_below
from tests.gateway.local.local_gateway import LocalGateway


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """What nobody may touch."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "id").write_text("mine")
    (folder / "functions.yml").write_text("functions: {}\n")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*")}


def link(path: str, target: str = "") -> Callable[[Path, Path], None]:
    def plant(root: Path, home: Path) -> None:
        place = root / path
        if place.is_dir():
            shutil.rmtree(place)
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(os.path.relpath(home / target, place.parent))

    return plant


def fifo(path: str) -> Callable[[Path, Path], None]:
    def plant(root: Path, _: Path) -> None:
        (root / path).unlink()
        os.mkfifo(root / path)

    return plant


@pytest.mark.parametrize(
    ("plant", "sentence"),
    [
        (link("config"), "stack/config: is a link; esb-gateway follows no links below"),
        (link("config/functions.yml", "functions.yml"), "config/functions.yml: is a link"),
        (link("config/routing.yml", "new"), "config/routing.yml: is a link"),
        (link("config/resources.yml", "id"), "config/resources.yml: is a link"),
        (link("functions/echo"), "functions/echo: is a link"),
        (link("functions"), "stack/functions: is a link"),
        (fifo("config/functions.yml"), "config/functions.yml: is not a regular file; delete it and build again."),
        (fifo("config/resources.yml"), "config/resources.yml: is not a regular file"),
    ],
)
def test_files_that_are_read(by_hand: Path, home: Path, plant: Callable[[Path, Path], None], sentence: str) -> None:
    plant(by_hand, home)
    with pytest.raises(ConfigurationError, match=re.escape(sentence)):
        read_folder(by_hand, Toolchain())


@pytest.mark.parametrize("place", ["local", "local/deps", "local/deps/{hash}"])
def test_packages_are_installed_nowhere_else(by_hand: Path, home: Path, place: str) -> None:
    (by_hand / "functions/echo/requirements.txt").write_text("one==1\n")
    functions = read_folder(by_hand, Toolchain()).runnable
    (wanted,) = requirements.required(functions, FunctionFolders(by_hand))
    link(place.format(hash=wanted.target.name))(by_hand, home)
    before = content(home)
    with pytest.raises(ConfigurationError, match="is a link; esb-gateway follows no links below"):
        requirements.required(functions, FunctionFolders(by_hand))
    assert content(home) == before


def test_the_log_of_an_installation_that_failed_replaces_a_link(by_hand: Path, home: Path) -> None:
    async def fail(_: object, line: Callable[[str], object]) -> int:
        line("no such package")
        return 1

    (by_hand / "functions/echo/requirements.txt").write_text("one==1\n")
    (wanted,) = requirements.required(read_folder(by_hand, Toolchain()).runnable, FunctionFolders(by_hand))
    log = wanted.target.with_suffix(".log")
    link(str(log.relative_to(by_hand)), "id")(by_hand, home)
    with pytest.raises(BaseExceptionGroup):
        asyncio.run(fill(requirements.fillings([wanted], {"PATH": os.environ["PATH"]}), fail, print))
    assert (home / "id").read_text() == "mine"
    assert (log.is_symlink(), log.read_text()) == (False, "no such package\n")
    assert [path.name for path in log.parent.iterdir()] == [log.name]


@pytest.mark.parametrize("name", ["events.sqlite3", "events.sqlite3-wal", "events.sqlite3-shm"])
def test_events_are_written_nowhere_else(tmp_path: Path, home: Path, name: str) -> None:
    link(f"data/{name}", "id")(tmp_path, home)
    with pytest.raises(FileError, match=f"{name} is a link; delete it, or name another file"):
        open_database(tmp_path / "data/events.sqlite3")
    assert (home / "id").read_text() == "mine"


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_queues_are_written_nowhere_else(tmp_path: Path, home: Path, suffix: str) -> None:
    file = tmp_path / "data/cloud.sqlite3"
    assert database_file(file) == file
    link(f"data/cloud.sqlite3{suffix}", "id")(tmp_path, home)
    with pytest.raises(ConfigurationError, match=f"cloud.sqlite3{suffix}: is a link; delete it"):
        database_file(file)


def test_credentials_of_others(by_hand: Path, home: Path, tmp_path: Path) -> None:
    secrets = by_hand / "secrets.env"
    assert read_credentials(secrets)
    secrets.chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"secrets\.env is open to other users; delete it and build again"):
        read_credentials(secrets)
    secrets.chmod(0o600)
    shutil.copy(secrets, home / "secrets.env")
    link("secrets.env", "secrets.env")(by_hand, home)
    with pytest.raises(ConfigurationError, match=r"secrets\.env: is a link; delete it and run esb build"):
        read_credentials(secrets)
    secrets.unlink()
    os.mkfifo(secrets, 0o600)
    with pytest.raises(ConfigurationError, match=r"secrets\.env is not a regular file; delete it and build again"):
        read_credentials(secrets)


def test_credentials_that_git_tracks(by_hand: Path) -> None:
    for command in (("init", "-q"), ("add", "secrets.env")):
        subprocess.run(["git", "-C", str(by_hand), *command], check=True)
    with pytest.raises(ConfigurationError, match=r"secrets\.env is tracked by git, so whoever has the repository"):
        read_credentials(by_hand / "secrets.env")


@pytest.mark.parametrize("path", ["../home/id", "/etc/passwd", "functions/../../home"])
def test_a_path_that_leads_above_the_folder(by_hand: Path, path: str) -> None:
    with pytest.raises(ConfigurationError, match="does not lead below"):
        below(by_hand, path)


def test_the_folder_itself_may_be_a_link_if_the_user_names_it(
    by_hand: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (".esb", "mine"):
        Path(name).symlink_to(by_hand)
    check_root(Path("mine"))
    assert file_below(Path("mine"), "config/functions.yml").is_file()
    with pytest.raises(ConfigurationError, match=r"\.esb: is a link; if you made it, name the folder that it leads to"):
        check_root(Path(".esb"))


@pytest.mark.server
def test_the_command_says_so_in_one_sentence(by_hand: Path, home: Path, start: Callable[..., LocalGateway]) -> None:
    link("functions/echo")(by_hand, home)
    gateway = start(by_hand)
    assert gateway.wait() == 1
    assert gateway.notes[-1].startswith(f"esb-gateway: {by_hand}/functions/echo: is a link; esb-gateway follows no")
    assert not any("Traceback" in line for line in gateway.notes)
