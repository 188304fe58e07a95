"""Changes of objects from RustFS to the feed that the gateway reads, by its webhook."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from esb_gateway.storage_events.received_events import ReceivedEvents
from esb_schemas.agreements.storage_events import TOKEN_VARIABLE, URL_VARIABLE
from tests.provisioner.command import KEYS, Stack, client

from .conftest import wait_for
from .rustfs import TOKEN, free_port, rustfs, webhook

DOCUMENT: dict[str, Any] = {
    "S3": [{"BucketName": "uploads", "NotificationConfiguration": {"EventBridgeConfiguration": {}}}]
}


@contextmanager
def receiver(file: Path, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "esb_gateway", "storage-events", "--webhook", str(file), "--port", str(port)]
    environment = {**os.environ, **KEYS, TOKEN_VARIABLE: TOKEN}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("ready: ")
            yield
        finally:
            process.kill()


def names(file: Path) -> list[str]:
    """What was received, from the file of a receiver that has ended."""
    received = ReceivedEvents(file, 1)
    try:
        return [f"{event.name} {event.key}" for event in received.page(received.read_until).events]
    finally:
        received.close()


def queued(data: Path) -> list[Path]:
    """Events that are whole on the disk; RustFS deletes what has the name of a temporary file when it starts."""
    return [path for path in (data / ".q").rglob("*.event*") if path.suffix != ".tmp"]


def test_changes_arrive_also_those_of_a_time_when_nothing_listened(tmp_path: Path) -> None:
    """Both processes are killed in between."""
    file, data, port, feed = tmp_path / "events.sqlite", tmp_path / "data", free_port(), free_port()
    url = f"http://127.0.0.1:{feed}"
    environment = webhook(url, data)
    with receiver(file, feed), rustfs(data, environment, port) as server:
        stack, s3 = Stack(server.url, tmp_path), client("s3", server.url)
        made = stack.provision(DOCUMENT, "--json", **{URL_VARIABLE: url})
        assert (made.code, made.results) == (0, {"uploads": "created"}), made.err
        assert stack.provision(DOCUMENT, "--json", **{URL_VARIABLE: url}).results == {"uploads": "unchanged"}
        assert "Contents" not in s3.list_objects_v2(Bucket="uploads")
        s3.put_object(Bucket="uploads", Key="in/a b+é", Body=b"1")
        wait_for(lambda: b"in/a b" in b"".join(each.read_bytes() for each in tmp_path.glob("events.sqlite*")))
    with rustfs(data, environment, port):
        s3.delete_object(Bucket="uploads", Key="in/a b+é")
        wait_for(lambda: queued(data) or None)
    with receiver(file, feed), rustfs(data, environment, port):
        wait_for(lambda: not queued(data))
    assert names(file) == ["ObjectCreated:Put in/a b+é", "ObjectRemoved:Delete in/a b+é"]


def test_a_webhook_that_is_not_called_fails_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("esb_provisioner.services.s3.webhook.TIMEOUT", 3.0)
    feed = free_port()
    url = f"http://127.0.0.1:{feed}"
    wrong = webhook(f"http://127.0.0.1:{free_port()}", tmp_path / "data")
    with receiver(tmp_path / "events.sqlite", feed), rustfs(tmp_path / "data", wrong) as server:
        made = Stack(server.url, tmp_path).provision(DOCUMENT, **{URL_VARIABLE: url})
    assert made.code == 5
    assert "bucket uploads: a new object was not reported to" in made.err
