"""`esb-gateway logs`: what functions and the gateway logged, of the stack's log server or of embedded mode.

Exit codes: 0 done, or stopped by Ctrl-C; 1 there is no log, or it cannot be read; 2 usage.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from esb_gateway.cli.running import print_note
from esb_gateway.client.gateway_client import NoServerError, folder_of
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.folder.address_file import running_gateway
from esb_gateway.local.folder.credentials import ENV_FILE
from esb_gateway.local.folder.log_file import FileTail, has_log
from esb_gateway.local.rooted_paths import read_private
from esb_gateway.log_reader.entry import LogEntry, by_request, line_of
from esb_gateway.log_reader.log_server import MAX_ROWS, LogServer, ServerTail
from esb_gateway.log_reader.selection import Selection
from esb_schemas.settings_files.env_file import load

_PORT: Final = "9428"
_PAUSE: Final = 1.0  # seconds between two looks for new events


class Tail(Protocol):
    """Gives the events of a log, each once."""

    def new(self, limit: int) -> list[LogEntry]:
        """At most `limit`, the newest of those that were not given before."""


def run(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    with suppress(KeyboardInterrupt):
        _show(options, environment)


def _show(options: argparse.Namespace, environment: Mapping[str, str]) -> None:
    selection = Selection(options.function or "", options.request or "")
    tail, events = _first(options, selection, environment)
    if not events and not options.follow:
        print_note(f"esb-gateway: no events{_of(selection)} since {options.since}; --since 1d looks further back")
    if len(events) >= options.tail:
        print_note(f"esb-gateway: only the last {options.tail} events; --tail or --since changes that")
    show = _json_lines if options.json else _readable_lines
    _write(show(by_request(events)))
    if options.follow:
        follow(tail, lambda new: _write(show(by_request(new))), lambda: time.sleep(_PAUSE))


def follow(tail: Tail, write: Callable[[list[LogEntry]], object], pause: Callable[[], object]) -> None:
    """Write new events until something raises. A log server that is away, or a moment's error, is waited for."""
    while True:
        pause()
        try:
            new = tail.new(MAX_ROWS)
        except NoServerError:
            continue
        if new:
            write(new)


def _write(text: str) -> None:
    """Write at once. Raises BrokenPipeError if the reader is gone, which ends a command that follows."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _of(selection: Selection) -> str:
    function = f" of {selection.function}" if selection.function else ""
    return f"{function} of the request {selection.request}" if selection.request else function


def _first(
    options: argparse.Namespace, selection: Selection, environment: Mapping[str, str]
) -> tuple[Tail, list[LogEntry]]:
    """The log, and its events so far: of the `esb-gateway local` that runs here, of the stack if it runs, or else what
    embedded mode has left.

    Raises ConfigurationError.
    """
    root, since = folder_of(options.root), max(0.0, time.time() - options.since.seconds)
    has_file = has_log(root) if root.is_dir() else False
    if not options.local and not (options.url is None and has_file and running_gateway(root)):
        try:
            tail = ServerTail(_server(options, root, environment), selection, since, time.time)
            return tail, tail.new(min(options.tail, MAX_ROWS))
        except NoServerError as error:
            if options.url:
                raise
            if not has_file:
                raise ConfigurationError(
                    f"{root}: there is no log: embedded mode has written none here, and the stack's log server does "
                    "not answer; esb-gateway local or docker compose up -d starts one of them."
                ) from error
    if not has_file:
        raise ConfigurationError(f"{root}: embedded mode has written no log here; esb-gateway local does.")
    file = FileTail(root, selection, since)
    return file, file.new(options.tail)


def _server(options: argparse.Namespace, root: Path, environment: Mapping[str, str]) -> LogServer:
    """The log server: of the container that this runs in, else of the folder's stack. Raises ConfigurationError."""
    if options.url is None and options.root is None and environment.get("VICTORIALOGS_URL"):
        return LogServer(
            environment["VICTORIALOGS_URL"],
            environment.get("VICTORIALOGS_USERNAME", ""),
            environment.get("VICTORIALOGS_PASSWORD", ""),
        )
    known = load(read_private(root / ENV_FILE)) | dict(environment)
    url = options.url or f"http://127.0.0.1:{known.get('ESB_LOGS_PORT') or _PORT}"
    return LogServer(url, known.get("ESB_LOGS_USERNAME") or "esb", known.get("ESB_LOGS_PASSWORD", ""))


def _readable_lines(events: Iterable[LogEntry]) -> str:
    return "".join(f"{line_of(event)}\n" for event in events)


def _json_lines(events: Iterable[LogEntry]) -> str:
    return "".join(json.dumps(event.as_json(), ensure_ascii=False) + "\n" for event in events)
