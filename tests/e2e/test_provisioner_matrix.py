"""Every scenario of the provisioner on moto, and on each server that is on this machine; prints the matrix.

RustFS is a program, see rustfs.py, the others are images.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from moto.server import ThreadedMotoServer

from tests.provisioner.command import KEYS
from tests.provisioner.matrix import Played, Server, check, play
from tests.provisioner.scenarios import SCENARIOS, Scenario

from .conftest import MATRIX, docker
from .rustfs import rustfs

START = 40.0  # seconds, on a busy machine; radosgw hangs at its start now and then, and is started anew


@dataclass(frozen=True)
class Image:
    """A server in a container, without data of its own."""

    name: str
    section: str
    image: str
    port: int
    command: tuple[str, ...] = ()


IMAGES = {
    each.name: each
    for each in (
        Image("dynoxide", "DynamoDB", "ghcr.io/nubo-db/dynoxide:1.5.0", 8000),
        Image("dynamodb-local", "DynamoDB", "esb-lab/database:ddblocal", 8000),
        Image("seaweedfs", "S3", "chrislusf/seaweedfs:4.48", 9000),
        Image("radosgw", "S3", "esb-lab/s3:radosgw", 9000),
        Image("rclone", "S3", "esb-lab/s3:rclone", 9000),
    )
}
SECTIONS = {"moto": ("DynamoDB", "S3"), "rustfs": ("S3",), **{each.name: (each.section,) for each in IMAGES.values()}}
PAIRS = [
    pytest.param(name, scenario, id=f"{name}: {scenario.name}")
    for name, sections in SECTIONS.items()
    for scenario in SCENARIOS
    if scenario.section in sections
]


@contextmanager
def moto() -> Iterator[Server]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Server("moto", SECTIONS["moto"], f"http://{host}:{port}")
    server.stop()


@contextmanager
def container(image: Image, host: str = "127.0.0.1") -> Iterator[Server]:
    """The server on a free port of an address of this machine; skips if its image is not there."""
    if subprocess.run(["docker", "image", "inspect", image.image], capture_output=True, check=False).returncode:
        pytest.skip(f"the image {image.image} is not on this machine")
    variables = [option for name, value in KEYS.items() for option in ("--env", f"{name}={value}")]
    # radosgw and rclone run in RustFS's place, with its variables.
    variables += ["--env", f"RUSTFS_ACCESS_KEY={KEYS['AWS_ACCESS_KEY_ID']}"]
    variables += ["--env", f"RUSTFS_SECRET_KEY={KEYS['AWS_SECRET_ACCESS_KEY']}"]
    options = ("--detach", "--rm", "--publish", f"{host}::{image.port}", *variables)
    for attempt in range(3):
        identity = docker("run", *options, image.image, *image.command).strip()
        try:
            address = docker("port", identity, str(image.port)).split()[0]
            server = Server(image.name, (image.section,), f"http://{address}")
            if not answers(server) and attempt < 2:
                continue
            yield server
            return
        finally:
            docker("rm", "--force", "--volumes", identity)


def answers(server: Server) -> bool:
    end = time.monotonic() + START
    while time.monotonic() < end:
        if server.answers():
            return True
        time.sleep(0.2)
    return False


@pytest.fixture(scope="module", params=SECTIONS)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("matrix")
    if image := IMAGES.get(request.param):
        running = container(image)
    else:
        running = rustfs(folder / "data") if request.param == "rustfs" else moto()
    with running as server:
        yield play(server, folder)


@pytest.mark.parametrize(("played", "scenario"), PAIRS, indirect=["played"], scope="module")
def test_a_scenario(played: Played, scenario: Scenario, record_property: Callable[[str, object], None]) -> None:
    """conftest.py prints the cells when all is done."""
    place = (scenario.name, played.server.name)
    record_property(MATRIX, (*place, "WRONG"))
    check(played, scenario)
    record_property(MATRIX, (*place, played.cell(scenario)))
