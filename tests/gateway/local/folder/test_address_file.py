"""The file that says where the gateway of a folder listens: whose address is found, and whose is not."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.folder.address_file import AddressFile, running_gateway

URL = "http://127.0.0.1:9090"
HOLD = "import os, sys; f = open(sys.argv[1], 'r+'); os.lockf(f.fileno(), os.F_LOCK, 0); print(flush=True); input()"
SERVE = """
import sys
from pathlib import Path
from esb_gateway.local.folder.address_file import AddressFile
file = AddressFile(Path(sys.argv[1]), print)
file.create(sys.argv[2])
print(flush=True)
input()
file.close()
"""


@contextmanager
def other_process(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """It has said that it is ready; with the end of its input it ends."""
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "\n"
        yield process
        process.communicate("\n")


@pytest.mark.parametrize(
    ("listening", "found"),
    [
        (URL, URL),
        ("https://localhost:9090", "https://localhost:9090"),
        ("http://0.0.0.0:9090", URL),
        ("http://[::]:9090", "http://[::1]:9090"),
        ("http://192.0.2.1:9090", None),
    ],
)
def test_a_gateway_is_found_while_it_runs(tmp_path: Path, listening: str, found: str | None) -> None:
    with other_process(SERVE, str(tmp_path), listening):
        assert running_gateway(tmp_path) == found
        assert found is None or stat.S_IMODE((tmp_path / "local/gateway.url").stat().st_mode) == 0o600
    assert running_gateway(tmp_path) is None
    assert not (tmp_path / "local/gateway.url").exists()


def test_one_that_was_killed_is_not_found_and_the_next_takes_its_file(tmp_path: Path) -> None:
    with other_process(SERVE, str(tmp_path), URL) as process:
        process.kill()
        process.wait()
        assert (tmp_path / "local/gateway.url").read_text() == f"{URL}\n"
        assert running_gateway(tmp_path) is None
    with other_process(SERVE, str(tmp_path), "http://127.0.0.1:9"):
        assert running_gateway(tmp_path) == "http://127.0.0.1:9"


def test_the_second_gateway_of_a_folder_says_that_the_first_one_is_found(tmp_path: Path) -> None:
    notes: list[str] = []
    with other_process(SERVE, str(tmp_path), URL), closing(AddressFile(tmp_path, notes.append)) as second:
        second.create("http://127.0.0.1:9091")
        second.close()
        assert running_gateway(tmp_path) == URL
    assert notes == [
        f"{tmp_path}/local/gateway.url: the other commands find this gateway only with --url http://127.0.0.1:9091 "
        "(another one runs in this folder, and they find that)."
    ]


def of_a_checkout(file: Path, content: str = URL) -> None:
    file.parent.mkdir()
    file.touch(0o600)
    file.write_text(content)


@pytest.mark.parametrize(
    "content", ["http://192.0.2.1:80", "http://127.0.0.1.example", "http://127.0.0.1@192.0.2.1", "http://[", "\xff", ""]
)
def test_the_address_of_another_machine_is_none_even_if_a_process_holds_it(tmp_path: Path, content: str) -> None:
    of_a_checkout(file := tmp_path / "local/gateway.url", content)
    with other_process(HOLD, str(file)):
        assert running_gateway(tmp_path) is None


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_that_came_with_a_checkout_is_nobodys_address(tmp_path: Path, mode: int) -> None:
    of_a_checkout(file := tmp_path / "local/gateway.url")
    file.chmod(mode)
    assert running_gateway(tmp_path) is None
    with other_process(SERVE, str(tmp_path), "http://127.0.0.1:9"):
        assert running_gateway(tmp_path) == "http://127.0.0.1:9"


def test_a_file_that_others_can_write_is_not_read(tmp_path: Path) -> None:
    of_a_checkout(file := tmp_path / "local/gateway.url")
    file.chmod(0o660)
    with other_process(HOLD, str(file)):
        assert running_gateway(tmp_path) is None
        file.chmod(0o600)
        assert running_gateway(tmp_path) == URL


def test_a_link_in_its_place_is_followed_by_nobody(tmp_path: Path) -> None:
    notes: list[str] = []
    other = tmp_path / "other"
    other.write_text("mine")
    (tmp_path / "local").mkdir()
    (tmp_path / "local/gateway.url").symlink_to(other)
    with pytest.raises(ConfigurationError, match="is a link"):
        running_gateway(tmp_path)
    with closing(AddressFile(tmp_path, notes.append)) as file:
        file.create(URL)
    assert "is a link" in notes[0]
    assert other.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    notes: list[str] = []
    (tmp_path / "local").touch()
    with closing(AddressFile(tmp_path, notes.append)) as file:
        file.create(URL)
    assert notes[0].startswith(f"{tmp_path}/local/gateway.url: the other commands find this gateway only with --url")
    assert running_gateway(tmp_path) is None
    (tmp_path / "local").unlink()
    assert running_gateway(tmp_path) is None
