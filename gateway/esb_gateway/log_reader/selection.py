"""The choice of the log's events that are shown. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from esb_gateway.log_reader.entry import LogEntry
from esb_wire.utc_times import to_millisecond


@dataclass(frozen=True, slots=True)
class Selection:
    """`function` may be a service, too; `request` is the beginning of a request's id. Empty: all."""

    function: str = ""
    request: str = ""

    def has(self, entry: LogEntry) -> bool:
        return self.function in ("", entry.source) and entry.request_id.startswith(self.request)

    def query(self, since: float) -> str:
        """The selection in LogsQL, from `since` on, seconds since 1970.

        https://docs.victoriametrics.com/victorialogs/logsql/
        """
        parts = [f"_time:[{to_millisecond(since)}, 2200-01-01T00:00:00Z]"]
        if self.function:
            name = json.dumps(self.function)
            parts.append(f"(container_name:={name} OR function:={name})")
        if self.request:
            beginning = f"={json.dumps(self.request)}*"
            parts.append(f"(aws_request_id:{beginning} OR request_id:{beginning})")
        return " ".join(parts)
