"""The command `esb-cloud`."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from esb_cloud.aws.stack import Stack
from esb_cloud.errors import ConfigurationError
from esb_cloud.identifiers import Identifiers
from esb_cloud.sample_events import SAMPLES, InvalidOption
from esb_cloud.serving import serving
from esb_cloud.settings import MIN_SIZE, Settings, read_settings
from esb_schemas.release import release
from esb_wire.http.sockets import ListenerError, raise_descriptor_limit

try:
    import uvloop as loops
except ImportError:  # not on every implementation of Python
    loops = asyncio  # type: ignore[misc]

_UNITS: Final = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "event":
        return _print_sample(parser, options)
    if options.testing and options.data is not None:
        parser.error("--testing lets tests delete everything; leave --data out")
    given = {name: getattr(options, name) for name in ("host", "port", "data", "resources", "max_size", "testing")}
    try:
        settings = read_settings(os.environ if environment is None else environment, given)
        gc.set_threshold(10_000)  # a request leaves no cycles behind
        with asyncio.Runner(loop_factory=loops.new_event_loop) as runner:
            runner.run(_serve(settings))
    except (ConfigurationError, ListenerError) as error:
        print(f"esb-cloud: {error}", file=sys.stderr)
        return 1
    return 0


def _print_sample(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if (options.service, options.event) not in SAMPLES:
        parser.error(f"{options.service} has no {options.event}; use {', '.join(map(' '.join, SAMPLES))}")
    values = {name: value for name, value in vars(options).items() if value is not None}
    try:
        _write(
            SAMPLES[options.service, options.event](values, Stack(region=options.region), time.time(), Identifiers())
        )
    except InvalidOption as error:
        print(f"esb-cloud: {error}", file=sys.stderr)
        return 1
    except UnicodeEncodeError:
        print("esb-cloud: the event has characters that cannot be written here; leave them out.", file=sys.stderr)
        return 1
    return 0


async def _serve(settings: Settings) -> None:
    raise_descriptor_limit()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(settings, _report) as url:
        _write(f"ready: {url}")
        await stop.wait()


def _report(text: str) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    _write(json.dumps({"time": now, "level": "ERROR", "type": "cloud", "message": text}, ensure_ascii=False))


def _write(line: str) -> None:
    """A reader that is gone must not stop the server."""
    with suppress(BrokenPipeError):
        print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="esb-cloud", description="Serves queues, topics and buses from one file.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    serve = commands.add_parser("serve", help="serve until stopped")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=4566, help="the port (4566); 0 is any free one")
    serve.add_argument("--data", type=Path, metavar="FILE", help="keep everything there; else in a temporary file")
    serve.add_argument(
        "--resources", type=Path, metavar="FILE", help="create the queues, topics and buses of this resources.yml first"
    )
    serve.add_argument(
        "--max-size",
        type=_size,
        metavar="SIZE",
        help="refuse sends when this is in use, such as 500M or 20G (80 %% of the volume's free space)",
    )
    serve.add_argument(
        "--testing", action="store_true", help="let signed requests delete all messages, for tests; without --data"
    )
    _add_event(commands.add_parser("event", help="print a sample event, as functions get it"))
    return parser


def _add_event(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("service", choices=sorted({service for service, _ in SAMPLES}))
    parser.add_argument("event", choices=sorted({event for _, event in SAMPLES}))
    parser.add_argument("--region", default=Stack().region, help=f"of ARNs ({Stack().region})")
    parser.add_argument("--body", metavar="TEXT", help="the message, or the detail of the event")
    parser.add_argument("--topic", metavar="NAME", help="sns: the topic")
    parser.add_argument("--subject", metavar="TEXT", help="sns: the subject of the message")
    parser.add_argument("--attribute", metavar="NAME=VALUE", action="append", help="sns: a message attribute")
    parser.add_argument("--source", metavar="NAME", help="eventbridge: who put the event")
    parser.add_argument("--detail-type", dest="detail-type", metavar="TEXT", help="eventbridge: the type of the event")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port; use a number from 0 to 65535")
    return int(text)


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d{1,15})([KMGT]?)", text.upper(), re.ASCII)
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if not MIN_SIZE <= size < 2**63:
        raise argparse.ArgumentTypeError(f"{text} is not a size of at least 16M; write it as 500M or 20G")
    return size
