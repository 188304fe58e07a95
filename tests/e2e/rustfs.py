"""RustFS as a process, if it is on this machine: at ESB_RUSTFS, else on PATH."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from esb_schemas.agreements import storage_events
from esb_schemas.engines.table import engines
from tests.provisioner.command import KEYS
from tests.provisioner.matrix import Server

from .conftest import wait_for

TOKEN = "a-token"
NOTHING: Mapping[str, str] = MappingProxyType({})


def program() -> str:
    """Its path; skips the test if it is not here."""
    path = os.environ.get("ESB_RUSTFS") or shutil.which("rustfs")
    if path is None:
        pytest.skip("there is no RustFS: ESB_RUSTFS is not set, and it is not on PATH")
    return path


@contextmanager
def rustfs(folder: Path, environment: Mapping[str, str] = NOTHING, port: int = 0) -> Iterator[Server]:
    """RustFS with its data in a folder, on a free port of loopback; killed at the end."""
    path = program()
    folder.mkdir(exist_ok=True)
    port = port or free_port()
    variables = {
        **os.environ,
        "RUSTFS_ACCESS_KEY": KEYS["AWS_ACCESS_KEY_ID"],
        "RUSTFS_SECRET_KEY": KEYS["AWS_SECRET_ACCESS_KEY"],
        "RUSTFS_SSE_S3_MASTER_KEY": base64.b64encode(bytes(32)).decode(),  # in the stack it is kept beside the data
        "RUSTFS_ADDRESS": f"127.0.0.1:{port}",
        "RUSTFS_CONSOLE_ENABLE": "false",
        "RUSTFS_VOLUMES": str(folder),
        **environment,
    }
    with (
        (folder.parent / "rustfs.log").open("ab") as log,
        subprocess.Popen([path], env=variables, stdout=log, stderr=log) as process,
    ):
        try:
            server = Server("rustfs", ("S3",), f"http://127.0.0.1:{port}")
            wait_for(lambda: server.answers() or process.poll() is not None)
            assert process.poll() is None, (folder.parent / "rustfs.log").read_text()
            yield server
        finally:
            process.kill()


def webhook(url: str, folder: Path) -> dict[str, str]:
    """The environment of the engine's row, by which it calls the webhook at a URL, with its queue beside its data."""
    row = engines("s3")["rustfs"].webhook
    given = {
        "ENDPOINT_ESB": f"{url}{storage_events.PATH}",
        "AUTH_TOKEN_ESB": TOKEN,
        "QUEUE_DIR_ESB": str(folder / Path(row["RUSTFS_NOTIFY_WEBHOOK_QUEUE_DIR_ESB"]).name),
    }
    here = {f"RUSTFS_NOTIFY_WEBHOOK_{name}": value for name, value in given.items()}
    return {**row, **here, "RUSTFS_OUTBOUND_ALLOW_ORIGINS": url}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port
