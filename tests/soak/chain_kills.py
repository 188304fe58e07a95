"""Kill servers and functions while messages and events flow: `nox -s soak -- --kill chain --kills 200`.

Everything runs in embedded mode with its data on the disk. Clients send to a queue whose function tells the bus, to
groups of a FIFO queue, to a topic and to the bus. They upload to a bucket, whose function writes to a table, whose
stream invokes another function; each again until it is accepted. Three of four kills are of a function; the others are
of the gateway, esb-cloud, the database and the storage in turn, after which everything starts again on the same data.
The database is dynoxide: moto makes tables anew at a start, with new streams, and what was not read is skipped
(docs/table-streams.md). Without dynoxide on the PATH, streams are not counted.

An event whose three attempts all met a kill is kept as failed, as `esb-gateway events` shows; it is run again by hand.
In the end, all that was accepted must have been processed, each group in its order; what was processed more than once
is counted.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from .mix import SoakRequest, send, to_bucket, to_bus, to_fifo_queue, to_queue, to_topic
from .stack import Gateway, build, missing, running, wait_for, write, written

FUNCTIONS: Final = 3  # kills of functions for each other kill
DYNOXIDE: Final = "dynoxide"
# By their names: words in the command lines of the processes that the gateway starts.
SERVERS: Final = {"esb-cloud": "esb_cloud", "database": DYNOXIDE, "storage": "esb_gateway.local.stores.server"}
GROUPS: Final = ("a", "b", "c")
PAUSES: Final = (0.1, 1.0)  # seconds of load before each kill
SENDING_PAUSE: Final = 0.05  # seconds between two messages of a client
DRAIN_TIMEOUT: Final = 300.0  # seconds


class Figure(NamedTuple):
    """What was counted, and whether it is as it must be."""

    name: str
    measured: str
    holds: bool


@dataclass
class Client:
    """Sends numbered messages, one after the other. `make` gives the request of a text."""

    name: str
    make: Callable[[str], SoakRequest]
    accepted: list[str] = field(default_factory=list)  # texts, in order
    notes: list[str] = field(default_factory=list)  # what functions write of them
    unanswered: int = 0

    def run(self, gateway: Gateway, end: threading.Event) -> None:
        """Send until the end, each message until it is accepted, or until the server is gone: then it is the next."""
        while not end.is_set():
            request = self.make(f"{self.name}-{len(self.accepted)}")
            address = gateway.storage if request.server == "storage" else gateway.cloud
            connection = http.client.HTTPConnection(address, timeout=30)
            try:
                problem = send(connection, request)
            except (OSError, http.client.HTTPException):
                problem = "no answer"
            finally:
                connection.close()
            if problem is None:
                self.accepted.append(f"{self.name}-{len(self.accepted)}")
                self.notes += request.notes
            else:
                self.unanswered += 1
            end.wait(SENDING_PAUSE)


def clients() -> list[Client]:
    """One for each group of the FIFO queue, and two for the queue, one each for the topic, the bus and the bucket."""
    ordered = [Client(f"group-{group}", _to_group(group)) for group in GROUPS]
    others = {"queue-1": to_queue, "queue-2": to_queue, "topic": to_topic, "bus": to_bus}
    others["bucket"] = to_bucket
    return [*ordered, *(Client(name, make) for name, make in others.items())]


def _to_group(group: str) -> Callable[[str], SoakRequest]:
    return lambda text: to_fifo_queue(text, group)


def chain_kills(kills: int, folder: Path) -> list[Figure]:
    """Run the load with so many kills; the figures."""
    folder.mkdir()
    root, senders, killed = build(folder), clients(), Counter[str]()
    has_streams = shutil.which(DYNOXIDE) is not None
    options = ("--database", DYNOXIDE) if has_streams else ()
    servers = ["gateway", *(name for name in SERVERS if has_streams or name != "database")]
    for turn in itertools.count():
        if killed.total() >= kills:
            break
        with running(root, folder / f"log-{turn}", *options) as gateway:
            _loaded(gateway, senders, servers[turn % len(servers)], killed)
    if not has_streams:
        write("dynoxide is not on the PATH: streams of tables are not counted")
        for each in senders:
            each.notes = [note for note in each.notes if not note.startswith("changed ")]
    notes = [note for each in senders for note in each.notes]
    with running(root, folder / "log-last", *options) as gateway:
        wait_for(lambda: len(missing(notes, folder / "notes")) <= len(_failed(gateway)), DRAIN_TIMEOUT)
        exhausted = _failed(gateway)
        for request_id in exhausted:
            _call(gateway, "POST", f"/_esb/events/{request_id}/retry")
        wait_for(lambda: not missing(notes, folder / "notes"), DRAIN_TIMEOUT)
    return figures(senders, written(folder / "notes"), killed, len(exhausted))


def _failed(gateway: Gateway) -> list[str]:
    """The request ids of events that the gateway keeps, because all of their three attempts met a kill."""
    found = _call(gateway, "GET", "/_esb/events?state=failed&limit=1000")["events"]
    return [event["id"] for event in found]


def _call(gateway: Gateway, method: str, path: str) -> Any:
    connection = http.client.HTTPConnection(gateway.address, timeout=60)
    try:
        connection.request(method, path)
        return json.loads(connection.getresponse().read() or b"{}")
    finally:
        connection.close()


def _loaded(gateway: Gateway, senders: Sequence[Client], last: str, killed: Counter[str]) -> None:
    """Kill functions and then `last`, under load."""
    end = threading.Event()
    threads = [threading.Thread(target=sender.run, args=(gateway, end)) for sender in senders]
    for thread in threads:
        thread.start()
    try:
        for _ in range(FUNCTIONS):
            time.sleep(random.uniform(*PAUSES))
            if functions := wait_for(lambda: gateway.children("start_function.py"), 30):
                os.kill(random.choice(functions), signal.SIGKILL)
                killed["function"] += 1
        time.sleep(random.uniform(*PAUSES))
        victims = [gateway.pid] if last == "gateway" else gateway.children(SERVERS[last])
        os.kill(victims[0], signal.SIGKILL)
        killed[last] += 1
        gateway.process.wait(60)
    finally:
        end.set()
        for thread in threads:
            thread.join()


def figures(senders: Sequence[Client], notes: Sequence[str], killed: Counter[str], exhausted: int = 0) -> list[Figure]:
    """What must hold of the notes that functions have written. `exhausted` events were kept, and run again by hand."""
    expected = {note for sender in senders for note in sender.notes}
    accepted = sum(len(sender.accepted) for sender in senders)
    lost = len(expected - set(notes))
    again = sum(number - 1 for note, number in Counter(notes).items() if note in expected)
    wrong = sum(not in_order(notes, sender.accepted) for sender in senders if sender.name.startswith("group-"))
    what = f"over {killed.total()} SIGKILLs ({', '.join(f'{count} {name}' for name, count in sorted(killed.items()))})"
    unanswered = sum(sender.unanswered for sender in senders)
    sent = f"{accepted} accepted, {unanswered} not answered and sent again"
    return [
        Figure(f"messages and events {what}: none lost", f"{sent}, {len(expected)} to process, {lost} lost", lost == 0),
        Figure("events that met a kill three times are kept", f"{exhausted} kept, and run again by hand", holds=True),
        Figure("duplicates are possible, at least once", f"{again} processed once more", holds=True),
        Figure(f"{len(GROUPS)} groups of a FIFO queue are processed in order", f"{wrong} not in order", wrong == 0),
    ]


def report(figures: Sequence[Figure]) -> list[str]:
    """Print a table; those that do not hold."""
    width = max(len(each.name) for each in figures)
    write(*(f"{'holds' if each.holds else 'FAILS'}  {each.name:{width}}  {each.measured}" for each in figures))
    return [f"{each.name}: {each.measured}" for each in figures if not each.holds]


def in_order(notes: Iterable[str], accepted: Sequence[str]) -> bool:
    """Whether the first notes of these texts are in the order of the texts. What comes again is no matter."""
    wanted = set(accepted)
    firsts = [note for note in dict.fromkeys(notes) if note in wanted]
    return firsts == [text for text in accepted if text in set(firsts)]
