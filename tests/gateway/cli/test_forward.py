"""`esb-gateway forward` as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import pytest

from esb_gateway.cli import main


@pytest.mark.enable_socket
def test_it_forwards_until_it_is_stopped() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = f"127.0.0.1:{server.getsockname()[1]}"
        command = [sys.executable, "-m", "esb_gateway", "forward", target, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline().removeprefix("ready: tcp://127.0.0.1:"))
            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(b"hello")
                behind, _ = server.accept()
                with behind:
                    assert behind.recv(100) == b"hello"
                    behind.sendall(b"world")
                    assert client.recv(100) == b"world"
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
                assert client.recv(100) == b""


@pytest.mark.parametrize("target", ["s3-storage", "s3-storage:http", ":9000"])
def test_a_target_without_host_or_port_is_refused(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["forward", target])

    assert ended.value.code == 2
    assert "usage: esb-gateway" in capsys.readouterr().err
