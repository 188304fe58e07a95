"""From a queue to a function: the time to its first line, and a thousand messages in batches of ten."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from bench.goals import Finding, ratio_at_most
from bench.messaging import MINISTACK, OURS, MessageServer, ministack_server
from bench.processes import has_printed, serving
from bench.run import Comparison, Run, measure_interleaved, optional

# A line for each message: how many seconds ago it was sent.
HANDLER = """\
import json
import os
import time


def handler(event, context):
    now = time.time()
    lines = [f"{now - json.loads(record['body'])['at']}\\n" for record in event["Records"]]
    file = os.open(os.environ["FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, "".join(lines).encode())
    os.close(file)
"""
MESSAGES = 1000
NAME = "work"


def measure(run: Run) -> Iterator[Finding]:
    with ExitStack() as opened:
        absent: dict[str, str] = {}
        servers = {OURS: opened.enter_context(_ours(run.in_folder("esb")))}
        peer = optional(lambda: opened.enter_context(_ministack(run)), MINISTACK, absent)
        servers |= {MINISTACK: peer} if peer else {}
        latency = measure_interleaved(
            run.pairs, {name: partial(_latency, each) for name, each in servers.items()}, absent
        )
        what = "from the send to the first line of a warm function: p50"
        yield latency.finding(what, "ms", float, (OURS, MINISTACK), ratio_at_most(0.5))
        pairs = 1 if run.quick else 3
        through = measure_interleaved(pairs, {name: partial(_through, each) for name, each in servers.items()}, absent)
        what = f"{MESSAGES:,} messages in batches of 10: wall time"
        yield through.finding(what, "s", float, (OURS, MINISTACK), ratio_at_most(0.5))


def compare(revisions: Comparison) -> Iterator[Finding]:
    with ExitStack() as opened:
        servers = {side: opened.enter_context(_ours(run)) for side, run in revisions.runs.items()}
        latency = revisions.measure({side: partial(_latency, each) for side, each in servers.items()})
        yield revisions.finding(latency, "from the send to the function: p50", "ms", float)
        through = revisions.measure({side: partial(_through, each) for side, each in servers.items()})
        yield revisions.finding(through, f"{MESSAGES:,} messages: wall time", "s", float)


@contextmanager
def _ours(run: Run) -> Iterator[MessageServer]:
    """`esb-gateway local --data`: a queue, and a function with a slot that runs."""
    root = run.folder / "stack"
    (root / "config").mkdir(parents=True)
    (root / f"functions/{NAME}").mkdir(parents=True)
    (root / f"functions/{NAME}/app.py").write_text(HANDLER)
    arn = f"arn:aws:sqs:us-east-1:123456789012:{NAME}"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (root / "config/functions.yml").write_text(
        f"functions:\n"
        f"  {NAME}:\n"
        f"    {{handler: app.handler, runtime: {version}, code: functions/{NAME}, timeout: 30,\n"
        f"     environment: {{FILE: '{_file(run)}'}}, scaling: {{min_capacity: 1, max_capacity: 4}},\n"
        f"     events: [{{type: sqs, name: Queue, queue: '{arn}'}}]}}\n"
    )
    (root / "config/routing.yml").write_text("routes: []\n")
    (root / "config/resources.yml").write_text(
        f"SQS: [{{QueueName: {NAME}, Attributes: {{VisibilityTimeout: '300'}}}}]\n"
    )
    (root / "secrets.env").touch(0o600)
    (root / "secrets.env").write_text("AWS_ACCESS_KEY_ID=bench\nAWS_SECRET_ACCESS_KEY=bench\n")
    command = [run.command("esb-gateway"), "local", str(root), "--port", "0", "--data", str(run.folder / "data")]
    with serving(command, run.folder, run.environment(ESB_AUTH="off"), has_printed("\ncloud: ")) as server:
        url = server.log.read_text().partition("\ncloud: ")[2].split()[0]
        yield MessageServer(run, server, url, urlsplit(url).port or 0)


@contextmanager
def _ministack(run: Run) -> Iterator[MessageServer]:
    with ministack_server(run) as server:
        server.do("map", NAME, _file(run), HANDLER)
        yield server


def _file(run: Run) -> Path:
    return run.folder / "lines"


def _latency(server: MessageServer) -> float:
    p50: float = server.do("latency", NAME, _file(server.run), 5 if server.run.quick else 30)["p50"]
    return p50


def _through(server: MessageServer) -> float:
    seconds: float = server.do("through", NAME, _file(server.run), MESSAGES)["seconds"]
    return seconds
