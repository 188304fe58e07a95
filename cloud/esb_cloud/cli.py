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
from pathlib import Path
from typing import Final

from esb_cloud.aws.stack import Stack
from esb_cloud.errors import ConfigurationError
from esb_cloud.sample_events import SAMPLES, InvalidOption
from esb_cloud.serving import serving
from esb_cloud.settings import MIN_SIZE, Settings, read_settings
from esb_schemas.command_line.argument_types import port
from esb_schemas.command_line.completion import add_completion, completion
from esb_schemas.command_line.exit_codes import STOPPED as BY_CTRL_C
from esb_schemas.command_line.exit_codes import ExitCode
from esb_schemas.command_line.parser import CommandParser
from esb_schemas.release import release
from esb_wire.http.sockets import ListenerError, raise_descriptor_limit
from esb_wire.random_ids import RandomIds
from esb_wire.utc_times import to_millisecond

try:
    import uvloop as loops
except ImportError:  # not on every implementation of Python
    loops = asyncio  # type: ignore[misc]

_UNITS: Final = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


class Exit(ExitCode):
    """Exit codes of `esb-cloud`."""

    DONE = 0, "done; `serve`: stopped by Ctrl-C or TERM"
    FAILED = 1, "it cannot start as it is set up, or the event cannot be made"
    USAGE = 2, "wrong usage"
    STOPPED = BY_CTRL_C


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run the command; returns its exit code."""
    whole = parser()
    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        whole.print_help(sys.stderr)
        return Exit.USAGE
    options = whole.parse_args(given)
    if options.command == "completion":
        print(completion(whole, options.shell), end="")
        return Exit.DONE
    if options.command == "event":
        return _print_sample(whole, options)
    if options.testing and options.data is not None:
        whole.error("--testing lets tests delete everything; leave --data out")
    names = ("host", "port", "data", "resources", "max_size", "testing")
    given_settings = {name: getattr(options, name) for name in names}
    try:
        settings = read_settings(os.environ if environment is None else environment, given_settings)
        gc.set_threshold(10_000)  # a request leaves no cycles behind
        with asyncio.Runner(loop_factory=loops.new_event_loop) as runner:
            runner.run(_serve(settings))
    except (ConfigurationError, ListenerError) as error:
        print(f"esb-cloud: {error}", file=sys.stderr)
        return Exit.FAILED
    return Exit.DONE


def _print_sample(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    if (options.service, options.event) not in SAMPLES:
        parser.error(f"{options.service} has no {options.event}; use {', '.join(map(' '.join, SAMPLES))}")
    values = {name: value for name, value in vars(options).items() if value is not None}
    try:
        _write(SAMPLES[options.service, options.event](values, Stack(region=options.region), time.time(), RandomIds()))
    except InvalidOption as error:
        print(f"esb-cloud: {error}", file=sys.stderr)
        return Exit.FAILED
    except UnicodeEncodeError:
        print("esb-cloud: the event has characters that cannot be written here; leave them out.", file=sys.stderr)
        return Exit.FAILED
    return Exit.DONE


async def _serve(settings: Settings) -> None:
    raise_descriptor_limit()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with serving(settings, _report) as url:
        _write(f"ready: {url}")
        await stop.wait()


def _report(text: str) -> None:
    now = to_millisecond(time.time())
    _write(json.dumps({"time": now, "level": "ERROR", "type": "cloud", "message": text}, ensure_ascii=False))


def _write(line: str) -> None:
    """A reader that is gone must not stop the server."""
    with suppress(BrokenPipeError):
        print(line, flush=True)


def parser() -> CommandParser:
    """The parser of the whole command line."""
    result = CommandParser(
        prog="esb-cloud",
        usage="esb-cloud COMMAND [OPTIONS]",
        description="Serves queues, topics and buses from one file.",
        epilog="`esb-cloud COMMAND --help` has the options. A stack with queues, topics or buses runs it by itself.",
    )
    commands = result.add_subparsers(
        required=True, metavar="COMMAND", dest="command", title="commands", prog="esb-cloud"
    )
    _add_serve(
        commands.add_parser(
            "serve",
            usage="esb-cloud serve [OPTIONS]",
            help="serve until stopped",
            description="Serves the APIs of SQS, SNS and EventBridge until it is stopped.",
            epilog="example: esb-cloud serve --data cloud.db --resources .esb/config/resources.yml",
        )
    )
    _add_event(
        commands.add_parser(
            "event",
            usage="esb-cloud event SERVICE EVENT [OPTIONS]",
            help="print a sample event, as functions get it",
            description="Prints a sample event, as functions get it.",
            epilog="example: esb-cloud event sns notification --body hello",
        )
    )
    add_completion(commands, "esb-cloud")
    result.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    return result


def _add_serve(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--host", metavar="ADDRESS", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    add("--port", metavar="PORT", type=port, default=4566, help="the port (4566); 0 is any free one")
    add("--data", type=Path, metavar="FILE", help="keep everything there; else in a temporary file")
    text = "create the queues, topics and buses of this resources.yml first"
    add("--resources", type=Path, metavar="FILE", help=text)
    text = "refuse sends when this is in use, such as 500M or 20G (80 %% of the volume's free space)"
    add("--max-size", type=_size, metavar="SIZE", help=text)
    text = "let signed requests delete all messages, for tests; without --data"
    add("--testing", action="store_true", help=text)


def _add_event(parser: CommandParser) -> None:
    add = parser.add_argument
    for name, values in (("service", {service for service, _ in SAMPLES}), ("event", {event for _, event in SAMPLES})):
        add(name, metavar=name.upper(), choices=sorted(values), help=", ".join(sorted(values)))
    add("--region", metavar="NAME", default=Stack().region, help=f"of ARNs ({Stack().region})")
    add("--body", metavar="TEXT", help="the message, or the detail of the event")
    add("--topic", metavar="NAME", help="sns: the topic")
    add("--subject", metavar="TEXT", help="sns: the subject of the message")
    add("--attribute", metavar="NAME=VALUE", action="append", help="sns: a message attribute")
    add("--source", metavar="NAME", help="eventbridge: who put the event")
    add("--detail-type", dest="detail-type", metavar="TEXT", help="eventbridge: the type of the event")


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d{1,15})([KMGT]?)", text.upper(), re.ASCII)
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    if not MIN_SIZE <= size < 2**63:
        raise argparse.ArgumentTypeError(f"{text} is not a size of at least 16M; write it as 500M or 20G")
    return size
