"""The arguments of `esb-gateway event`: a command for each service, and for each of its events."""

from __future__ import annotations

import argparse
from itertools import groupby

from esb_gateway.sample_events.sample import Sample
from esb_gateway.sample_events.table import SAMPLES
from esb_schemas.command_line.parser import CommandParser


def add_event(parser: CommandParser) -> None:
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
