"""The arguments of commands that ask a gateway, a log server, or the folder of a build."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from esb_gateway.cli.argument_types import claim, duration, request_id, up_to
from esb_gateway.cli.server_options import add_env_vars
from esb_gateway.client.environment import SHELLS
from esb_schemas.command_line.argument_types import port
from esb_schemas.command_line.parser import CommandParser

_URL_HELP: Final = "the running gateway (esb-gateway local of the folder, else http://127.0.0.1:8080)"


def add_invoke(parser: CommandParser) -> None:
    parser.add_argument("function", metavar="NAME", help="its name, logical id or ARN")
    parser.add_argument("-e", "--event", metavar="FILE", help="the event as JSON; - is standard input ({})")
    parser.add_argument("--async", action="store_true", dest="is_async", help="do not wait for the response")
    parser.add_argument("--log", action="store_true", help="print the end of the function's log on standard error")
    parser.add_argument("--qualifier", metavar="Q", help="a version or an alias")
    parser.add_argument("--client-context", metavar="JSON", help="what context.client_context has")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help=_URL_HELP)
    where.add_argument("--local", action="store_true", help="start a gateway for this call, even if one runs")
    add_env_vars(parser)
    parser.add_argument(
        "--debug",
        type=port,
        nargs="?",
        const=0,
        metavar="PORT",
        help="with --local: let the function wait for a debugger on this port (5678; Node.js 9229, Java 5005)",
    )
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def add_doctor(parser: CommandParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def add_logs(parser: CommandParser) -> None:
    parser.add_argument("function", metavar="FUNCTION", nargs="?", help="only of this function, or of this service")
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new events, until Ctrl-C")
    parser.add_argument(
        "--since", type=duration, default="10m", metavar="AGO", help="30s, 10m, 2h or 1d (10m); nothing older"
    )
    parser.add_argument("--request", type=request_id, metavar="ID", help="only of this request; its beginning will do")
    parser.add_argument(
        "-n", "--tail", type=up_to(10_000), default=1000, metavar="N", help="at most the last N events (1000)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each event")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help="the log server (http://127.0.0.1:9428)")
    where.add_argument("--local", action="store_true", help="the log of esb-gateway local, even if the stack runs")
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def add_env(parser: CommandParser) -> None:
    parser.description = 'Prints variables for the shell: eval "$(esb-gateway env)"'
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--shell", choices=tuple(SHELLS), default="sh", help="whose syntax (sh, which is bash's and zsh's)"
    )
    form.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--url", help=_URL_HELP)
    parser.add_argument("--root", type=Path, metavar="DIR", help="the output folder of esb build (.esb)")


def add_schedules(parser: CommandParser) -> None:
    parser.add_argument(
        "--config", type=Path, metavar="DIR", help="the folder of functions.yml (.esb/config; else the container's)"
    )
    parser.add_argument("--count", type=up_to(1000), default=3, metavar="N", help="number of occurrences of each (3)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _running_gateway() -> CommandParser:
    """The options of commands that ask a running gateway."""
    gateway = CommandParser(add_help=False)
    gateway.add_argument("--url", help=_URL_HELP)
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


def add_queues(parser: CommandParser) -> None:
    actions = _actions(parser, "esb-gateway queues")
    _action(actions, "queues list", "[OPTIONS]", "list them, and the events in flight with their chain")
    redrive = _action(actions, "queues redrive", "QUEUE [OPTIONS]", "move dead letters back to where they came from")
    redrive.add_argument("name", metavar="QUEUE", help="the dead-letter queue")
    redrive.add_argument("--to", metavar="QUEUE", help="move them to this queue instead")
    redrive.add_argument("--no-wait", action="store_true", help="do not wait until all are moved")


def add_events(parser: CommandParser) -> None:
    actions = _actions(parser, "esb-gateway events")
    listing = _action(actions, "events list", "[OPTIONS]", "list them: failed ones, then queued ones")
    listing.add_argument("--state", choices=("queued", "failed"), help="only these")
    listing.add_argument("--function", metavar="NAME", help="only those of one function")
    listing.add_argument(
        "--limit", type=up_to(10_000), metavar="N", help="maximum number of each state (100; up to 10000)"
    )
    show = _action(actions, "events show", "ID [OPTIONS]", "show one with its payload and response")
    show.add_argument("id", metavar="ID", help="its id, as events list shows it")
    retry = _action(actions, "events retry", "ID… [OPTIONS]", "run failed ones again, or queued ones now")
    drop = _action(actions, "events drop", "ID… [OPTIONS]", "remove some; one that runs is not tried again")
    for action in (retry, drop):
        action.add_argument("ids", metavar="ID", nargs="+", help="their ids, as events list shows them")


def add_keys(parser: CommandParser) -> None:
    _add_stack(parser)


def add_token(parser: CommandParser) -> None:
    _add_stack(parser)
    issuer = parser.add_mutually_exclusive_group()
    issuer.add_argument("--pool", metavar="ID", help="the user pool; not needed if there is only one")
    issuer.add_argument("--issuer", metavar="URL", help="the user pool by its issuer")
    parser.add_argument("--client", metavar="ID", help="aud or client_id (the first that an authorizer accepts)")
    parser.add_argument("--scope", action="append", default=[], metavar="S", help="a scope; may be repeated")
    parser.add_argument(
        "--claim", action="append", type=claim, default=[], metavar="K=V", help="a claim; repeated, it is a list"
    )
    parser.add_argument("--expires", type=int, default=3600, metavar="SECONDS", help="from now (3600); may be negative")
    parser.add_argument("--use", choices=("id", "access"), help="the kind (access with --scope, else id)")


def _add_stack(parser: CommandParser) -> None:
    """The stack whose secret is used."""
    folder = "the output folder of esb build; else the environment's ESB_RUNTIME_SECRET, else .esb"
    parser.add_argument("root", type=Path, nargs="?", metavar="DIR", help=folder)
