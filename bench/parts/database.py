"""Calls of the stack's database through boto3, beside DynamoDB Local and embedded mode's moto; 1 and 16 clients.

moto as embedded mode serves it, one request at a time: moto's own server answers 500 if a transaction, which copies its
table, and a request that adds an item run side by side.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from bench.engine_containers import container
from bench.goals import Finding
from bench.processes import finished, has_printed_port, printed_port, serving
from bench.run import ESB, Run, measure_interleaved, optional
from esb_schemas.engines.table import engines

CLIENT: Final = Path(__file__).parents[1] / "database_client.py"
CLIENTS: Final = (1, 16)
OPERATIONS: Final = ("put", "get", "query of 100 items", "transaction of 2 puts")
LOCAL, MOTO = "DynamoDB Local", "moto in embedded mode"
LAB_IMAGE: Final = "esb-lab/database:ddblocal"  # where the official image cannot be pulled

Rates = Mapping[str, float]


def measure(run: Run) -> Iterator[Finding]:
    default, local = next(iter(engines("dynamodb").values())), engines("dynamodb")["dynamodb-local"]
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        urls = {
            ESB: stack.enter_context(container(default)).url,
            LOCAL: optional(lambda: stack.enter_context(container(local, LAB_IMAGE)).url, LOCAL, absent),
            MOTO: stack.enter_context(embedded_stores(run)),
        }
        run.versions.add(f"{default.name} {default.image.rpartition(':')[2]}")
        for clients in CLIENTS:
            sides = {name: _calls(run, url, clients) for name, url in urls.items() if url is not None}
            measured = measure_interleaved(run.pairs, sides, absent)
            what = "1 client" if clients == 1 else f"{clients} clients"
            for other in (LOCAL, MOTO):
                for operation in OPERATIONS:
                    pick = partial(_rate, operation)
                    yield measured.finding(f"{operation}, {what}", "calls/s", pick, (ESB, other))


@contextmanager
def embedded_stores(run: Run) -> Iterator[str]:
    """The URL of the database and storage of embedded mode."""
    secrets = run.folder / "secrets.env"
    secrets.touch(0o600)
    secrets.write_text("AWS_ACCESS_KEY_ID=bench\nAWS_SECRET_ACCESS_KEY=bench\n")
    command = [sys.executable, "-m", "esb_gateway.local.stores.server", str(os.getpid()), str(secrets)]
    with serving(command, run.folder, run.environment(), has_printed_port) as server:
        yield f"http://127.0.0.1:{printed_port(server)}"


def _rate(operation: str, rates: Rates) -> float:
    return rates[operation]


def _calls(run: Run, url: str, clients: int) -> Callable[[], Rates]:
    def call() -> Rates:
        output = run.folder / "output"  # of `finished`
        finished([sys.executable, str(CLIENT), url, str(clients), str(run.seconds / 3)], run.folder, run.environment())
        rates: Rates = json.loads(output.read_text())
        return rates

    return call
