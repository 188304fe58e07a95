"""Let 10,000 of 1,000,000 items expire while a client reads and writes: `nox -s soak -- --sweep`.

The database is dynoxide (on PATH, or ESB_DYNOXIDE), the sweeper that of `esb-gateway local --database dynoxide`. The
client asks the database itself, as functions of a stack do: every 20 ms for a GetItem or a PutItem of some other item.
It waits before the sweep, too, for the machine and for the database's own writing to the disk. So a wait of more than
50 ms counts only if it is longer than all of those.
"""

from __future__ import annotations

import hashlib
import http.client
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from .stack import Gateway, running, wait_for

ITEMS: Final = 1_000_000
EXPIRED_OF: Final = 100  # one item in so many has expired
LONGEST: Final = 60.0  # seconds that a sweep may take
LONGEST_WAIT: Final = 0.05  # seconds
INTERVAL: Final = 0.02  # seconds between two requests of the client
STARTUP_TIMEOUT: Final = 60.0
SWEEP_TIMEOUT: Final = 1800.0
_LOADERS: Final = 4
_BATCH: Final = 100  # of TransactWriteItems, which is synced to the disk once; BatchWriteItem is for each item
_TEMPLATE: Final = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Sessions:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: sessions
      BillingMode: PAY_PER_REQUEST
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]
      TimeToLiveSpecification: {AttributeName: until, Enabled: true}
"""
_DELETED: Final = re.compile(r'^esb_expired_items_deleted_total\{table="sessions"\} ([\d.e+]+)', re.MULTILINE)
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Waits(NamedTuple):
    """How long requests took, in seconds."""

    seconds: Sequence[float]

    @property
    def longest(self) -> float:
        return max(self.seconds, default=0.0)

    def __str__(self) -> str:
        ordered = sorted(self.seconds) or [0.0]
        p50, p99 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.99))
        late = sum(each > LONGEST_WAIT for each in ordered)
        return (
            f"p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, longest {self.longest * 1000:.0f} ms; "
            f"{late} of {len(self.seconds)} over {LONGEST_WAIT * 1000:.0f} ms"
        )


class Phase(NamedTuple):
    """What was measured before the sweep, or during it. CPU is in seconds, of the gateway and of the database."""

    seconds: float
    waits: Waits
    gateway: float
    database: float

    def __str__(self) -> str:
        cpu = ", ".join(f"{name} {used / self.seconds:.0%}" for name, used in self._cpu().items())
        return f"{self.seconds:.1f} s; {self.waits}; CPU: {cpu} of a core"

    def _cpu(self) -> Mapping[str, float]:
        return {"gateway": self.gateway, "dynoxide": self.database}


def problems(before: Phase, during: Phase, left: int) -> list[str]:
    """A sentence for each goal that is missed."""
    found = []
    if left:
        found.append(f"{left} expired items are still there")
    if during.seconds > LONGEST:
        found.append(f"the sweep took {during.seconds:.0f} s, more than {LONGEST:.0f}")
    if during.waits.longest > max(LONGEST_WAIT, before.waits.longest):
        wait, other = during.waits.longest * 1000, before.waits.longest * 1000
        found.append(f"a request waited {wait:.0f} ms during the sweep; the longest wait before it was {other:.0f} ms")
    return found


def soak_sweep(items: int, folder: Path, write: Callable[[str], None]) -> list[str]:
    """Load the items and let a gateway sweep; prints the measurements and returns the problems."""
    (folder / "data").mkdir()
    began = time.monotonic()
    with _dynoxide(folder / "data/dynamodb.sqlite") as address:
        _load(address, items)
    write(f"loaded {items:,} items of 400 bytes in {time.monotonic() - began:.0f} s")
    (folder / "template.yaml").write_text(_TEMPLATE)
    subprocess.run([sys.executable, "-m", "esb_generator", "build"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with running(folder / ".esb", folder / "log", "--database", "dynoxide", "--cloud") as gateway:
        (database,) = gateway.children("dynoxide")
        address = _address(database)
        before, during = _measure(gateway, database, address, items)
        left = sum(1 for _ in _expired(address, items))
    write(f"before the sweep: {before}")
    write(f"{items // EXPIRED_OF:,} expired items, deleted: {during}")
    write(f"load average: {os.getloadavg()[0]:.1f}")
    return problems(before, during, left)


def _measure(gateway: Gateway, database: int, address: str, items: int) -> tuple[Phase, Phase]:
    """Before the sweep, which begins a minute after the gateway, and until it has deleted all that is to go."""
    waits: list[float] = []
    end = threading.Event()
    client = threading.Thread(target=_ask_until, args=(end, address, items, waits))

    def state() -> tuple[float, int, float, float]:
        return time.monotonic(), len(waits), _cpu(gateway.pid), _cpu(database)

    client.start()
    try:
        states = [state()]
        for deleted in (1, items // EXPIRED_OF):
            if not wait_for(lambda wanted=deleted: _deleted(gateway) >= wanted, SWEEP_TIMEOUT):  # type: ignore[misc]
                sys.exit(f"{_deleted(gateway)} of {items // EXPIRED_OF} items are deleted after {SWEEP_TIMEOUT:.0f} s")
            states.append(state())
    finally:
        end.set()
        client.join()
    before, during = (
        Phase(last[0] - first[0], Waits(waits[first[1] : last[1]]), last[2] - first[2], last[3] - first[3])
        for first, last in itertools.pairwise(states)
    )
    return before, during


def _ask_until(end: threading.Event, address: str, items: int, waits: list[float]) -> None:
    connection = http.client.HTTPConnection(address, timeout=60)
    for number in itertools.count():
        key = _key(other_item(number, items))
        content = {"TableName": "sessions", "Key": key} if number % 2 else _put(key, int(time.time()) + 10**7)
        began = time.perf_counter()
        _call(connection, "GetItem" if number % 2 else "PutItem", content)
        waits.append(time.perf_counter() - began)
        if end.wait(INTERVAL):
            return


def other_item(number: int, items: int) -> int:
    """An item that does not expire; all over the table."""
    chosen = number * 7919 % items
    return chosen if chosen % EXPIRED_OF else chosen + 1


def _deleted(gateway: Gateway) -> float:
    connection = http.client.HTTPConnection(gateway.address, timeout=30)
    connection.request("GET", "/_esb/metrics")
    found = _DELETED.search(connection.getresponse().read().decode())
    connection.close()
    return float(found[1]) if found else 0.0


def _load(address: str, items: int) -> None:
    connection = http.client.HTTPConnection(address, timeout=60)
    table: dict[str, Any] = {
        "TableName": "sessions",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    _call(connection, "CreateTable", table)
    specification = {"Enabled": True, "AttributeName": "until"}
    _call(connection, "UpdateTimeToLive", {"TableName": "sessions", "TimeToLiveSpecification": specification})
    with ThreadPoolExecutor(_LOADERS) as pool:
        list(pool.map(lambda first: _load_every(_LOADERS, first, address, items), range(_LOADERS)))


def _load_every(step: int, first: int, address: str, items: int) -> None:
    connection, now = http.client.HTTPConnection(address, timeout=60), int(time.time())
    for start in range(first * _BATCH, items, step * _BATCH):
        numbers = range(start, min(start + _BATCH, items))
        untils = (now + 10**7 if number % EXPIRED_OF else now - 1 for number in numbers)
        puts = [_put(_key(number), until) for number, until in zip(numbers, untils, strict=True)]
        _call(connection, "TransactWriteItems", {"TransactItems": [{"Put": put} for put in puts]})


def _expired(address: str, items: int) -> Iterator[Any]:
    """Those that are there still."""
    connection = http.client.HTTPConnection(address, timeout=60)
    for start in range(0, items, EXPIRED_OF * 100):
        keys = [_key(number) for number in range(start, min(start + EXPIRED_OF * 100, items), EXPIRED_OF)]
        answer = _call(connection, "BatchGetItem", {"RequestItems": {"sessions": {"Keys": keys}}})
        yield from answer["Responses"]["sessions"]


def _key(number: int) -> dict[str, Any]:
    """As sessions have them: neighbours in time are none in the table."""
    return {"id": {"S": hashlib.sha256(str(number).encode()).hexdigest()[:32]}}


def _put(key: Mapping[str, Any], until: int) -> dict[str, Any]:
    return {"TableName": "sessions", "Item": {**key, "until": {"N": str(until)}, "text": {"S": "x" * 340}}}


def _call(connection: http.client.HTTPConnection, operation: str, content: Mapping[str, Any]) -> Any:
    credential = "Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 {credential}",  # not checked, but its form is
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20260101T000000Z",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
    }
    connection.request("POST", "/", json.dumps(content), headers)
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        sys.exit(f"{operation}: {response.status} {body.decode(errors='replace')}")
    return json.loads(body)


@contextmanager
def _dynoxide(file: Path) -> Iterator[str]:
    """Its host and port; with the file, and without a gateway."""
    program = shutil.which(os.environ.get("ESB_DYNOXIDE") or "dynoxide")
    if program is None:
        sys.exit("dynoxide: not found on PATH; set ESB_DYNOXIDE to its path")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [program, "serve", "--port", str(port), "--db-path", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            if not wait_for(lambda: _listens(port), STARTUP_TIMEOUT):
                sys.exit("dynoxide does not answer")
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def _address(pid: int) -> str:
    """Where a process listens, which only its command line says."""
    arguments = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return ":".join(arguments[arguments.index(option) + 1] for option in ("--host", "--port"))


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
