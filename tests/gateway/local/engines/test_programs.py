"""How the programs of engines are found, and where the database listens."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engines.programs import find_program, hidden_address


def executable(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o755)
    return path


def test_a_program_is_found_on_the_path_of_the_user(tmp_path: Path) -> None:
    weed = executable(tmp_path / "bin/weed")
    assert find_program("weed", {"PATH": str(weed.parent)}, "install it") == str(weed)


def test_a_program_is_found_where_a_wheel_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weed = executable(tmp_path / "bin/weed")
    monkeypatch.setattr(sys, "executable", str(weed.with_name("python")))
    assert find_program("weed", {"PATH": ""}, "install it") == str(weed)


def test_a_missing_program_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError) as error:
        find_program("no-such-database", {"PATH": ""}, "install it, or leave --database out")
    assert str(error.value) == "no-such-database: not found on PATH; install it, or leave --database out."


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have 127.0.0.1 alone")
def test_a_database_without_a_check_listens_where_nobody_looks() -> None:
    found = {hidden_address() for _ in range(20)}
    assert len(found) == 20
    assert all(ipaddress.ip_address(address).is_loopback for address in found)
