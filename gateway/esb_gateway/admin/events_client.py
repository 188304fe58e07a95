"""The client of `/_esb/events` for `esb-gateway events`, and its output as a table."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from esb_gateway.admin.events_api import PATH
from esb_gateway.errors import ConfigurationError
from esb_wire.http.messages import Request
from esb_wire.sigv4 import Credentials, sign

_TIMEOUT: Final = 30.0  # seconds
_COLUMNS: Final = ("ID", "FUNCTION", "STATE", "AGE", "ATTEMPTS", "WHAT")


@dataclass(frozen=True, slots=True)
class EventsClient:
    """Calls one gateway; without credentials it does not sign. `now` is the time in seconds since 1970."""

    url: str
    credentials: Credentials | None
    now: float

    def overview(self, query: Mapping[str, str | int]) -> dict[str, Any]:
        """The chosen events. Raises ConfigurationError."""
        found = self._call("GET", "", urlencode(query))
        assert found is not None, "only one event can be missing"  # noqa: S101
        return found

    def details(self, name: str) -> dict[str, Any] | None:
        """One event; None if there is no such event. Raises ConfigurationError."""
        return self._call("GET", f"/{quote(name, safe='')}")

    def retry(self, name: str) -> bool:
        """Run it again; returns whether there is such an event. Raises ConfigurationError."""
        return self._call("POST", f"/{quote(name, safe='')}/retry") is not None

    def drop(self, name: str) -> bool:
        """Remove it; returns whether there is such an event. Raises ConfigurationError."""
        return self._call("DELETE", f"/{quote(name, safe='')}") is not None

    def _call(self, method: str, path: str, query: str = "") -> dict[str, Any] | None:
        """The body of the response; None for a 404."""
        try:
            status, body = self._send(method, PATH + path, query)
            content = json.loads(body)
        except (OSError, http.client.HTTPException) as error:
            raise ConfigurationError(
                f"{self.url}: no gateway answers there ({error}); start it, or give its address with --url."
            ) from error
        except ValueError as error:
            raise ConfigurationError(
                f"{self.url}: the server at this URL is not an ESB gateway; give the gateway's with --url."
            ) from error
        if status == 404:
            return None
        if status != 200 or not isinstance(content, dict):
            message = content.get("message", "") if isinstance(content, dict) else ""
            raise ConfigurationError(f"{self.url}: {status} {message}")
        return content

    def _send(self, method: str, path: str, query: str) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        headers = {"Host": parts.netloc}
        if self.credentials is not None:
            request = Request(method, path, query, (), {"host": parts.netloc}, b"", "")
            headers |= sign(request, self.credentials, self.now)
        try:
            connection.request(method, f"{path}?{query}" if query else path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def table(found: Mapping[str, Any], now: float) -> str:
    """An overview as lines of text, with the totals in the last one."""
    rows = [_COLUMNS, *(_row(event, now) for event in found["events"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    shown = f"{len(rows) - 1} shown" if rows[1:] else "none shown"
    return "\n".join([*(lines if rows[1:] else ()), f"{found['queued']} queued, {found['failed']} failed; {shown}"])


def _row(event: Mapping[str, Any], now: float) -> tuple[str, ...]:
    age = _duration(now - _seconds(event["accepted"]))
    return (event["id"], event["function"], event["state"], age, str(event["attempts"]), " ".join(_what(event, now)))


def _what(event: Mapping[str, Any], now: float) -> Iterator[str]:
    if event["state"] == "failed":
        yield event["condition"]
        if event["targets"]:
            yield f"for {', '.join(event['targets'])}"
    elif event["state"] == "queued" and (wait := _seconds(event["due"]) - now) > 0:
        yield f"runs in {_duration(wait)}"


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()


def _duration(seconds: float) -> str:
    """For example 42s, 5m, 3h or 2d."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"
