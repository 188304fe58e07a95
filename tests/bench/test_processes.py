"""Servers of the benchmarks: the ports that they get."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bench.processes import (
    PortTaken,
    Server,
    has_printed_port,
    listens,
    on_free_ports,
    printed_port,
    serving,
)

pytestmark = pytest.mark.server
LOG_SERVER = Path(__file__).parents[2] / "bench/log_server.py"


@contextmanager
def web_server(folder: Path, port: int) -> Iterator[tuple[Server, int]]:
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with serving(command, folder, os.environ, listens_alone(port)) as server:
        yield server, port


def listens_alone(port: int) -> Callable[[Server], bool]:
    """Ready once the server itself has said so: the test may listen on the same port."""
    return lambda server: f"port {port}" in server.log.read_text() and listens(port)(server)


def test_a_server_gets_other_ports_if_one_was_taken(tmp_path: Path) -> None:
    tried: list[socket.socket] = []

    @contextmanager
    def serve(port: int) -> Iterator[int]:
        if not tried:
            tried.append(socket.create_server(("127.0.0.1", port)))
        with web_server(tmp_path, port) as (_, served):
            yield served

    with on_free_ports(1, serve) as port:
        assert port != tried[0].getsockname()[1]
    tried[0].close()


def test_a_server_that_never_gets_its_port_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:

        def serve(_: int) -> AbstractContextManager[tuple[Server, int]]:
            return web_server(tmp_path, taken.getsockname()[1])

        with pytest.raises(PortTaken, match="did not start"), on_free_ports(1, serve):
            pass


def test_a_server_that_takes_a_free_port_says_which(tmp_path: Path) -> None:
    with serving([sys.executable, str(LOG_SERVER), "0"], tmp_path, os.environ, has_printed_port) as server:
        assert listens(printed_port(server))(server)
