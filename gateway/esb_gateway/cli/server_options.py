"""The arguments of commands that serve."""

from __future__ import annotations

import argparse
from pathlib import Path

from esb_gateway.cli.argument_types import debug_target, target
from esb_gateway.local.engine_choice import DATABASES, STORAGES
from esb_schemas.command_line.argument_types import port
from esb_schemas.command_line.parser import CommandParser


def add_serve(parser: CommandParser) -> None:
    parser.add_argument("--config", type=Path, metavar="DIR", help="the folder of functions.yml and routing.yml")
    parser.add_argument("--host", help="the address to listen on")
    parser.add_argument("--port", type=port, help="the public port; 0 is any free one")
    _add_tls(parser)


def add_local(parser: CommandParser) -> None:
    parser.add_argument("root", type=Path, nargs="?", default=Path(".esb"), metavar="DIR", help="the folder (.esb)")
    _add_local_server(parser.add_argument_group("the server"))
    _add_local_functions(parser.add_argument_group("the functions"))
    _add_local_data(parser.add_argument_group("the data"))


def _add_local_server(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--host", metavar="ADDRESS", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    add("--port", metavar="PORT", type=port, default=8080, help="the port (8080); 0 is any free one")
    _add_tls(group)
    add("--static", type=Path, metavar="FOLDER", help="serve its files at paths that no route has")
    add("--disable-authorizer", action="store_true", help="answer routes without it; on loopback only")
    add("--testing", action="store_true", help="let tests see invocations and delete all data")


def _add_local_functions(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add_env_vars(group)
    text = "one slot that waits for a debugger; may be repeated"
    add("--debug", type=debug_target, action="append", default=[], metavar="NAME[:PORT]", help=text)
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


def _add_tls(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--tls-cert", metavar="FILE", help="serve with TLS: certificate and chain, as PEM")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, as PEM without a passphrase")


def add_forward(parser: CommandParser) -> None:
    parser.add_argument("target", type=target, metavar="HOST:PORT", help="the server")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=port, help="the port to listen on (the server's); 0 is any free one")


def add_storage_events(parser: CommandParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "target", type=target, nargs="?", metavar="HOST:PORT", help="the gRPC port of SeaweedFS's filer"
    )
    text = "take what RustFS sends, and keep it in this file until it is read"
    source.add_argument("--webhook", type=Path, metavar="FILE", help=text)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=port, required=True, help="the port to listen on; 0 is any free one")


def add_env_vars(parser: argparse._ActionsContainer) -> None:
    text = "values of functions' variables, as of sam local"
    parser.add_argument("--env-vars", type=Path, metavar="FILE", help=text)
