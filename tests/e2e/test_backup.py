"""Backup and restore of all volumes, with the commands of docs/operations.md."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.documents import scenario

from .conftest import EXAMPLES, NewStack, Stack, wait_for
from .polling import WHILE_IT_STARTS_ANEW, polling

RUN = ["docker", "compose", "--progress", "quiet", "run", "--rm", "-T", "volumes"]
ORDER = {"customer": "ada", "items": ["tea"]}


def restore(stack: Stack, archive: Path) -> subprocess.CompletedProcess[bytes]:
    """`docker compose run --rm -T volumes restore`, with the archive as its input."""
    with archive.open("rb") as file:
        return subprocess.run(
            [*RUN, "restore"], cwd=stack.folder, env=stack.environment(), stdin=file, capture_output=True, check=False
        )


def test_a_backup_comes_back_after_all_volumes_were_lost(new_stack: NewStack, tmp_path: Path) -> None:
    stack = new_stack(EXAMPLES / "orders")
    stack.build()
    stack.up()
    order = stack.request("POST", "/orders", ORDER).json
    receipt = stack.request("PUT", f"/orders/{order['id']}/receipt", "paid")
    assert receipt.status == 201
    wait_for(lambda: stack.rows(order["id"]))

    save, bring_back = scenario("backup")
    with polling(stack, "/orders?customer=ada") as answers:
        stack.shell().run(save)
        wait_for(lambda: stack.request("GET", "/orders?customer=ada").status == 200)
    assert set(answers.statuses) <= WHILE_IT_STARTS_ANEW
    assert 0 in answers.statuses  # the stack is stopped meanwhile, as docs/operations.md says
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes((stack.folder / "shop.tar.gz").read_bytes()[:-1000])
    assert stack.compose("down", "--volumes").returncode == 0

    refused = restore(stack, broken)
    assert refused.returncode == 1
    assert b"the archive cannot be unpacked whole; nothing was changed" in refused.stderr
    stack.shell().run(bring_back)
    stack.up()

    assert stack.request("GET", "/orders?customer=ada").json == {"orders": [order]}
    stored = stack.client("s3").get_object(Bucket="orders-receiptsbucket", Key=f"receipts/{order['id']}")
    assert stored["Body"].read() == b'"paid"'
    assert wait_for(lambda: stack.rows(order["id"]))
    stack.down()
