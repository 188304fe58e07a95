"""The command `esb-gateway`: arguments, what is printed, exit codes (0 stopped, 1 cannot start as set up, 2 usage).

`serve` runs in the gateway's container: settings, then functions.yml and routing.yml, then the gateway until TERM.
`local` is the whole stack without Docker: see local.py.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from esb_gateway.console import readable
from esb_gateway.errors import ConfigurationError
from esb_gateway.settings import Settings, read_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    asked = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Mapping[str, str]], None] = asked.command
    try:
        command(asked, os.environ)
    except ConfigurationError as error:
        print(f"esb-gateway: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="esb-gateway", description="Runs Lambda functions and answers their APIs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve functions that run in containers (what the gateway's image does)")
    serve.add_argument("--config", type=Path, metavar="DIR", help="the folder of functions.yml and routing.yml")
    serve.add_argument("--host", help="the address to listen on")
    serve.add_argument("--port", type=_port, help="the public port; 0 is any free one")
    serve.set_defaults(command=_serve)
    local = commands.add_parser("local", help="run what esb build wrote, here and without Docker")
    local.add_argument("root", type=Path, nargs="?", default=Path(".esb"), metavar="DIR", help="the folder (.esb)")
    local.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    local.add_argument("--port", type=_port, default=8080, help="the port (8080); 0 is any free one")
    local.add_argument("--data", type=Path, metavar="DIR", help="keep tables and objects there; else in memory")
    local.set_defaults(command=_local)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port; use a number from 0 to 65535")
    return int(text)


def _serve(asked: argparse.Namespace, environment: Mapping[str, str]) -> None:
    settings = _overridden(read_settings(environment), asked)
    if not settings.runtime_secret:
        raise ConfigurationError(
            "environment: ESB_RUNTIME_SECRET is needed to know which function a container is; pass secrets.env."
        )
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(settings))


def _local(asked: argparse.Namespace, environment: Mapping[str, str]) -> None:
    from esb_gateway.local import Wish, run_local  # noqa: PLC0415 - what serve needs takes longer to import

    wish = Wish(asked.root, asked.host, asked.port, asked.data, environment)
    out = _print_readable if sys.stdout.isatty() else _print_lines
    with asyncio.Runner(loop_factory=_loop_factory()) as runner, suppress(asyncio.CancelledError):
        runner.run(_until_stopped(run_local(wish, out, _tell)))


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


def _tell(line: str) -> None:
    with suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)


def _print_readable(text: str) -> None:
    _print_lines(readable(text))


def _overridden(settings: Settings, asked: argparse.Namespace) -> Settings:
    given = {"config_dir": asked.config, "host": asked.host, "port": asked.port}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


async def _run(settings: Settings) -> None:
    from esb_gateway.config import load_configuration  # noqa: PLC0415 - as above
    from esb_gateway.containers import ContainerHosting  # noqa: PLC0415
    from esb_gateway.serving import serving  # noqa: PLC0415
    from esb_gateway.surroundings import Readiness  # noqa: PLC0415

    configuration = load_configuration(settings.config_dir)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    hosting = ContainerHosting(settings.runtime_secret, (settings.host, settings.runtime_port))
    async with serving(settings, configuration, hosting, _print_lines, Readiness()) as url:
        _print_lines(f"ready: {url}\n")
        await stop.wait()


def _print_lines(text: str) -> None:
    """A reader of the log that has gone must not stop the gateway."""
    with suppress(BrokenPipeError):
        sys.stdout.write(text)
        sys.stdout.flush()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it can be installed."""
    try:
        import uvloop  # noqa: PLC0415 - not on every implementation of Python
    except ImportError:
        return None
    return uvloop.new_event_loop
