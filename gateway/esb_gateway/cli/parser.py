"""The arguments of all commands."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TextIO

from esb_gateway.client_environment import SHELLS
from esb_gateway.debug_target import DebugTarget
from esb_gateway.sample_events.sample import Sample
from esb_gateway.sample_events.table import SAMPLES
from esb_schemas.release import release
from esb_wire.forwarding import Target


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line. For `local`, `build` has what follows a `--`. Exits with 2 if it is invalid."""
    parser = _parser()
    for argument in arguments:
        if any("\udc80" <= sign <= "\udcff" for sign in argument):
            parser.error(f"{argument!r} is not UTF-8")
    own, build = list(arguments), list[str]()
    if own[:1] == ["local"] and "--" in own:
        at = own.index("--")
        own, build = own[:at], own[at + 1 :]
    options = parser.parse_args(own)
    options.build = build
    if options.command == "invoke" and options.env_vars is not None and not options.local:
        parser.error("--env-vars is for a gateway that is started for the call; add --local")
    if options.command == "invoke" and options.debug is not None and not options.local:
        parser.error("--debug is for a gateway that is started for the call; add --local")
    if build and not options.watch:
        parser.error("the options after -- are for --watch, which is not given")
    if options.command == "local" and options.testing and options.data is not None:
        parser.error("--testing lets tests delete all data; leave --data out")
    return options


def print_help(stream: TextIO) -> None:
    _parser().print_help(stream)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="esb-gateway", description="Runs Lambda functions and serves their APIs.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_serve(
        commands.add_parser("serve", help="serve functions that run in containers (what the gateway's image does)")
    )
    _add_local(commands.add_parser("local", help="run the output of esb build on this machine, without Docker"))
    _add_forward(commands.add_parser("forward", help="forward connections to another server, byte for byte"))
    _add_storage_events(commands.add_parser("storage-events", help="tell of changed objects of SeaweedFS, beside it"))
    _add_invoke(commands.add_parser("invoke", help="call a function and print its response"))
    _add_doctor(commands.add_parser("doctor", help="check what a stack needs on this machine, and what of it runs"))
    _add_event(commands.add_parser("event", help="print a sample event of an API, a queue, a schedule and so on"))
    _add_logs(commands.add_parser("logs", help="show what functions and the gateway logged"))
    _add_env(commands.add_parser("env", help="print variables by which SDKs, aws and tests reach the stack"))
    _add_schedules(commands.add_parser("schedules", help="show when the functions' schedules fire next"))
    _add_events(commands.add_parser("events", help="list, show, retry or drop asynchronous invocations"))
    _add_queues(commands.add_parser("queues", help="list queues with what is in them, and move dead letters back"))
    _add_keys(commands.add_parser("keys", help="print the API keys of the stack, with their values"))
    _add_token(commands.add_parser("token", help="print a token as a user pool of the application would issue it"))
    return parser


def _add_serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, metavar="DIR", help="the folder of functions.yml and routing.yml")
    parser.add_argument("--host", help="the address to listen on")
    parser.add_argument("--port", type=_port, help="the public port; 0 is any free one")
    _add_tls(parser)


def _add_local(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", type=Path, nargs="?", default=Path(".esb"), metavar="DIR", help="the folder (.esb)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8080, help="the port (8080); 0 is any free one")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="keep tables, objects, messages and events there; else in memory"
    )
    _add_env_vars(parser)
    parser.add_argument(
        "--debug",
        type=_debug_target,
        action="append",
        default=[],
        metavar="NAME[:PORT]",
        help="let the function wait for a debugger, in one slot without a deadline; may be repeated",
    )
    parser.add_argument("--static", type=Path, metavar="FOLDER", help="serve its files at paths that no route has")
    parser.add_argument(
        "--disable-authorizer", action="store_true", help="answer routes without their authorizer; on loopback only"
    )
    parser.add_argument("--watch", action="store_true", help="run esb build --watch, too; its options follow a --")
    parser.add_argument(
        "--reset-table",
        action="append",
        default=[],
        metavar="NAME",
        help="if the table has drifted, delete it with its items and create it as the template says; may be repeated",
    )
    parser.add_argument(
        "--reset-stream",
        action="append",
        default=[],
        metavar="NAME",
        help="if its StreamViewType has drifted, begin a new one without the unread records; may be repeated",
    )
    parser.add_argument(
        "--cloud", action="store_true", help="run esb-cloud, too, if the application has no queues of its own"
    )
    parser.add_argument(
        "--testing", action="store_true", help="let tests see invocations and delete all data; without --data"
    )
    _add_tls(parser)


def _add_env_vars(parser: argparse.ArgumentParser) -> None:
    text = "values of functions' variables, in the shape of sam local --env-vars"
    parser.add_argument("--env-vars", type=Path, metavar="FILE", help=text)


def _add_tls(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tls-cert", metavar="FILE", help="serve with TLS: the certificate and its chain, as PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="the certificate's key, as PEM without a passphrase")


def _add_forward(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=_target, metavar="HOST:PORT", help="the server")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, help="the port to listen on (the server's); 0 is any free one")


def _add_storage_events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", type=_target, metavar="HOST:PORT", help="the gRPC port of the filer")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, required=True, help="the port to listen on; 0 is any free one")


def _add_invoke(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="NAME", help="its name, logical id or ARN")
    parser.add_argument("-e", "--event", metavar="FILE", help="the event as JSON; - is standard input ({})")
    parser.add_argument("--async", action="store_true", dest="is_async", help="do not wait for the response")
    parser.add_argument("--log", action="store_true", help="print the end of the function's log on standard error")
    parser.add_argument("--qualifier", metavar="Q", help="a version or an alias")
    parser.add_argument("--client-context", metavar="JSON", help="what context.client_context has")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help="the running gateway (http://127.0.0.1:8080)")
    where.add_argument("--local", action="store_true", help="start a gateway for this call, even if one runs")
    _add_env_vars(parser)
    parser.add_argument(
        "--debug",
        type=_port,
        nargs="?",
        const=0,
        metavar="PORT",
        help="with --local: let the function wait for a debugger on this port (5678; Node.js 9229, Java 5005)",
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def _add_event(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints a sample event: esb-gateway event sqs receive-message | esb-gateway invoke NAME -e -"
    services = parser.add_subparsers(required=True, metavar="SERVICE", dest="service")
    for service, samples in groupby(SAMPLES, lambda sample: sample.service):
        rows = tuple(samples)
        of_service = services.add_parser(service, help=", ".join(row.event for row in rows))
        events = of_service.add_subparsers(required=True, metavar="EVENT", dest="event")
        for row in rows:
            _add_sample(events.add_parser(row.event, help=row.help, description=f"Prints {row.help}."), row)


def _add_sample(parser: argparse.ArgumentParser, sample: Sample) -> None:
    for option in sample.options:
        shown = f" ({option.default})" if option.default else ""
        parser.add_argument(
            f"--{option.name}",
            dest=option.name,
            metavar=option.metavar,
            help=(option.help + shown).replace("%", "%%"),
            choices=option.choices,
            action="append" if option.repeated else "store",
            default=[] if option.repeated else option.default,
        )
    parser.add_argument("--region", metavar="REGION", help="of ARNs (us-east-1)")


def _add_logs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("function", metavar="FUNCTION", nargs="?", help="only of this function, or of this service")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new events, until Ctrl-C")
    parser.add_argument(
        "--since", type=_duration, default="10m", metavar="AGO", help="30s, 10m, 2h or 1d (10m); nothing older"
    )
    parser.add_argument("--request", type=_request_id, metavar="ID", help="only of this request; its beginning will do")
    parser.add_argument(
        "-n", "--tail", type=_up_to(10_000), default=1000, metavar="N", help="at most the last N events (1000)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each event")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help="the log server (http://127.0.0.1:9428)")
    where.add_argument("--local", action="store_true", help="the log of esb-gateway local, even if the stack runs")
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def _add_env(parser: argparse.ArgumentParser) -> None:
    parser.description = 'Prints variables for the shell: eval "$(esb-gateway env)"'
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--shell", choices=tuple(SHELLS), default="sh", help="whose syntax (sh, which is bash's and zsh's)"
    )
    form.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--url", help="the running gateway (http://127.0.0.1:8080)")
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def _add_schedules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="DIR", help="the folder of functions.yml (.esb/config; else the container's)"
    )
    parser.add_argument("--count", type=_up_to(1000), default=3, metavar="N", help="number of occurrences of each (3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _running_gateway() -> argparse.ArgumentParser:
    """The options of commands that ask a running gateway."""
    gateway = argparse.ArgumentParser(add_help=False)
    gateway.add_argument("--url", help="the running gateway (http://127.0.0.1:8080)")
    gateway.add_argument(
        "--root", type=Path, metavar="DIR", help="the folder of its secrets.env (.esb; else environment)"
    )
    gateway.add_argument("--json", action="store_true", help="print one JSON object")
    return gateway


def _add_queues(parser: argparse.ArgumentParser) -> None:
    gateway = _running_gateway()
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    actions.add_parser("list", parents=[gateway], help="list them with what is in them")
    redrive = actions.add_parser("redrive", parents=[gateway], help="move dead letters back to where they came from")
    redrive.add_argument("name", metavar="QUEUE", help="the dead-letter queue")
    redrive.add_argument("--to", metavar="QUEUE", help="move them to this queue instead")
    redrive.add_argument("--no-wait", action="store_true", help="do not wait until all are moved")


def _add_events(parser: argparse.ArgumentParser) -> None:
    gateway = _running_gateway()
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    listing = actions.add_parser("list", parents=[gateway], help="list them: failed ones, then queued ones")
    listing.add_argument("--state", choices=("queued", "failed"), help="only these")
    listing.add_argument("--function", metavar="NAME", help="only those of one function")
    listing.add_argument(
        "--limit", type=_up_to(10_000), metavar="N", help="maximum number of each state (100; up to 10000)"
    )
    show = actions.add_parser("show", parents=[gateway], help="show one with its payload and response")
    show.add_argument("id", metavar="ID")
    retry = actions.add_parser("retry", parents=[gateway], help="run failed ones again, or queued ones now")
    drop = actions.add_parser("drop", parents=[gateway], help="remove some; one that runs is not tried again")
    for action in (retry, drop):
        action.add_argument("ids", metavar="ID", nargs="+")


def _add_keys(parser: argparse.ArgumentParser) -> None:
    _add_stack(parser)


def _add_token(parser: argparse.ArgumentParser) -> None:
    _add_stack(parser)
    issuer = parser.add_mutually_exclusive_group()
    issuer.add_argument("--pool", metavar="ID", help="the user pool; not needed if there is only one")
    issuer.add_argument("--issuer", metavar="URL", help="the user pool by its issuer")
    parser.add_argument("--client", metavar="ID", help="aud or client_id (the first that an authorizer accepts)")
    parser.add_argument("--scope", action="append", default=[], metavar="S", help="a scope; may be repeated")
    parser.add_argument(
        "--claim", action="append", type=_claim, default=[], metavar="K=V", help="a claim; repeated, it is a list"
    )
    parser.add_argument("--expires", type=int, default=3600, metavar="SECONDS", help="from now (3600); may be negative")
    parser.add_argument("--use", choices=("id", "access"), help="the kind (access with --scope, else id)")


def _add_stack(parser: argparse.ArgumentParser) -> None:
    """The stack whose secret is used."""
    folder = "the output folder of esb build; else the environment's ESB_RUNTIME_SECRET, else .esb"
    parser.add_argument("root", type=Path, nargs="?", metavar="DIR", help=folder)


def _claim(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text} is not a claim; write it as name=value")
    return name, value


def _debug_target(text: str) -> DebugTarget:
    name, colon, port = text.partition(":")
    if not name:
        raise argparse.ArgumentTypeError(f"{text} names no function; write it as NAME or NAME:5678")
    return DebugTarget(name, _port(port) or None if colon else None)


def _target(text: str) -> Target:
    host, _, port = text.rpartition(":")
    if not host:
        raise argparse.ArgumentTypeError(f"{text} is not an address; write it as s3-storage:9000")
    return Target(host.removeprefix("[").removesuffix("]"), _port(port))


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port; use a number from 0 to 65535")
    return int(text)


class Duration(NamedTuple):
    """A length of time, and the text that it was given as."""

    text: str
    seconds: float

    def __str__(self) -> str:
        return self.text


def _duration(text: str) -> Duration:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is not a duration; write it as 30s, 10m, 2h or 1d")
    return Duration(text, int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]])


def _request_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f-]{1,36}", text):
        raise argparse.ArgumentTypeError(f"{text} is not the id of a request; it has only 0-9, a-f and -")
    return text


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to {most}")
        return int(text)

    return number
