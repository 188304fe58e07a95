"""The storage as the stack starts it: what docs/storage.md says of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import HERE, NewStack, Stack, docker, wait_for

GRPC_PORT = 19000  # of the S3 API
# Prints what a server does with a client that speaks HTTP/2 in clear, and with one that has no certificate.
PROBE = f"""
import socket, ssl
with socket.create_connection(("s3-storage", {GRPC_PORT}), 10) as clear:
    clear.sendall(b"PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    clear.settimeout(10)
    try:
        answer = clear.recv(100)
    except ConnectionResetError:
        answer = b""
    print("clear", "settings" if answer[3:4] == b"\\x04" else "refused")
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.set_alpn_protocols(["h2"])
try:
    with socket.create_connection(("s3-storage", {GRPC_PORT}), 10) as plain, context.wrap_socket(plain) as secured:
        print("tls", "settings" if secured.recv(100) else "refused")
except (ssl.SSLError, ConnectionError):
    print("tls", "refused")
"""


@pytest.fixture(scope="module")
def storage(new_stack: NewStack) -> Iterator[Stack]:
    """The storage of a stack alone."""
    stack = new_stack(HERE / "apps/tiny")
    stack.build()
    done = stack.compose("up", "-d", "--wait", "s3-storage")
    assert done.returncode == 0, done.stderr
    stack.client("s3").create_bucket(Bucket="files")
    yield stack
    stack.down()


def put(stack: Stack, key: str, body: bytes = b"x", **params: Any) -> None:
    stack.client("s3").put_object(Bucket="files", Key=key, Body=body, **params)


def get(stack: Stack, key: str) -> bytes:
    content: bytes = stack.client("s3").get_object(Bucket="files", Key=key)["Body"].read()
    return content


def weed(stack: Stack, command: str) -> str:
    shell = f"echo '{command}' | weed shell -master=127.0.0.1:9333 -filer=127.0.0.1:8888"
    return stack.compose("exec", "-T", "s3-storage", "sh", "-c", shell).stdout


def test_nobody_outside_of_the_container_gets_into_the_port_of_administrators(storage: Stack) -> None:
    network = f"{storage.project}_default"

    printed = docker("run", "--rm", "--network", network, "python:3.12-slim", "python", "-c", PROBE)

    assert printed.split("\n") == ["clear refused", "tls refused", ""]


def test_nothing_but_the_s3_api_can_be_reached(storage: Stack) -> None:
    script = """
import socket
for port in (8080, 8888, 9000, 9333, 18080, 18888, 19000, 19333):
    with socket.socket() as probe:
        probe.settimeout(5)
        print(port, probe.connect_ex(("s3-storage", port)) == 0)
"""
    printed = docker(
        "run", "--rm", "--network", f"{storage.project}_default", "python:3.12-slim", "python", "-c", script
    )

    assert [line for line in printed.splitlines() if line.endswith("True")] == ["9000 True", f"{GRPC_PORT} True"]


def test_every_object_is_synced(storage: Stack) -> None:
    assert '"fsync":  true' in weed(storage, "fs.configure")


def test_a_restart_keeps_encrypted_objects_readable_and_applies_lifecycle_rules(storage: Stack) -> None:
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Date": past}}
    storage.client("s3").put_bucket_lifecycle_configuration(Bucket="files", LifecycleConfiguration={"Rules": [rule]})
    for key in ("tmp/old", "keep/old"):
        put(storage, key)
    put(storage, "secret", b"sealed", ServerSideEncryption="AES256")

    storage.compose("restart", "s3-storage")
    wait_for(lambda: storage.state("s3-storage")["Health"]["Status"] == "healthy")

    wait_for(lambda: not listed(storage, "tmp/"))
    assert listed(storage, "keep/") == ["keep/old"]
    assert get(storage, "secret") == b"sealed"


def test_keys_are_paths(storage: Stack) -> None:
    put(storage, "x/y", b"one")
    put(storage, "x//y", b"two")
    put(storage, "/leading", b"three")
    put(storage, "back\\slash", b"four")
    put(storage, "folder/", b"content")

    assert get(storage, "x/y") == b"two"
    assert get(storage, "leading") == b"three"
    assert get(storage, "back/slash") == b"four"
    assert get(storage, "folder/") == b""
    for refused in ("./x", "../x", "a" * 256):
        with pytest.raises(ClientError):
            put(storage, refused)
    for key in ("order/b", "order-1"):
        put(storage, key)
    assert [key for key in listed(storage, "order") if key.startswith("order")] == ["order/b", "order-1"]


def test_the_default_encryption_of_a_bucket_is_applied(storage: Stack) -> None:
    s3 = storage.client("s3")
    s3.create_bucket(Bucket="sealed")
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="sealed", ServerSideEncryptionConfiguration={"Rules": [default]})
    s3.put_object(Bucket="sealed", Key="x", Body=b"y")

    assert s3.head_object(Bucket="sealed", Key="x")["ServerSideEncryption"] == "AES256"


def listed(stack: Stack, prefix: str) -> list[str]:
    answer = stack.client("s3").list_objects_v2(Bucket="files", Prefix=prefix)
    return [each["Key"] for each in answer.get("Contents", ())]
