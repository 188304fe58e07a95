"""The commands of esb-gateway, in the order of its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from esb_gateway.cli.client_options import (
    add_doctor,
    add_env,
    add_events,
    add_invoke,
    add_keys,
    add_logs,
    add_queues,
    add_schedules,
    add_token,
)
from esb_gateway.cli.event_options import add_event
from esb_gateway.cli.server_options import add_forward, add_local, add_serve, add_storage_events
from esb_schemas.command_line.parser import CommandParser


class CliCommand(NamedTuple):
    """A command of esb-gateway. `usage` is what follows its name; one without `help` is not listed."""

    name: str
    help: str
    usage: str
    description: str
    add: Callable[[CommandParser], None]
    epilog: str = ""


COMMANDS: Final = (
    CliCommand(
        name="local",
        help="run what esb build wrote, on this machine, without Docker",
        usage="[DIR] [OPTIONS] [-- OPTIONS OF esb build]",
        description="Runs what esb build wrote: functions, APIs, tables, buckets, queues, topics.",
        add=add_local,
        epilog="example: esb-gateway local --watch --data .esb/data\n"
        "then: esb-gateway invoke NAME, esb-gateway logs -f",
    ),
    CliCommand(
        name="invoke",
        help="call a function and print its response",
        usage="NAME [OPTIONS]",
        description="Calls a function, of a gateway that runs or else of one that is started for the call.",
        add=add_invoke,
        epilog="example: esb-gateway invoke hello -e event.json --log",
    ),
    CliCommand(
        name="event",
        help="print a sample event of an API, a queue, a schedule and so on",
        usage="SERVICE EVENT [OPTIONS]",
        description="Prints an event as functions get it.",
        add=add_event,
        epilog="`esb-gateway event SERVICE --help` has its events.\n"
        "example: esb-gateway event sqs receive-message | esb-gateway invoke hello -e -",
    ),
    CliCommand(
        name="env",
        help="print variables by which SDKs, aws and tests reach the stack",
        usage="[OPTIONS]",
        description="Prints endpoints, region and credentials for a shell.",
        add=add_env,
        epilog='example: eval "$(esb-gateway env)"',
    ),
    CliCommand(
        name="logs",
        help="show what functions and the gateway logged",
        usage="[FUNCTION] [OPTIONS]",
        description="Shows what functions and the gateway logged.",
        add=add_logs,
        epilog="example: esb-gateway logs hello -f --since 1h",
    ),
    CliCommand(
        name="schedules",
        help="show when the functions' schedules fire next",
        usage="[OPTIONS]",
        description="Shows when the functions' schedules fire next.",
        add=add_schedules,
        epilog="example: esb-gateway schedules --count 5",
    ),
    CliCommand(
        name="events",
        help="list, show, retry or drop asynchronous invocations",
        usage="ACTION [OPTIONS]",
        description="Lists, shows, retries or drops asynchronous invocations.",
        add=add_events,
        epilog="example: esb-gateway events list --state failed",
    ),
    CliCommand(
        name="queues",
        help="list queues and the events in flight, and move dead letters back",
        usage="ACTION [OPTIONS]",
        description="Lists queues and the events in flight with their chain, and moves dead letters back.",
        add=add_queues,
        epilog="example: esb-gateway queues redrive orders-dead",
    ),
    CliCommand(
        name="keys",
        help="print the API keys of the stack, with their values",
        usage="[DIR]",
        description="Prints the API keys of the stack, with their values.",
        add=add_keys,
    ),
    CliCommand(
        name="token",
        help="print a token as a user pool of the application would issue it",
        usage="[DIR] [OPTIONS]",
        description="Prints a token as a user pool of the application would issue it.",
        add=add_token,
        epilog="example: esb-gateway token --scope orders/read --claim email=ada@example.com",
    ),
    CliCommand(
        name="doctor",
        help="check what a stack needs on this machine, and what of it runs",
        usage="[OPTIONS]",
        description="Checks what a stack needs on this machine, and what of it runs.",
        add=add_doctor,
    ),
    CliCommand(
        name="serve",
        help="",
        usage="[OPTIONS]",
        description="Serves functions that run in containers, as the stack's service gateway does.",
        add=add_serve,
    ),
    CliCommand(
        name="forward",
        help="",
        usage="HOST:PORT [OPTIONS]",
        description="Forwards connections to another server, byte for byte.",
        add=add_forward,
        epilog="example: esb-gateway forward s3-storage:9000 --port 9000",
    ),
    CliCommand(
        name="storage-events",
        help="",
        usage="[HOST:PORT] --port PORT [OPTIONS]",
        description="Tells of changed objects of SeaweedFS, beside it, or with --webhook of RustFS.",
        add=add_storage_events,
        epilog="example: esb-gateway storage-events s3-storage:18888 --port 9333",
    ),
)
