"""The requests of the soak test, and their expected responses."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

BIG: Final = "x" * 1_000_000


@dataclass(frozen=True)
class SoakRequest:
    """A request with the expected status and, if it is known, the expected body."""

    method: str
    path: str
    status: int
    content: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None
    note: str | None = None  # of an event: the line that it writes when it runs


Maker: TypeAlias = Callable[[str], SoakRequest]  # its argument is a unique text


def _invoke(function: str, payload: object, status: int = 200, kind: str = "RequestResponse") -> SoakRequest:
    path = f"/2015-03-31/functions/{function}/invocations"
    note = payload["note"] if kind == "Event" and isinstance(payload, dict) else None
    return SoakRequest("POST", path, status, json.dumps(payload), (("X-Amz-Invocation-Type", kind),), note=note)


# The number of each among 100 requests.
MIX: Final[dict[str, tuple[int, Maker]]] = {
    "route": (30, lambda text: SoakRequest("POST", "/echo", 200, text, body=text)),
    "function url": (10, lambda text: SoakRequest("POST", "/_url/Echo/a", 200, text, body=text)),
    "invocation": (20, lambda text: _invoke("Echo", text)),
    "big": (3, lambda text: SoakRequest("POST", "/echo", 200, text + BIG, body=text + BIG)),
    "error": (4, lambda _: SoakRequest("GET", "/fail", 500)),
    "function error": (4, lambda text: _invoke("Fail", text)),
    "timeout": (1, lambda _: SoakRequest("GET", "/slow", 500)),
    "crash": (3, lambda _: SoakRequest("GET", "/crash", 500)),
    "event": (10, lambda text: _invoke("Note", {"note": text}, 202, "Event")),
    "failing event": (5, lambda text: _invoke("FailingEvent", {"note": text}, 202, "Event")),
    "no route": (5, lambda _: SoakRequest("GET", "/nowhere", 404)),
    "no function": (3, lambda text: _invoke("Nobody", text, 404)),
    "metrics": (2, lambda _: SoakRequest("GET", "/_esb/metrics", 200)),
}

TIMED: Final = frozenset({"route", "function url", "invocation"})  # whose response times are compared


def order(seed: int) -> list[str]:
    """The names of 100 requests, shuffled."""
    names = [name for name, (count, _) in MIX.items() for _ in range(count)]
    random.Random(seed).shuffle(names)
    return names


def send(connection: http.client.HTTPConnection, request: SoakRequest) -> str | None:
    """Send a request; returns a sentence if the response is wrong."""
    connection.request(request.method, request.path, request.content, dict(request.headers))
    response = connection.getresponse()
    body = response.read().decode()
    if response.status != request.status:
        return f"{request.method} {request.path}: {response.status} {body[:200]!r} instead of {request.status}"
    if request.body is not None and body != request.body:
        return f"{request.method} {request.path}: unexpected body {body[:100]!r}"
    return None
