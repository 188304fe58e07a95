"""The client of `/_esb/queues` for `esb-gateway queues`, and its output as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from esb_gateway.admin.queues_page import PATH
from esb_gateway.client.gateway_client import GatewayClient
from esb_gateway.errors import ConfigurationError
from esb_schemas.command_line.columns import aligned

_COLUMNS: Final = ("QUEUE", "VISIBLE", "IN FLIGHT", "DELAYED", "OLDEST", "DEAD LETTERS TO", "DEAD LETTERS OF")
_EVENT_COLUMNS: Final = ("EVENTS FOR", "FROM", "STATE", "AGE", "ATTEMPT", "CHAIN")
_MORE: Final = "there are more; of messages, of deliveries and of invocations, the oldest 100 are listed"


@dataclass(frozen=True, slots=True)
class QueuesClient:
    """Raises ConfigurationError if no gateway answers, or it refuses."""

    gateway: GatewayClient

    def overview(self) -> dict[str, Any]:
        """`queues`: every queue with what is in it. `events`: those in flight; `more` if not all are listed."""
        return self._call("GET", "", needed="events")

    def redrive(self, name: str, target: str | None) -> dict[str, Any]:
        """Start to move a dead-letter queue's messages; how that goes on."""
        query = "" if target is None else urlencode({"to": target})
        return self._call("POST", f"/{quote(name, safe='')}/redrive", query)

    def progress(self, name: str) -> dict[str, Any]:
        """The state of the last move."""
        return self._call("GET", f"/{quote(name, safe='')}/redrive")

    def _call(self, method: str, path: str, query: str = "", needed: str = "status") -> dict[str, Any]:
        status, _headers, body = self.gateway.send(method, PATH + path, query)
        try:
            content = json.loads(body)
        except ValueError:
            content = None
        if status == 200 and isinstance(content, dict) and needed in content:
            return content
        message = content.get("message", "") if isinstance(content, dict) and status != 200 else "it is no ESB gateway"
        raise ConfigurationError(f"{self.gateway.url}: {status} {message}")


def table(queues: Sequence[Mapping[str, Any]]) -> str:
    """The queues as lines of text."""
    if not queues:
        return "no queues"
    return "\n".join(aligned([_COLUMNS, *(_row(queue) for queue in queues)]))


def events_table(events: Sequence[Mapping[str, Any]], *, more: bool) -> str:
    """The events in flight as lines of text."""
    rows = [_EVENT_COLUMNS, *(_event_row(event) for event in events)]
    return "\n".join([*aligned(rows), *([_MORE] if more else [])])


def outcome(task: Mapping[str, Any]) -> str:
    """A move as a line of text."""
    where = f" to {task['to']}" if task["to"] else ""
    reason = f" ({task['reason']})" if task["reason"] else ""
    return f"{task['queue']}: {task['moved']} of {task['messages']} messages moved{where}, {task['status']}{reason}"


def _event_row(event: Mapping[str, Any]) -> tuple[str, ...]:
    target = event["target"] or "-"
    way = [*event["chain"], target] if event["target"] else event["chain"]
    due = f", again in {event['due']:.0f}s" if event["due"] else ""
    return (
        target.removeprefix("function:"),
        event["source"] or "-",
        event["state"] + due,
        f"{event['age']:.0f}s",
        str(event["attempt"]),
        " > ".join(way),
    )


def _row(queue: Mapping[str, Any]) -> tuple[str, ...]:
    target, most = queue["dead_letter_queue"], queue["max_receive_count"]
    return (
        queue["name"],
        *(str(queue[state]) for state in ("visible", "in_flight", "delayed")),
        f"{queue['oldest_age']:.0f}s" if queue["oldest_age"] else "-",
        f"{target} after {most}" if target else "-",
        ", ".join(queue["dead_letters_of"]) or "-",
    )
