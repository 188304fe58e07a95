"""How the programs of engines are found and started. tests/e2e/test_embedded_engines.py runs them."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path

import pytest

from esb_gateway.child_processes.launcher import Command
from esb_gateway.errors import ConfigurationError
from esb_gateway.execution.embedded.launch import with_parent
from esb_gateway.local.backends import Servers
from esb_gateway.local.engines import dynoxide, seaweedfs
from esb_gateway.local.engines.choice import EngineChoice
from esb_gateway.local.engines.programs import find_program, hidden_address
from esb_gateway.local.engines.running import missing_capabilities
from esb_gateway.local.engines.seaweedfs import Ports, server_arguments

PORTS = Ports(1, 2, 3, 4, 5, 6, 7, 8)
OPEN_HTTP = {"-disableHttp", "-filer.disableHttp"}


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


def test_an_engine_dies_with_the_gateway() -> None:
    command = with_parent(Command(("/bin/dynoxide", "serve", "--port", "1"), {"PATH": "/bin"}, Path("/")), 42)
    assert command.arguments[4:] == ("42", "/bin/dynoxide", "--", "serve", "--port", "1")
    assert command.environment == {"PATH": "/bin"}


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
    with pytest.raises(ConfigurationError, match=r"dynamodb\.sqlite: Not a directory; name a DIR that can be written"):
        dynoxide._file(tmp_path / "seaweedfs")


def test_the_reason_of_an_end_is_in_the_output() -> None:
    assert dynoxide._sentence("error: port 8000 is taken") == "dynoxide: port 8000 is taken."
    assert dynoxide._sentence("Dynoxide listening on http://127.0.0.1:8000") is None


def test_functions_reach_an_engine_through_the_gateway_and_the_provisioner_directly() -> None:
    servers = Servers(
        "http://127.0.0.1:1", "http://127.0.0.1:2", engine="http://127.5.5.5:3", storage_events="http://f"
    )
    assert servers.ready_lines() == "dynamodb: http://127.0.0.1:1\ns3: http://127.0.0.1:2\n"
    assert servers.endpoint_variables() == {
        "DYNAMODB_ENDPOINT": "http://127.5.5.5:3",
        "S3_ENDPOINT": "http://127.0.0.1:2",
    }
    assert servers.own_endpoints() == {
        "dynamodb": "http://127.5.5.5:3",
        "dynamodbstreams": "http://127.5.5.5:3",
        "storage-events": "http://f",
    }
    for variables in (servers.sdk_variables("g", "e"), servers.client_variables("g", "e")):
        assert "http://127.5.5.5:3" not in variables.values()
        assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:1"


def test_what_an_engine_lacks_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/resources.yml").write_text(
        "DynamoDB:\n"
        "  - TableName: things\n"
        "    KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "    AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "    BillingMode: PAY_PER_REQUEST\n"
        "    PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}\n"
        "S3:\n"
        "  - BucketName: files\n"
        "    PublicAccessBlockConfiguration: {BlockPublicAcls: true}\n"
    )
    assert [*missing_capabilities(tmp_path, EngineChoice())] == []
    assert [*missing_capabilities(tmp_path, EngineChoice("dynoxide", "seaweedfs"))] == [
        "things: dynoxide has no point-in-time recovery: there are no backups; esb-provision export makes one.",
        "files: seaweedfs has no public access blocks: the block is not stored; without a bucket policy nothing is "
        "public.",
    ]
