"""The arguments of all commands."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from esb_gateway.client_environment import SHELLS
from esb_gateway.debug_target import DebugTarget
from esb_gateway.local.engines.choice import DATABASES, MOTO, STORAGES
from esb_gateway.sample_events.sample import Sample
from esb_gateway.sample_events.table import SAMPLES
from esb_schemas.command_line.completion import add_completion
from esb_schemas.command_line.parser import CommandParser
from esb_schemas.release import release
from esb_wire.forwarding import Target

_OF_BUILD: Final = ("-t", "--template", "--parameter-overrides", "--config-env")  # as of sam local start-api


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line. For `local`, `build` has what follows a `--`. Exits with 2 if it is invalid."""
    whole = command_line()
    for argument in arguments:
        if any("\udc80" <= sign <= "\udcff" for sign in argument):
            whole.error(f"{argument!r} is not UTF-8")
    own, build = list(arguments), list[str]()
    if own[:1] == ["local"] and "--" in own:
        at = own.index("--")
        own, build = own[:at], own[at + 1 :]
    if own[:1] == ["local"] and (asked := [word for word in own if word in _OF_BUILD]):
        whole.error(
            f"{asked[0]} is an option of esb build: run that first, or esb-gateway local --watch -- {asked[0]} …"
        )
    options = whole.parse_args(own)
    options.build = build
    if options.command == "invoke" and options.env_vars is not None and not options.local:
        whole.error("--env-vars is for a gateway that is started for the call; add --local")
    if options.command == "invoke" and options.debug is not None and not options.local:
        whole.error("--debug is for a gateway that is started for the call; add --local")
    if build and not options.watch:
        whole.error("the options after -- are for --watch, which is not given")
    if options.command == "local" and options.testing and options.data is not None:
        whole.error("--testing lets tests delete all data; leave --data out")
    if options.command == "local" and options.testing and {options.database, options.storage} - {None, MOTO}:
        whole.error("--testing empties the tables and buckets of moto; leave --database and --storage out")
    return options


class _Command(NamedTuple):
    """A command of esb-gateway. `usage` is what follows its name; one without `help` is not listed."""

    name: str
    help: str
    usage: str
    description: str
    add: Callable[[CommandParser], None]
    epilog: str = ""


def command_line() -> CommandParser:
    """The parser of the whole command line."""
    result = CommandParser(
        prog="esb-gateway",
        usage="esb-gateway COMMAND [OPTIONS]",
        description="Runs Lambda functions, serves their APIs, and asks a gateway that runs.",
        epilog="First esb build, then esb-gateway local or docker compose up -d --wait.\n"
        "`COMMAND --help` has options; containers run serve, forward, storage-events.",
    )
    commands = result.add_subparsers(
        required=True, metavar="COMMAND", dest="command", title="commands", prog="esb-gateway"
    )
    for command in _commands():
        command.add(_below(commands, command, f"esb-gateway {command.name}"))
    add_completion(commands, "esb-gateway")
    result.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    return result


def _below(commands: argparse._SubParsersAction[CommandParser], command: _Command, words: str) -> CommandParser:
    listed: dict[str, Any] = {"help": command.help} if command.help else {}
    return commands.add_parser(
        command.name,
        usage=f"{words} {command.usage}",
        description=command.description,
        epilog=command.epilog,
        **listed,
    )


def _commands() -> tuple[_Command, ...]:
    return (
        _Command(
            "local",
            "run what esb build wrote, on this machine, without Docker",
            "[DIR] [OPTIONS] [-- OPTIONS OF esb build]",
            "Runs what esb build wrote: functions, APIs, tables, buckets, queues, topics.",
            _add_local,
            "example: esb-gateway local --watch --data .esb/data\nthen: esb-gateway invoke NAME, esb-gateway logs -f",
        ),
        _Command(
            "invoke",
            "call a function and print its response",
            "NAME [OPTIONS]",
            "Calls a function, of a gateway that runs or else of one that is started for the call.",
            _add_invoke,
            "example: esb-gateway invoke hello -e event.json --log",
        ),
        _Command(
            "event",
            "print a sample event of an API, a queue, a schedule and so on",
            "SERVICE EVENT [OPTIONS]",
            "Prints an event as functions get it.",
            _add_event,
            "`esb-gateway event SERVICE --help` has its events.\n"
            "example: esb-gateway event sqs receive-message | esb-gateway invoke hello -e -",
        ),
        _Command(
            "env",
            "print variables by which SDKs, aws and tests reach the stack",
            "[OPTIONS]",
            "Prints endpoints, region and credentials for a shell.",
            _add_env,
            'example: eval "$(esb-gateway env)"',
        ),
        _Command(
            "logs",
            "show what functions and the gateway logged",
            "[FUNCTION] [OPTIONS]",
            "Shows what functions and the gateway logged.",
            _add_logs,
            "example: esb-gateway logs hello -f --since 1h",
        ),
        _Command(
            "schedules",
            "show when the functions' schedules fire next",
            "[OPTIONS]",
            "Shows when the functions' schedules fire next.",
            _add_schedules,
            "example: esb-gateway schedules --count 5",
        ),
        _Command(
            "events",
            "list, show, retry or drop asynchronous invocations",
            "ACTION [OPTIONS]",
            "Lists, shows, retries or drops asynchronous invocations.",
            _add_events,
            "example: esb-gateway events list --state failed",
        ),
        _Command(
            "queues",
            "list queues and the events in flight, and move dead letters back",
            "ACTION [OPTIONS]",
            "Lists queues and the events in flight with their chain, and moves dead letters back.",
            _add_queues,
            "example: esb-gateway queues redrive orders-dead",
        ),
        _Command(
            "keys",
            "print the API keys of the stack, with their values",
            "[DIR]",
            "Prints the API keys of the stack, with their values.",
            _add_keys,
        ),
        _Command(
            "token",
            "print a token as a user pool of the application would issue it",
            "[DIR] [OPTIONS]",
            "Prints a token as a user pool of the application would issue it.",
            _add_token,
            "example: esb-gateway token --scope orders/read --claim email=ada@example.com",
        ),
        _Command(
            "doctor",
            "check what a stack needs on this machine, and what of it runs",
            "[OPTIONS]",
            "Checks what a stack needs on this machine, and what of it runs.",
            _add_doctor,
        ),
        _Command(
            "serve",
            "",
            "[OPTIONS]",
            "Serves functions that run in containers, as the stack's service gateway does.",
            _add_serve,
        ),
        _Command(
            "forward",
            "",
            "HOST:PORT [OPTIONS]",
            "Forwards connections to another server, byte for byte.",
            _add_forward,
            "example: esb-gateway forward s3-storage:9000 --port 9000",
        ),
        _Command(
            "storage-events",
            "",
            "HOST:PORT --port PORT [OPTIONS]",
            "Tells of changed objects of SeaweedFS, beside it.",
            _add_storage_events,
            "example: esb-gateway storage-events s3-storage:18888 --port 9333",
        ),
    )


def _add_serve(parser: CommandParser) -> None:
    parser.add_argument("--config", type=Path, metavar="DIR", help="the folder of functions.yml and routing.yml")
    parser.add_argument("--host", help="the address to listen on")
    parser.add_argument("--port", type=_port, help="the public port; 0 is any free one")
    _add_tls(parser)


def _add_local(parser: CommandParser) -> None:
    parser.add_argument("root", type=Path, nargs="?", default=Path(".esb"), metavar="DIR", help="the folder (.esb)")
    _add_local_server(parser.add_argument_group("the server"))
    _add_local_functions(parser.add_argument_group("the functions"))
    _add_local_data(parser.add_argument_group("the data"))


def _add_local_server(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--host", metavar="ADDRESS", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    add("--port", metavar="PORT", type=_port, default=8080, help="the port (8080); 0 is any free one")
    _add_tls(group)
    add("--static", type=Path, metavar="FOLDER", help="serve its files at paths that no route has")
    add("--disable-authorizer", action="store_true", help="answer routes without it; on loopback only")
    add("--testing", action="store_true", help="let tests see invocations and delete all data")


def _add_local_functions(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    _add_env_vars(group)
    text = "one slot that waits for a debugger; may be repeated"
    add("--debug", type=_debug_target, action="append", default=[], metavar="NAME[:PORT]", help=text)
    add("--watch", action="store_true", help="run esb build --watch, too; its options follow a --")


def _add_local_data(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--data", type=Path, metavar="DIR", help="keep all data there; else it is in memory")
    add("--database", choices=DATABASES, metavar="NAME", help="moto, or the stack's dynoxide (moto)")
    add("--storage", choices=STORAGES, metavar="NAME", help="moto, or the stack's seaweedfs (moto)")
    add("--cloud", action="store_true", help="run esb-cloud without queues, topics and buses, too")
    text = "create a drifted table anew, without its items"
    add("--reset-table", action="append", default=[], metavar="NAME", help=text)
    text = "begin a drifted stream anew, without its records"
    add("--reset-stream", action="append", default=[], metavar="NAME", help=text)


def _add_env_vars(parser: argparse._ActionsContainer) -> None:
    text = "values of functions' variables, as of sam local"
    parser.add_argument("--env-vars", type=Path, metavar="FILE", help=text)


def _add_tls(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--tls-cert", metavar="FILE", help="serve with TLS: certificate and chain, as PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, as PEM without a passphrase")


def _add_forward(parser: CommandParser) -> None:
    parser.add_argument("target", type=_target, metavar="HOST:PORT", help="the server")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, help="the port to listen on (the server's); 0 is any free one")


def _add_storage_events(parser: CommandParser) -> None:
    parser.add_argument("target", type=_target, metavar="HOST:PORT", help="the gRPC port of the filer")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=_port, required=True, help="the port to listen on; 0 is any free one")


def _add_invoke(parser: CommandParser) -> None:
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


def _add_doctor(parser: CommandParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def _add_event(parser: CommandParser) -> None:
    prog = "esb-gateway event"
    services = parser.add_subparsers(required=True, metavar="SERVICE", dest="service", title="services", prog=prog)
    for service, samples in groupby(SAMPLES, lambda sample: sample.service):
        rows = tuple(samples)
        words = f"{prog} {service}"
        of_service = services.add_parser(
            service,
            usage=f"{words} EVENT [OPTIONS]",
            help=", ".join(row.event for row in rows),
        )
        events = of_service.add_subparsers(required=True, metavar="EVENT", dest="event", title="events", prog=words)
        for row in rows:
            of_event = events.add_parser(
                row.event,
                usage=f"{words} {row.event} [OPTIONS]",
                help=row.help,
                description=f"Prints {row.help}.",
                epilog=f"example: {words} {row.event} | esb-gateway invoke NAME -e -",
            )
            _add_sample(of_event, row)


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


def _add_logs(parser: CommandParser) -> None:
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


def _add_env(parser: CommandParser) -> None:
    parser.description = 'Prints variables for the shell: eval "$(esb-gateway env)"'
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--shell", choices=tuple(SHELLS), default="sh", help="whose syntax (sh, which is bash's and zsh's)"
    )
    form.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--url", help="the running gateway (http://127.0.0.1:8080)")
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def _add_schedules(parser: CommandParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="DIR", help="the folder of functions.yml (.esb/config; else the container's)"
    )
    parser.add_argument("--count", type=_up_to(1000), default=3, metavar="N", help="number of occurrences of each (3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _running_gateway() -> CommandParser:
    """The options of commands that ask a running gateway."""
    gateway = CommandParser(add_help=False)
    gateway.add_argument("--url", help="the running gateway (http://127.0.0.1:8080)")
    gateway.add_argument(
        "--root", type=Path, metavar="DIR", help="the folder of its secrets.env (.esb; else environment)"
    )
    gateway.add_argument("--json", action="store_true", help="print one JSON object")
    return gateway


def _actions(parser: CommandParser, words: str) -> argparse._SubParsersAction[CommandParser]:
    return parser.add_subparsers(required=True, metavar="ACTION", dest="action", title="actions", prog=words)


def _action(actions: argparse._SubParsersAction[CommandParser], words: str, usage: str, help_: str) -> CommandParser:
    """An action of `events` or `queues`, by its words such as `events list`."""
    return actions.add_parser(
        words.rsplit(maxsplit=1)[-1],
        usage=f"esb-gateway {words} {usage}",
        help=help_,
        parents=[_running_gateway()],
    )


def _add_queues(parser: CommandParser) -> None:
    actions = _actions(parser, "esb-gateway queues")
    _action(actions, "queues list", "[OPTIONS]", "list them, and the events in flight with their chain")
    redrive = _action(actions, "queues redrive", "QUEUE [OPTIONS]", "move dead letters back to where they came from")
    redrive.add_argument("name", metavar="QUEUE", help="the dead-letter queue")
    redrive.add_argument("--to", metavar="QUEUE", help="move them to this queue instead")
    redrive.add_argument("--no-wait", action="store_true", help="do not wait until all are moved")


def _add_events(parser: CommandParser) -> None:
    actions = _actions(parser, "esb-gateway events")
    listing = _action(actions, "events list", "[OPTIONS]", "list them: failed ones, then queued ones")
    listing.add_argument("--state", choices=("queued", "failed"), help="only these")
    listing.add_argument("--function", metavar="NAME", help="only those of one function")
    listing.add_argument(
        "--limit", type=_up_to(10_000), metavar="N", help="maximum number of each state (100; up to 10000)"
    )
    show = _action(actions, "events show", "ID [OPTIONS]", "show one with its payload and response")
    show.add_argument("id", metavar="ID", help="its id, as events list shows it")
    retry = _action(actions, "events retry", "ID… [OPTIONS]", "run failed ones again, or queued ones now")
    drop = _action(actions, "events drop", "ID… [OPTIONS]", "remove some; one that runs is not tried again")
    for action in (retry, drop):
        action.add_argument("ids", metavar="ID", nargs="+", help="their ids, as events list shows them")


def _add_keys(parser: CommandParser) -> None:
    _add_stack(parser)


def _add_token(parser: CommandParser) -> None:
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


def _add_stack(parser: CommandParser) -> None:
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
