"""A closed loop of requests, sent by a small C program (native/load.c) that uses little CPU itself."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.errors import Unavailable
from esb_wire.http.messages import Request, lower
from esb_wire.sigv4 import Credentials, sign


@dataclass(frozen=True, slots=True)
class Burst:
    """The result of a burst: requests per second, and response times in microseconds."""

    rate: float
    requests: int
    errors: int
    p50: float
    p99: float


@dataclass(frozen=True, slots=True)
class Target:
    """The request to send and its port; `prefix` goes before the load program, for example to enter a namespace."""

    port: int
    request: bytes
    prefix: Sequence[str] = ()


def post(path: str, body: bytes, headers: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a POST of JSON."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def get(path: str, host: str = "127.0.0.1") -> bytes:
    """The bytes of a GET with the headers of a small client."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "User-Agent: bench", "Accept: application/json", "", ""]
    return "\r\n".join(lines).encode()


def burst(program: Path, target: Target, connections: int, seconds: float, warmup: float = 0.3) -> Burst:
    """Send requests over `connections` for `seconds`. Raises Unavailable if 5 % or more of them fail."""
    command = [*target.prefix, str(program), "127.0.0.1", str(target.port), str(connections), str(seconds), str(warmup)]
    done = subprocess.run(command, input=target.request, capture_output=True, timeout=seconds * 3 + 30, check=False)
    if done.returncode:
        raise Unavailable(f"the load generator failed: {done.stderr.decode(errors='replace').strip()}")
    found = json.loads(done.stdout)
    if found["requests"] + found["errors"] < 1:
        raise Unavailable(f"no request was answered within {seconds:g} s with {connections} at a time")
    if found["errors"] * 20 >= found["requests"]:
        raise Unavailable(f"{found['errors']} of {found['requests']} requests failed with {connections} at a time")
    rate = found["requests"] / found["seconds"]
    return Burst(rate, found["requests"], found["errors"], found["p50_us"], found["p99_us"])


def signature(credentials: Credentials, path: str, body: bytes, others: Mapping[str, str]) -> dict[str, str]:
    """The headers that sign an SDK's request to Lambda with `others`; valid for five minutes."""
    headers = (("Host", "127.0.0.1"), *others.items())
    return sign(Request("POST", path, "", headers, lower(headers), body, ""), credentials, time.time())
