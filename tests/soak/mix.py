"""The requests of the soak, and what each has to be answered with."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

BIG: Final = "x" * 1_000_000


@dataclass(frozen=True)
class Ask:
    """A request. `status` is the right answer's; `body` is what it has to be, if that is known."""

    method: str
    path: str
    status: int
    content: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    note: str | None = None  # of an event: what it leaves behind when it has run


Maker: TypeAlias = Callable[[str], Ask]  # of a text that nobody else has


def _invoke(function: str, payload: object, status: int = 200, kind: str = "RequestResponse") -> Ask:
    path = f"/2015-03-31/functions/{function}/invocations"
    note = payload["note"] if kind == "Event" and isinstance(payload, dict) else None
    return Ask("POST", path, status, json.dumps(payload), (("X-Amz-Invocation-Type", kind),), note=note)


# How often, of 100 requests.
MIX: Final[dict[str, tuple[int, Maker]]] = {
    "route": (30, lambda text: Ask("POST", "/echo", 200, text, body=text)),
    "function url": (10, lambda text: Ask("POST", "/_url/Echo/a", 200, text, body=text)),
    "invocation": (20, lambda text: _invoke("Echo", text)),
    "big": (3, lambda text: Ask("POST", "/echo", 200, text + BIG, body=text + BIG)),
    "error": (4, lambda _: Ask("GET", "/fail", 502)),
    "function error": (4, lambda text: _invoke("Fail", text)),
    "timeout": (1, lambda _: Ask("GET", "/slow", 502)),
    "crash": (3, lambda _: Ask("GET", "/crash", 502)),
    "event": (10, lambda text: _invoke("Note", {"note": text}, 202, "Event")),
    "failing event": (5, lambda text: _invoke("FailingEvent", {"note": text}, 202, "Event")),
    "no route": (5, lambda _: Ask("GET", "/nowhere", 404)),
    "no function": (3, lambda text: _invoke("Nobody", text, 404)),
    "metrics": (2, lambda _: Ask("GET", "/_esb/metrics", 200)),
}

ORDINARY: Final = frozenset({"route", "function url", "invocation"})  # whose answers are awaited by the clock


def order(seed: int) -> list[str]:
    """A hundred names of requests, shuffled."""
    names = [name for name, (count, _) in MIX.items() for _ in range(count)]
    random.Random(seed).shuffle(names)
    return names


def send(connection: http.client.HTTPConnection, ask: Ask) -> str | None:
    """Ask, and give what is wrong with the answer."""
    connection.request(ask.method, ask.path, ask.content, dict(ask.headers))
    response = connection.getresponse()
    body = response.read().decode()
    if response.status != ask.status:
        return f"{ask.method} {ask.path}: {response.status} {body[:200]!r} instead of {ask.status}"
    if ask.body is not None and body != ask.body:
        return f"{ask.method} {ask.path}: another answer than expected, {body[:100]!r}"
    return None
