"""The client of `/_esb/events` for `esb-gateway events`, and its output as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from esb_gateway.admin.events_api import PATH
from esb_gateway.client.gateway_client import GatewayClient
from esb_gateway.errors import ConfigurationError
from esb_schemas.command_line.columns import aligned

_COLUMNS: Final = ("ID", "FUNCTION", "STATE", "AGE", "ATTEMPTS", "WHAT")
_NO_GATEWAY: Final = "{}: the server at this URL is not an ESB gateway; give the gateway's with --url."


@dataclass(frozen=True, slots=True)
class EventsClient:
    gateway: GatewayClient

    def overview(self, query: Mapping[str, str | int]) -> dict[str, Any]:
        """The chosen events. Raises ConfigurationError."""
        found = self._call("GET", "", urlencode(query))
        if found is None or "events" not in found:
            raise ConfigurationError(_NO_GATEWAY.format(self.gateway.url))
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
        status, _headers, body = self.gateway.send(method, PATH + path, query)
        url = self.gateway.url
        try:
            content = json.loads(body)
        except ValueError as error:
            raise ConfigurationError(_NO_GATEWAY.format(url)) from error
        if status == 404:
            return None
        if status != 200 or not isinstance(content, dict):
            message = content.get("message", "") if isinstance(content, dict) else ""
            raise ConfigurationError(f"{url}: {status} {message}")
        return content


def table(found: Mapping[str, Any], now: float) -> str:
    """An overview as lines of text, with the totals in the last one."""
    rows = [_COLUMNS, *(_row(event, now) for event in found["events"])]
    shown = f"{len(rows) - 1} shown" if rows[1:] else "none shown"
    return "\n".join(
        [*(aligned(rows) if rows[1:] else ()), f"{found['queued']} queued, {found['failed']} failed; {shown}"]
    )


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
