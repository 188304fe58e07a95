"""How SeaweedFS is started. tests/e2e/test_embedded_engines.py runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from esb_gateway.errors import ConfigurationError
from esb_gateway.local.engines import seaweedfs
from esb_gateway.local.engines.seaweedfs import Ports, server_arguments

PORTS = Ports(1, 2, 3, 4, 5, 6, 7, 8)
OPEN_HTTP = {"-disableHttp", "-filer.disableHttp"}


def test_only_the_s3_port_of_the_storage_answers_http() -> None:
    arguments = server_arguments(Path("/data"), PORTS)
    assert set(arguments) >= OPEN_HTTP
    hosts = {each.partition("=")[2] for each in arguments if each.startswith(("-ip", "-s3.ip"))}
    assert hosts == {"127.0.0.1"}


def test_the_keys_of_the_storage_are_in_no_list_of_processes(tmp_path: Path) -> None:
    folder = tmp_path / "seaweedfs"
    folder.mkdir()
    key = seaweedfs._encryption_key(folder)
    assert seaweedfs._encryption_key(folder) == key, "objects could not be read again"
    assert (folder / "sse.key").stat().st_mode & 0o777 == 0o600
    assert key not in " ".join(server_arguments(folder, PORTS))


def test_the_storage_gets_the_pairs_of_functions_in_a_file_of_its_owner(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.touch(0o600)
    env.write_text("ESB_S3_IDENTITIES=eyJpZGVudGl0aWVzIjogW119\n")
    file = seaweedfs._write_identities(tmp_path, tmp_path / "identities.json")
    assert file is not None
    assert (file.read_text(), file.stat().st_mode & 0o777) == ('{"identities": []}', 0o600)
    assert f"-s3.config={file}" in server_arguments(tmp_path, PORTS, file)
    env.write_text("ESB_S3_IDENTITIES=?\n")
    with pytest.raises(ConfigurationError, match="ESB_S3_IDENTITIES is not as esb build writes it"):
        seaweedfs._write_identities(tmp_path, tmp_path / "other.json")
    env.write_text("")
    assert seaweedfs._write_identities(tmp_path, tmp_path / "third.json") is None


def test_the_state_of_a_master_with_other_ports_is_removed(tmp_path: Path) -> None:
    for name in ("m9333", "filerldb2"):
        (tmp_path / "data" / name).mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data/m1").symlink_to(tmp_path / "elsewhere")
    seaweedfs._prepare(tmp_path / "data")
    assert sorted(each.name for each in (tmp_path / "data").iterdir()) == ["filerldb2", "m1"]


def test_a_file_in_place_of_a_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "seaweedfs").touch()
    with pytest.raises(ConfigurationError, match="seaweedfs: File exists; name a DIR that can be written"):
        seaweedfs._prepared(tmp_path / "seaweedfs")
