"""The command lines of `export` and `import`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from esb_provisioner.options import seconds
from esb_provisioner.provisioning import DEFAULT_WAIT
from esb_provisioner.steps import Resource

COMMANDS: Final = ("export", "import")
EPILOG: Final = """\
exit codes:
  0  all of it is there, compared by counts and hashes
  1  the folder cannot be used, or a file is not as it was exported
  2  wrong usage, or a variable of the environment is missing
  4  a server did not answer in time
  5  something failed; the rest was done, and the same command goes on
  130, 143  stopped by SIGINT or SIGTERM; the same command goes on
"""
_DESCRIPTIONS: Final = {
    "export": "Write the items of all tables and the objects of all buckets into a folder.",
    "import": "Write an export into the servers; tables and buckets that do not exist are created.",
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
    result = argparse.ArgumentParser(
        prog=f"esb-provision {command}",
        description=_DESCRIPTIONS[command],
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument("folder", metavar="FOLDER", type=Path)
    for kind in ("table", "bucket"):
        text = f"only this {kind}; may be repeated, and with --table and --bucket nothing else is taken"
        result.add_argument(f"--{kind}", metavar="NAME", action="append", default=[], help=text)
    if command == "import":
        text = "write into tables and buckets that are not empty: what has the same key is replaced, the rest stays"
        result.add_argument("--overwrite", action="store_true", help=text)
    result.add_argument("--json", action="store_true", help="one JSON document on stdout, progress on stderr")
    wait_help = "how long to wait for the servers (120)"
    result.add_argument("--wait", metavar="SECONDS", type=seconds, default=DEFAULT_WAIT, help=wait_help)
    result.add_argument("--allow-aws", action="store_true", help="use real AWS for services without an endpoint")
    given = vars(result.parse_args(arguments[1:]))
    return TransferOptions(command, **{**given, "table": tuple(given["table"]), "bucket": tuple(given["bucket"])})
