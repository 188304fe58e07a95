"""The command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from esb_provisioner.provisioning import DEFAULT_WAIT
from esb_schemas.command_line.parser import CommandParser
from esb_schemas.release import release

DEFAULT_FILE: Final = Path("/app/config/resources.yml")
USAGE: Final = """\
esb-provision [FILE] [OPTIONS]
       esb-provision export FOLDER | import FOLDER | completion SHELL
"""
EPILOG: Final = """\
example: esb-provision .esb/config/resources.yml --plan
Each command has a --help of its own; a file of such a name is ./export.
Variables: DYNAMODB_ENDPOINT, S3_ENDPOINT and so on; AWS's region and keys.
Exit codes: 0 done, 1 bad file, 2 usage, 3 drift, 4 no server, 5 failure.
"""


@dataclass(frozen=True)
class Options:
    file: Path
    plan: bool
    explain: bool
    json: bool
    wait: float
    allow_drift: bool
    allow_aws: bool
    new_servers: bool = False
    reset_tables: list[str] = field(default_factory=list)
    reset_streams: list[str] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        return self.plan or self.explain

    @property
    def resets(self) -> frozenset[tuple[str, str]]:
        """The options that delete data, each with the name of a resource."""
        return frozenset(
            {("--reset-table", name) for name in self.reset_tables}
            | {("--reset-stream", name) for name in self.reset_streams}
        )


def parser() -> CommandParser:
    result = CommandParser(
        prog="esb-provision",
        usage=USAGE.rstrip(),
        description="Creates what resources.yml has, and repairs it; a second run changes nothing.",
        epilog=EPILOG,
        allow_abbrev=False,
    )
    file_help = f"the resources ({DEFAULT_FILE})"
    result.add_argument("file", metavar="FILE", nargs="?", type=Path, default=DEFAULT_FILE, help=file_help)
    only = result.add_mutually_exclusive_group()
    only.add_argument("--plan", action="store_true", help="print what would be done, and change nothing")
    explain_help = "print file and server side by side, and change nothing"
    only.add_argument("--explain", action="store_true", help=explain_help)
    result.add_argument("--json", action="store_true", help="one JSON document on stdout, progress on stderr")
    wait_help = "how long to wait for the servers (120)"
    result.add_argument("--wait", metavar="SECONDS", type=seconds, default=DEFAULT_WAIT, help=wait_help)
    drift_help = "exit with 0 if there is drift; the data stays as it is"
    result.add_argument("--allow-drift", action="store_true", help=drift_help)
    table_help = "create a drifted table anew, without its items"
    result.add_argument(
        "--reset-table", metavar="NAME", dest="reset_tables", action="append", default=[], help=table_help
    )
    stream_help = "begin a drifted stream anew, without its records"
    result.add_argument(
        "--reset-stream", metavar="NAME", dest="reset_streams", action="append", default=[], help=stream_help
    )
    result.add_argument("--allow-aws", action="store_true", help="use real AWS if no endpoint is set")
    new_help = "they were empty: do not list what is not in the file"
    result.add_argument("--new-servers", action="store_true", help=new_help)
    result.add_argument("--version", action="version", version=f"%(prog)s {release().version}")
    return result


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds such as 120")
    return value
