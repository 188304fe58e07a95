"""Reads rows of VictoriaLogs: `POST /select/logsql/query`.

https://docs.victoriametrics.com/victorialogs/querying/#querying-logs
"""

from __future__ import annotations

import base64
import http.client
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from esb_gateway.errors import ConfigurationError
from esb_gateway.log_reader.entry import LogEntry, entry_of_row
from esb_gateway.log_reader.selection import Selection

MAX_ROWS: Final = 10_000  # of one answer
_LATE: Final = 30.0  # seconds after which a row may still arrive: batches, and a log server that was away
_TIMEOUT: Final = 30.0  # seconds


class NoLogServerError(ConfigurationError):
    """Nothing listens at the address of the log server."""


@dataclass(frozen=True, slots=True)
class LogServer:
    """The log server of a stack. Without a `username` it is asked without credentials."""

    url: str
    username: str = ""
    password: str = field(default="", repr=False)

    def rows(self, query: str, limit: int) -> list[dict[str, Any]]:
        """The newest rows of a query in LogsQL, oldest first.

        Raises NoLogServerError, and ConfigurationError if the server refuses or its answer is none.
        """
        status, body = self._post(urlencode({"query": f"{query} | sort by (_time desc) limit {limit}"}))
        if status == 401:
            raise ConfigurationError(
                f"{self.url}: the log server does not take this stack's password; it belongs to another stack, or "
                "ESB_LOGS_PORT names another port."
            )
        if status != 200:
            reason = body[:300].decode("utf-8", "replace").strip()
            raise ConfigurationError(f"{self.url}: the log server answers {status} ({reason}); see its own log.")
        try:
            return [json.loads(line) for line in reversed(body.splitlines()) if line.strip()]
        except ValueError as error:
            raise ConfigurationError(f"{self.url}: what answers there is not VictoriaLogs.") from error

    def _post(self, form: str) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        try:
            connection = kind(parts.hostname or "", parts.port, timeout=_TIMEOUT)
        except ValueError as error:
            raise ConfigurationError(f"{self.url}: not a URL; write it as http://127.0.0.1:9428.") from error
        try:
            connection.connect()
        except OSError as error:
            raise NoLogServerError(
                f"{self.url}: no log server answers there ({error}); start the stack, or give its address with --url."
            ) from error
        try:
            path = f"{parts.path.rstrip('/')}/select/logsql/query"
            connection.request("POST", path, form, self._headers())
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ConfigurationError(f"{self.url}: no whole response came from there ({error!r}).") from error
        finally:
            connection.close()

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.username:
            pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        return headers


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
