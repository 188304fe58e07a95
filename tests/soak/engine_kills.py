"""Kill the stack's storage or database while it is written to: `nox -s soak -- --kill s3-storage --kills 20`.

The engine runs in Docker as `esb build` starts it. Eight clients write; each `kill -9` comes 1 to 3 s after the last
recovery. In the end, everything that was acknowledged is read and compared. Needs a Docker engine with the images.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from esb_schemas.backends import backend

CLIENTS: Final = 8
SIZES: Final = (100, 1_000, 20_000, 300_000)  # bytes
PAUSES: Final = (1.0, 3.0)  # seconds of load before each kill
_TEMPLATE: Final = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Table:
    Type: AWS::Serverless::SimpleTable
    Properties: {TableName: soak, PrimaryKey: {Name: id, Type: String}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: soak}}
"""
_ERRORS: Final = (BotoCoreError, ClientError, OSError)


class Store(NamedTuple):
    """What is written to: `prepare` makes the table or bucket, `read` gives what a key has, None for nothing."""

    service: str
    prepare: Callable[[Any], object]
    write: Callable[[Any, str, bytes], object]
    read: Callable[[Any, str], bytes | None]


def _read_object(s3: Any, key: str) -> bytes | None:
    try:
        content: bytes = s3.get_object(Bucket="soak", Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return content


def _read_item(dynamodb: Any, key: str) -> bytes | None:
    item = dynamodb.get_item(TableName="soak", Key={"id": {"S": key}}, ConsistentRead=True).get("Item")
    return None if item is None else bytes(item["body"]["B"])


def _create_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName="soak",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )


STORES: Final = {
    "s3-storage": Store(
        "s3",
        lambda s3: s3.create_bucket(Bucket="soak"),
        lambda s3, key, body: s3.put_object(Bucket="soak", Key=key, Body=body),
        _read_object,
    ),
    "database": Store(
        "dynamodb",
        _create_table,
        lambda db, key, body: db.put_item(TableName="soak", Item={"id": {"S": key}, "body": {"B": body}}),
        _read_item,
    ),
}


def soak_kills(name: str, kills: int, folder: Path, write: Callable[[str], None]) -> list[str]:
    """Run the load with so many kills; prints the measurements and returns the problems."""
    store = STORES[name]
    with running(name, folder) as engine:
        store.prepare(engine.client(store.service))
        end, acknowledged = threading.Event(), [list[str]() for _ in range(CLIENTS)]
        threads = [
            threading.Thread(target=_write_until, args=(end, store, engine, client, acknowledged[client]))
            for client in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        try:
            recoveries = [_kill(engine, store) for _ in range(kills)]
        finally:
            end.set()
            for thread in threads:
                thread.join()
        keys = [key for each in acknowledged for key in each]
        lost, torn = _compare(store, engine, keys)
    back = f"back after {statistics.median(recoveries):.1f} s (median), {max(recoveries):.1f} s at most"
    write(f"{name}: {kills} kills, {len(keys)} writes acknowledged, {len(lost)} lost, {len(torn)} torn; {back}")
    return [*(f"{name}: {key} is lost" for key in lost[:20]), *(f"{name}: {key} is torn" for key in torn[:20])]


class Running(NamedTuple):
    """An engine in a container."""

    name: str
    folder: Path
    environment: dict[str, str]
    port: int

    def client(self, service: str) -> Any:
        lines = (self.folder / ".esb/secrets.env").read_text().splitlines()
        known = dict(line.split("=", 1) for line in lines)
        return boto3.session.Session().client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name="us-east-1",
            aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
            config=Config(
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=10,
            ),
        )

    def compose(self, *arguments: str) -> str:
        """Raises SystemExit with Compose's own words."""
        command = ["docker", "compose", "--progress", "quiet", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"docker compose {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout


@contextmanager
def running(name: str, folder: Path) -> Iterator[Running]:
    """The engine alone, on a port of this machine; it is gone afterwards, with its data."""
    (folder / "template.yaml").write_text(_TEMPLATE)
    subprocess.run([sys.executable, "-m", "esb_generator", "build"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inside = backend(STORES[name].service).port
    published = {"services": {name: {"ports": [f"127.0.0.1:{port}:{inside}"]}}}
    (folder / "compose.override.yaml").write_text(json.dumps(published))
    project = f"soak-{secrets.token_hex(3)}"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # without leaving a container behind
    own = {"COMPOSE_PROJECT_NAME": project, "IMAGE_PREFIX": project, "ESB_S3_PORT": "0"}
    engine = Running(name, folder, {**os.environ, **own}, port)
    try:
        engine.compose("up", "-d", "--wait", name)
        yield engine
    finally:
        engine.compose("down", "--volumes", "--timeout", "0")


def content(key: str) -> bytes:
    """The bytes of a key, of one of the sizes."""
    digest = hashlib.sha256(key.encode()).digest()
    size = SIZES[digest[0] % len(SIZES)]
    return (digest * (size // len(digest) + 1))[:size]


def _write_until(end: threading.Event, store: Store, engine: Running, client: int, acknowledged: list[str]) -> None:
    connection, number = engine.client(store.service), 0
    while not end.is_set():
        key = f"{client}/{number}"
        number += 1
        try:
            store.write(connection, key, content(key))
        except _ERRORS:
            end.wait(0.05)
        else:
            acknowledged.append(key)


def _kill(engine: Running, store: Store) -> float:
    """Kill it after a while, and start it again; seconds until it takes writes."""
    time.sleep(random.uniform(*PAUSES))
    container = engine.compose("ps", "--quiet", engine.name).strip()
    subprocess.run(["docker", "kill", "--signal", "KILL", container], check=True, stdout=subprocess.DEVNULL)
    began = time.monotonic()
    subprocess.run(["docker", "start", container], check=True, stdout=subprocess.DEVNULL)
    connection = engine.client(store.service)
    while time.monotonic() < began + 60:
        try:
            store.write(connection, "probe", content("probe"))
        except _ERRORS:
            time.sleep(0.05)
        else:
            return time.monotonic() - began
    sys.exit(f"{engine.name} does not take writes 60 s after a kill")


def _compare(store: Store, engine: Running, keys: Iterable[str]) -> tuple[list[str], list[str]]:
    """The keys that are lost, and those with another content."""
    connection = engine.client(store.service)

    def state(key: str) -> tuple[str, str]:
        found = store.read(connection, key)
        return key, "lost" if found is None else "there" if found == content(key) else "torn"

    with ThreadPoolExecutor(CLIENTS) as pool:
        states = list(pool.map(state, keys))
    return [key for key, each in states if each == "lost"], [key for key, each in states if each == "torn"]
