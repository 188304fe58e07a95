"""The command lines of `export` and `import`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from esb_provisioner.options import seconds
from esb_provisioner.provisioning import DEFAULT_WAIT
from esb_provisioner.steps import Resource
from esb_schemas.command_line.parser import CommandParser

COMMANDS: Final = ("export", "import")
EPILOG: Final = """\
example: esb-provision {command} backup
Exit codes: 0 all is there, compared by counts and hashes; 1 the folder cannot be used; 2 wrong usage; 4 no server; \
5 failure, after which, as after Ctrl-C, the same command goes on.
"""
_DESCRIPTIONS: Final = {
    "export": "Writes the items of all tables and the objects of all buckets into a folder.",
    "import": "Writes an export into the servers; tables and buckets that do not exist are created.",
}


@dataclass(frozen=True)
class TransferOptions:
    command: str
    folder: Path
    table: tuple[str, ...]
    bucket: tuple[str, ...]
    json: bool
    wait: float
    allow_aws: bool
    overwrite: bool = False

    @property
    def names(self) -> frozenset[Resource]:
        return frozenset(
            {*(Resource("table", name) for name in self.table), *(Resource("bucket", name) for name in self.bucket)}
        )


def parse(arguments: list[str]) -> TransferOptions:
    """The options; the first argument is the command. Exits with 2 if they are invalid."""
    command = arguments[0]
    given = vars(parser(command).parse_args(arguments[1:]))
    return TransferOptions(command, **{**given, "table": tuple(given["table"]), "bucket": tuple(given["bucket"])})


def parser(command: str) -> CommandParser:
    """The parser of one of COMMANDS."""
    result = CommandParser(
        prog=f"esb-provision {command}",
        usage=f"esb-provision {command} FOLDER [OPTIONS]",
        description=_DESCRIPTIONS[command],
        epilog=EPILOG.format(command=command),
        allow_abbrev=False,
    )
    result.add_argument("folder", metavar="FOLDER", type=Path, help="the folder of the export")
    for kind in ("table", "bucket"):
        text = f"this {kind}, and else only what is named so; may be repeated"
        result.add_argument(f"--{kind}", metavar="NAME", action="append", default=[], help=text)
    if command == "import":
        text = "write into what is not empty: the same keys are replaced"
        result.add_argument("--overwrite", action="store_true", help=text)
    result.add_argument("--json", action="store_true", help="one JSON document on stdout, progress on stderr")
    wait_help = "how long to wait for the servers (120)"
    result.add_argument("--wait", metavar="SECONDS", type=seconds, default=DEFAULT_WAIT, help=wait_help)
    result.add_argument("--allow-aws", action="store_true", help="use real AWS for services without an endpoint")
    return result
