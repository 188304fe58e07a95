"""Backup and restore of all volumes, with the commands of docs/operations.md."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .conftest import EXAMPLES, NewStack, Stack, wait_for

RUN = ["docker", "compose", "--progress", "quiet", "run", "--rm", "-T", "volumes"]
ORDER = {"customer": "ada", "items": ["tea"]}


def volumes(stack: Stack, action: str, archive: Path) -> subprocess.CompletedProcess[bytes]:
    """`docker compose run --rm -T volumes ACTION`, with the archive as its output or its input."""
    is_backup = action == "backup"
    with archive.open("wb" if is_backup else "rb") as file:
        return subprocess.run(
            [*RUN, action],
            cwd=stack.folder,
            env=stack.environment(),
            stdin=None if is_backup else file,
            stdout=file if is_backup else None,
            stderr=subprocess.PIPE,
            check=False,
        )


def test_a_backup_comes_back_after_all_volumes_were_lost(new_stack: NewStack, tmp_path: Path) -> None:
    stack = new_stack(EXAMPLES / "orders")
    stack.build()
    stack.up()
    order = stack.request("POST", "/orders", ORDER).json
    receipt = stack.request("PUT", f"/orders/{order['id']}/receipt", "paid")
    assert receipt.status == 201
    wait_for(lambda: stack.rows(order["id"]))

    archive, broken = tmp_path / "volumes.tar.gz", tmp_path / "broken.tar.gz"
    assert stack.compose("stop").returncode == 0
    assert volumes(stack, "backup", archive).returncode == 0
    broken.write_bytes(archive.read_bytes()[:-1000])
    assert stack.compose("down", "--volumes").returncode == 0

    assert volumes(stack, "restore", archive).returncode == 0
    refused = volumes(stack, "restore", broken)
    assert refused.returncode == 1
    assert b"the archive cannot be unpacked whole; nothing was changed" in refused.stderr
    stack.up()

    assert stack.request("GET", "/orders?customer=ada").json == {"orders": [order]}
    stored = stack.client("s3").get_object(Bucket="orders-receiptsbucket", Key=f"receipts/{order['id']}")
    assert stored["Body"].read() == b'"paid"'
    assert wait_for(lambda: stack.rows(order["id"]))
    stack.down()
