"""Shared by the commands that run until they are stopped: event loop, output, TLS options."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

try:
    import uvloop as loops
except ImportError:  # not on every implementation of Python
    loops = asyncio  # type: ignore[misc]


def new_runner() -> asyncio.Runner:
    """A runner of the event loop of a process that serves."""
    # A request leaves no cycles behind. At Python's 700 objects, looking for some is 4 % of all that is computed.
    gc.set_threshold(10_000)
    return asyncio.Runner(loop_factory=loops.new_event_loop)


def on_stop_signal(stop: Callable[[], object]) -> None:
    """Call `stop` at SIGTERM and SIGINT. Called on the running loop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)


def print_lines(text: str) -> None:
    """Write whole lines to standard output. A reader that is gone must not stop the gateway."""
    with suppress(BrokenPipeError):
        sys.stdout.write(text)
        sys.stdout.flush()


def print_note(line: str) -> None:
    """Write a line for the user to standard error."""
    with suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


def with_tls(environment: Mapping[str, str], options: argparse.Namespace) -> Mapping[str, str]:
    """The environment, where --tls-cert and --tls-key replace their variables."""
    given = {"ESB_TLS_CERT": options.tls_cert, "ESB_TLS_KEY": options.tls_key}
    return {**environment, **{name: value for name, value in given.items() if value is not None}}
