"""The command `esb-gateway`: arguments, what is printed, exit codes (0 stopped, 1 cannot start as set up, 2 usage).

`serve` runs in the gateway's container: settings, then functions.yml and routing.yml, then the gateway until TERM.
`local` is the whole stack without Docker: see local/. `token` and `keys` print what the stack issues.
`events` asks a gateway that runs; its exit codes are 0 done, 1 no gateway answers, or it refuses, 2 usage, 3 an event
that was named is not there. `schedules` reads the files alone.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from esb_gateway.console import readable
from esb_gateway.errors import ConfigurationError
from esb_gateway.local.options import Wish
from esb_gateway.settings import Settings, read_settings
from esb_wire.http.sockets import ListenerError, raise_descriptor_limit

if TYPE_CHECKING:
    from esb_gateway.admin.events_client import EventsClient
    from esb_gateway.config import Configuration


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    asked = _parse(sys.argv[1:] if arguments is None else arguments)
    command: Callable[[argparse.Namespace, Mapping[str, str]], int | None] = asked.command
    try:
        code = command(asked, os.environ) or 0
        sys.stdout.flush()
    except (ConfigurationError, ListenerError) as error:
        print(f"esb-gateway: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # nobody reads on; Python would complain once more when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    own, build = list(arguments), list[str]()
    if own[:1] == ["local"] and "--" in own:
        at = own.index("--")
        own, build = own[:at], own[at + 1 :]
    asked = parser.parse_args(own)
    asked.build = build
    if build and not asked.watch:
        parser.error("what follows a -- are options for --watch, which is not given")
    return asked


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="esb-gateway", description="Runs Lambda functions and answers their APIs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve functions that run in containers (what the gateway's image does)")
    serve.add_argument("--config", type=Path, metavar="DIR", help="the folder of functions.yml and routing.yml")
    serve.add_argument("--host", help="the address to listen on")
    serve.add_argument("--port", type=_port, help="the public port; 0 is any free one")
    _add_tls(serve)
    serve.set_defaults(command=_serve)
    local = commands.add_parser("local", help="run what esb build wrote, here and without Docker")
    local.add_argument("root", type=Path, nargs="?", default=Path(".esb"), metavar="DIR", help="the folder (.esb)")
    local.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    local.add_argument("--port", type=_port, default=8080, help="the port (8080); 0 is any free one")
    local.add_argument("--data", type=Path, metavar="DIR", help="keep tables, objects and events there; else in memory")
    local.add_argument(
        "--watch", action="store_true", help="run esb build --watch too; what follows a -- are options for it"
    )
    _add_tls(local)
    local.set_defaults(command=_local)
    schedules = commands.add_parser("schedules", help="say when the functions' schedules fire next")
    schedules.add_argument(
        "--config", type=Path, metavar="DIR", help="the folder of functions.yml (.esb/config; else the container's)"
    )
    schedules.add_argument("--count", type=_count, default=3, metavar="N", help="so many firings of each (3)")
    schedules.add_argument("--json", action="store_true", help="print one JSON object")
    schedules.set_defaults(command=_list_schedules)
    _add_events(commands.add_parser("events", help="list, show, retry or drop asynchronous invocations"))
    _add_issuing(commands)
    return parser


def _add_tls(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tls-cert", metavar="FILE", help="answer with TLS: the certificate and its chain, as PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="the certificate's key, as PEM without a passphrase")


def _with_tls(environment: Mapping[str, str], asked: argparse.Namespace) -> Mapping[str, str]:
    given = {"ESB_TLS_CERT": asked.tls_cert, "ESB_TLS_KEY": asked.tls_key}
    return {**environment, **{name: value for name, value in given.items() if value is not None}}


def _add_events(parser: argparse.ArgumentParser) -> None:
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--url", help="the running gateway (http://127.0.0.1:8080)")
    where.add_argument(
        "--root", type=Path, metavar="DIR", help="the folder of its secrets.env (.esb; else environment)"
    )
    where.add_argument("--json", action="store_true", help="print one JSON object")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", parents=[where], help="list them: failed ones, then queued ones")
    listing.add_argument("--state", choices=("queued", "failed"), help="those alone")
    listing.add_argument("--function", metavar="NAME", help="those of one function alone")
    listing.add_argument(
        "--limit", type=_limit, metavar="N", help="maximum number of events for each state (100; up to 10000)"
    )
    listing.set_defaults(command=_list_events)
    show = actions.add_parser("show", parents=[where], help="everything about one, payload and response too")
    show.add_argument("id", metavar="ID")
    show.set_defaults(command=_show_event)
    retry = actions.add_parser("retry", parents=[where], help="run failed ones again, or queued ones now")
    drop = actions.add_parser("drop", parents=[where], help="remove some; one that runs is not tried again")
    for action, name in ((retry, "retry"), (drop, "drop")):
        action.add_argument("ids", metavar="ID", nargs="+")
        action.set_defaults(command=_change_events, action=name)


def _add_issuing(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The commands that print what the stack issues. They need its secret: of DIR, or of the environment."""
    folder = "the folder that esb build wrote; else the environment's ESB_RUNTIME_SECRET, else .esb"
    keys = commands.add_parser("keys", help="print the API keys of the stack, with their values")
    keys.add_argument("root", type=Path, nargs="?", metavar="DIR", help=folder)
    keys.set_defaults(command=_keys)
    token = commands.add_parser("token", help="print a token, as a user pool of the application would issue it")
    token.add_argument("root", type=Path, nargs="?", metavar="DIR", help=folder)
    issuer = token.add_mutually_exclusive_group()
    issuer.add_argument("--pool", metavar="ID", help="the user pool; not needed where there is one")
    issuer.add_argument("--issuer", metavar="URL", help="the same, by the pool's issuer")
    token.add_argument("--client", metavar="ID", help="aud or client_id (the first that an authorizer lets in)")
    token.add_argument("--scope", action="append", default=[], metavar="S", help="a scope; may be given again")
    token.add_argument(
        "--claim", action="append", type=_claim, default=[], metavar="K=V", help="a claim; given again it is a list"
    )
    token.add_argument("--expires", type=int, default=3600, metavar="SECONDS", help="from now (3600); may be negative")
    token.add_argument("--use", choices=("id", "access"), help="the kind (access with --scope, else id)")
    token.set_defaults(command=_token)


def _claim(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text} is no claim; write it as name=value")
    return name, value


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port; use a number from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1000):
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 1000")
    return int(text)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 10_000):
        raise argparse.ArgumentTypeError(f"{text} is no limit; use a number from 1 to 10000")
    return int(text)


def _serve(asked: argparse.Namespace, environment: Mapping[str, str]) -> None:
    settings = _overridden(read_settings(_with_tls(environment, asked)), asked)
    if not settings.runtime_secret:
        raise ConfigurationError(
            "environment: ESB_RUNTIME_SECRET is needed to know which function a container is; pass secrets.env."
        )
    with _runner() as runner:
        runner.run(_run(settings))


def _local(asked: argparse.Namespace, environment: Mapping[str, str]) -> None:
    from esb_gateway.local.run import run_local  # noqa: PLC0415 - what serve needs takes longer to import

    build = tuple(asked.build) if asked.watch else None
    wish = Wish(asked.root, asked.host, asked.port, asked.data, _with_tls(environment, asked), build)
    out = _print_readable if sys.stdout.isatty() else _print_lines
    with _runner() as runner, suppress(asyncio.CancelledError):
        runner.run(_until_stopped(run_local(wish, out, _tell)))


def _list_schedules(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from esb_gateway.config import load_configuration  # noqa: PLC0415 - as above
    from esb_gateway.event_sources.schedules.listing import describe, lines, schedules_of  # noqa: PLC0415

    usual = Path(".esb/config") if Path(".esb/config").is_dir() else Path("/app/config")
    folder = asked.config or Path(environment.get("ESB_CONFIG_DIR", usual))
    schedules, now = schedules_of(load_configuration(folder).event_sources), time.time()
    if asked.json:
        print(json.dumps({"schedules": [describe(each, now, asked.count) for each in schedules]}))
    else:
        print("\n".join(lines(schedules, now, asked.count)) or "there are no schedules")
    return 0


def _list_events(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    from esb_gateway.admin.events_client import table  # noqa: PLC0415 - as above

    client = _events_client(asked, environment)
    wanted = {"state": asked.state, "function": asked.function, "limit": asked.limit}
    found = client.overview({name: value for name, value in wanted.items() if value is not None})
    _print_lines(f"{json.dumps(found) if asked.json else table(found, client.now)}\n")
    return 0


def _show_event(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    found = _events_client(asked, environment).details(asked.id)
    if found is None:
        return _not_there([asked.id])
    _print_lines(f"{json.dumps(found, indent=None if asked.json else 2)}\n")
    return 0


def _change_events(asked: argparse.Namespace, environment: Mapping[str, str]) -> int:
    client = _events_client(asked, environment)
    change = client.retry if asked.action == "retry" else client.drop
    there = {name: change(name) for name in dict.fromkeys(asked.ids)}
    done = [name for name, found in there.items() if found]
    missing = [name for name, found in there.items() if not found]
    what = "to run" if asked.action == "retry" else "dropped"
    _print_lines(f"{json.dumps({'done': done, 'missing': missing}) if asked.json else f'{len(done)} {what}'}\n")
    return _not_there(missing) if missing else 0


def _not_there(names: Sequence[str]) -> int:
    print(f"esb-gateway: {', '.join(names)}: no such event; it has ended, or was dropped.", file=sys.stderr)
    return 3


def _events_client(asked: argparse.Namespace, environment: Mapping[str, str]) -> EventsClient:
    """Credentials of the folder, or of the environment, as a container has them."""
    from esb_gateway.admin.events_client import EventsClient  # noqa: PLC0415 - as above
    from esb_gateway.local.folder import SECRETS, read_credentials  # noqa: PLC0415
    from esb_wire.sigv4 import Credentials  # noqa: PLC0415

    root = asked.root or Path(".esb")
    known = environment
    if asked.root is not None or (root / SECRETS).exists():
        known = read_credentials(root / SECRETS)
    pair = Credentials(known.get("AWS_ACCESS_KEY_ID", ""), known.get("AWS_SECRET_ACCESS_KEY", ""))
    port = (
        environment.get("ESB_PLAIN_PORT")
        or environment.get("ESB_PORT")
        or environment.get("ESB_GATEWAY_PORT")
        or "8080"
    )
    return EventsClient(asked.url or f"http://127.0.0.1:{port}", pair if pair.access_key else None, time.time())


def _keys(asked: argparse.Namespace, environment: Mapping[str, str]) -> None:
    from esb_gateway.apis.auth.api_keys import key_lines  # noqa: PLC0415 - as above

    configuration, secret = _stack(asked.root, environment)
    for line in key_lines(configuration.api_keys, secret):
        print(line)


def _token(asked: argparse.Namespace, environment: Mapping[str, str]) -> None:
    from esb_gateway.apis.auth.issuing import TokenRequest, issue_token  # noqa: PLC0415 - as above

    request = TokenRequest(
        pool=asked.pool,
        issuer=asked.issuer,
        client=asked.client,
        scopes=tuple(asked.scope),
        claims=tuple(asked.claim),
        expires=asked.expires,
        use=asked.use,
    )
    configuration, secret = _stack(asked.root, environment)
    print(issue_token(request, configuration.routes, secret, time.time()))


def _stack(root: Path | None, environment: Mapping[str, str]) -> tuple[Configuration, str]:
    """What is routed, and the secret: of a folder, or of the container that the command runs in."""
    from esb_gateway.config import load_configuration  # noqa: PLC0415 - as above
    from esb_gateway.local.folder import folder_secret  # noqa: PLC0415

    if root is None and environment.get("ESB_RUNTIME_SECRET"):
        settings = read_settings(environment)
        return load_configuration(settings.config_dir), settings.runtime_secret
    folder = root or Path(".esb")
    return load_configuration(folder / "config"), folder_secret(folder)


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
    from esb_gateway.dependencies import Readiness  # noqa: PLC0415
    from esb_gateway.execution.container_host import ContainerHost  # noqa: PLC0415 - as above
    from esb_gateway.reloading import ConfigurationFolder  # noqa: PLC0415
    from esb_gateway.serving import serving  # noqa: PLC0415

    raise_descriptor_limit()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    hosting = ContainerHost(settings.runtime_secret, (settings.host, settings.runtime_port))
    async with serving(settings, ConfigurationFolder(settings.config_dir), hosting, _print_lines, Readiness()) as url:
        _print_lines(f"ready: {url}\n")
        await stop.wait()


def _print_lines(text: str) -> None:
    """A reader of the log that has gone must not stop the gateway."""
    with suppress(BrokenPipeError):
        sys.stdout.write(text)
        sys.stdout.flush()


def _runner() -> asyncio.Runner:
    """With the settings of a process that serves."""
    # A request leaves no cycles behind. At Python's 700 objects, looking for some is 4 % of all that is computed.
    gc.set_threshold(10_000)
    return asyncio.Runner(loop_factory=_loop_factory())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it can be installed."""
    try:
        import uvloop  # noqa: PLC0415 - not on every implementation of Python
    except ImportError:
        return None
    return uvloop.new_event_loop
