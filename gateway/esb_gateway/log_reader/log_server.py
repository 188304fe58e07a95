"""Reads rows of VictoriaLogs: `POST /select/logsql/query`.

https://docs.victoriametrics.com/victorialogs/querying/#querying-logs
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from esb_gateway.client.gateway_client import Reply, exchange, split_url
from esb_gateway.errors import ConfigurationError
from esb_gateway.log_reader.entry import LogEntry, entry_of_row
from esb_gateway.log_reader.selection import Selection

MAX_ROWS: Final = 10_000  # of one answer
_LATE: Final = 30.0  # seconds after which a row may still arrive: batches, and a log server that was away
_TIMEOUT: Final = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class LogServer:
    """The log server of a stack. Without a `username` it is asked without credentials."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)

    def rows(self, query: str, limit: int) -> list[dict[str, str]]:
        """The newest rows of a query in LogsQL, oldest first.

        Raises NoServerError, and ConfigurationError if the server refuses or its answer is none.
        """
        status, _headers, body = self._post(urlencode({"query": f"{query} | sort by (_time desc) limit {limit}"}))
        if status == 401:
            raise ConfigurationError(
                f"{self.url}: the log server does not take this stack's password; it belongs to another stack, or "
                "ESB_LOGS_PORT names another port."
            )
        if status != 200:
            reason = body[:300].decode("utf-8", "replace").strip()
            raise ConfigurationError(f"{self.url}: the log server answers {status} ({reason}); see its own log.")
        try:
            return [_row(line) for line in reversed(body.splitlines()) if line.strip()]
        except (AttributeError, TypeError, ValueError) as error:
            raise ConfigurationError(f"{self.url}: what answers there is not VictoriaLogs.") from error

    def _post(self, form: str) -> Reply:
        parts = split_url(self.url, "a log server", "http://127.0.0.1:9428")
        target = f"{parts.path.rstrip('/')}/select/logsql/query"
        return exchange(parts, "POST", target, self._headers(), form.encode(), timeout=_TIMEOUT, name="log server")

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.username:
            pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        return headers


def _row(line: bytes) -> dict[str, str]:
    """A row: VictoriaLogs gives every value as text. Raises AttributeError, TypeError and ValueError."""
    row: dict[str, Any] = json.loads(line)
    if "_time" not in row or not all(isinstance(value, str) for value in row.values()):
        raise TypeError
    return row


@dataclass(slots=True)
class ServerTail:
    """The events of a log server since a time, and then those that are new. `clock` is in seconds since 1970."""

    server: LogServer
    selection: Selection
    since: float
    clock: Callable[[], float]
    _seen: Counter[str] = field(default_factory=Counter)

    def new(self, limit: int = MAX_ROWS) -> list[LogEntry]:
        """The events that were not given before. Rows have no id, so equal ones are counted. See `LogServer.rows`."""
        rows = self.server.rows(self.selection.query(self.since), limit)
        self.since = max(self.since, self.clock() - _LATE)
        seen, self._seen = self._seen, Counter()
        new = []
        for row in rows:
            key = json.dumps(row, sort_keys=True)
            self._seen[key] += 1
            if self._seen[key] > seen[key]:
                new.append(entry_of_row(row))
        return [entry for entry in new if self.selection.has(entry)]
