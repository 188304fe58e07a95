"""What must hold while things break, in figures: `nox -s soak -- --faults`, up to ten minutes.

Everything runs in embedded mode, on this machine and without Docker. What is counted is what clients were told: a
request that was refused may be sent again, one that was accepted may not be lost.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from tests.generator.killed_builds import killed_builds

from .chain_kills import Figure, chain_kills, report
from .stack import Gateway, build, missing, running, wait_for, written

REQUESTS: Final = 1000
CRASHES: Final = 50
EVENTS: Final = 1000
GATEWAY_KILLS: Final = 5
BUILD_KILLS: Final = 50
CHAIN_KILLS: Final = 20
LARGE_BODIES: Final = 20
# Seconds. It was 5 while the event loop itself read and wrote JSON of this size; now its steps take up to 5 ms of CPU
# time, and the rest is the scheduler: 0.9 at a load of 20 on 2 cores.
LONGEST_WAIT: Final = 2.0


def faults(folder: Path) -> list[str]:
    """Break things; prints a table of the figures and returns those that do not hold."""
    root = build(folder)
    with running(root, folder / "log") as gateway:
        figures = [executed_once(gateway, folder / "notes"), small_requests_beside_large_ones(gateway)]
    figures += accepted_and_lost(root, folder)
    figures += chain_kills(CHAIN_KILLS, folder / "chain")
    figures.append(half_files(folder / "shop"))
    return report(figures)


def executed_once(gateway: Gateway, notes: Path) -> Figure:
    """Invocations at once, some of which end the process of their function in the middle."""
    crashes = range(0, REQUESTS, REQUESTS // CRASHES)
    payloads = [{"note": f"request {number}", "crash": number in crashes} for number in range(REQUESTS)]
    answers = asyncio.run(_invoked_at_once(gateway.address, payloads))
    executions = Counter(written(notes))
    results = Counter(result(*answer) for answer in answers)
    wrong = sum(
        executions[str(payload["note"])] != (0 if result(*answer) == "refused" else 1)
        for payload, answer in zip(payloads, answers, strict=True)
    )
    measured = ", ".join(f"{number} {result}" for result, number in sorted(results.items())) + f"; {wrong} otherwise"
    holds = wrong == 0 and results["other"] == 0 and results["done"] > 0
    return Figure(f"{REQUESTS} concurrent requests with crashes: none executed twice", measured, holds)


def result(status: int, answer: str) -> str:
    """What a client knows: the request was executed, crashed while it was, or was not executed."""
    if status == 429:
        return "refused"
    if status != 200:
        return "other"
    return "crashed" if "Runtime.ExitError" in answer else "done"


async def _invoked_at_once(address: str, payloads: list[dict[str, Any]]) -> list[tuple[int, str]]:
    bodies = [json.dumps(payload).encode() for payload in payloads]
    return await asyncio.gather(*[_post(address, "/2015-03-31/functions/Once/invocations", body) for body in bodies])


async def _post(address: str, path: str, body: bytes, headers: str = "") -> tuple[int, str]:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    return int(answer[9:12]), answer.decode(errors="replace")


def small_requests_beside_large_ones(gateway: Gateway) -> Figure:
    """The longest wait of small requests, one after the other, while large bodies are sent at once."""
    with ProcessPoolExecutor(1, get_context("spawn")) as clients:
        clients.submit(int).result()
        sending = clients.submit(send_large_bodies, gateway.address)
        longest, sent = 0.0, 0
        while not sending.done():
            began = time.monotonic()
            asyncio.run(_post(gateway.address, "/_esb/health", b""))
            longest, sent = max(longest, time.monotonic() - began), sent + 1
        statuses = sending.result()
    expected = {200: LARGE_BODIES, 413: LARGE_BODIES}
    measured = f"{longest * 1000:.0f} ms the longest of {sent} (bound: {LONGEST_WAIT * 1000:.0f} ms), {statuses}"
    name = f"{LARGE_BODIES} bodies of 5 MB and {LARGE_BODIES} of 10 MB at once: others wait"
    return Figure(name, measured, longest < LONGEST_WAIT and statuses == expected)


def send_large_bodies(address: str) -> dict[int, int]:
    """Send bodies that a function gets, and as many that are too large for one; returns the statuses."""

    async def send() -> list[int]:
        bodies = [b"x" * 5_000_000] * LARGE_BODIES + [b"x" * 10_000_000] * LARGE_BODIES
        answers = await asyncio.gather(
            *[_post(address, "/echo", body, "Content-Type: text/plain\r\n") for body in bodies]
        )
        return [status for status, _ in answers]

    return dict(Counter(asyncio.run(send())))


@dataclass
class Accepted:
    """What clients were told: events, and the last value of each item."""

    events: list[str] = field(default_factory=list)
    items: Counter[str] = field(default_factory=Counter)
    unanswered: Counter[str] = field(default_factory=Counter)  # changes of an item


def accepted_and_lost(root: Path, folder: Path) -> list[Figure]:
    """Events and items that are accepted while the gateway is killed at random moments."""
    accepted = Accepted()
    for turn in range(1, GATEWAY_KILLS + 1):
        with running(root, folder / f"log-{turn}") as gateway:
            clients = [threading.Thread(target=_send_events, args=(gateway, accepted, turn * EVENTS // GATEWAY_KILLS))]
            clients.append(threading.Thread(target=_change_items, args=(gateway, accepted)))
            for client in clients:
                client.start()
            clients[0].join()
            time.sleep(random.uniform(0, 0.3))
            gateway.process.kill()
            clients[1].join()
    with running(root, folder / "log-last") as gateway:
        wait_for(lambda: not missing(accepted.events, folder / "notes"), 90)
        lost = len(missing(accepted.events, folder / "notes"))
        wrong = [key for key in accepted.items if _value(gateway, key) not in possible_values(accepted, key)]
    kills = f"over {GATEWAY_KILLS} SIGKILLs of the gateway"
    changes = sum(accepted.items.values())
    return [
        Figure(
            f"{EVENTS} accepted events {kills}: none lost", f"{len(accepted.events)} accepted, {lost} lost", lost == 0
        ),
        Figure(f"changes of items {kills}: none lost", f"{changes} acknowledged, {len(wrong)} items wrong", not wrong),
    ]


def _send_events(gateway: Gateway, accepted: Accepted, until: int) -> None:
    """Send events until so many are accepted; the gateway runs them meanwhile."""
    path = "/2015-03-31/functions/Note/invocations"
    for number in count(len(accepted.events)):
        if len(accepted.events) >= until:
            return
        note = f"event {number}"
        body = json.dumps({"note": note}).encode()
        status, _ = asyncio.run(_post(gateway.address, path, body, "X-Amz-Invocation-Type: Event\r\n"))
        if status == 202:
            accepted.events.append(note)


def _change_items(gateway: Gateway, accepted: Accepted) -> None:
    """Count up items until the gateway is killed."""
    database = _database(gateway)
    for number in count():
        key = f"{number % 10}"
        try:
            database.update_item(
                TableName="counts",
                Key={"id": {"S": key}},
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        except BotoCoreError:
            accepted.unanswered[key] += 1
            return
        accepted.items[key] += 1


def possible_values(accepted: Accepted, key: str) -> range:
    """A change that was not answered may have been made."""
    return range(accepted.items[key], accepted.items[key] + 1 + accepted.unanswered[key])


def _value(gateway: Gateway, key: str) -> int:
    return int(_database(gateway).get_item(TableName="counts", Key={"id": {"S": key}})["Item"]["n"]["N"])


def _database(gateway: Gateway) -> Any:
    keys = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}
    config = Config(retries={"total_max_attempts": 1})
    return boto3.client("dynamodb", endpoint_url=gateway.database, region_name="us-east-1", config=config, **keys)


def half_files(project: Path) -> Figure:
    """Files that killed builds leave."""
    project.mkdir()
    name = f"{BUILD_KILLS} killed builds: no half file"
    try:
        killed = killed_builds(project, BUILD_KILLS)
    except AssertionError as error:
        return Figure(name, str(error), holds=False)
    return Figure(name, f"{killed} killed while they ran, none left a half file", killed >= BUILD_KILLS // 3)
