"""The command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from esb_provisioner.provisioning import DEFAULT_WAIT
from esb_schemas.release import release

DEFAULT_FILE: Final = Path("/app/config/resources.yml")
EPILOG: Final = """\
esb-provision export FOLDER and esb-provision import FOLDER move what tables and buckets hold; a file of such a name
is ./export. Each has a --help of its own.

environment:
  DYNAMODB_ENDPOINT, S3_ENDPOINT            URLs of the servers, such as http://database:8000
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY  the credentials for the servers
  AWS_REGION                                us-east-1 if not set
  ESB_PROVISIONED_FILE                      the file in which a run tells the gateway what it has provisioned
  ESB_GATEWAY_URL                           a gateway that is running; a run ends when it serves what was provisioned

exit codes:
  0  everything is as the file says
  1  the file cannot be read or is invalid
  2  wrong usage, or a variable of the environment is missing
  3  drift: a resource differs from the file, and changing it would lose data; it was not changed
     (0 with --allow-drift)
  4  a server did not answer in time; nothing was changed
  5  something failed; the rest was done
  130, 143  stopped by SIGINT or SIGTERM; run again to go on
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
    reset_tables: list[str] = field(default_factory=list)
    reset_streams: list[str] = field(default_factory=list)

    @property
    def changes_nothing(self) -> bool:
        return self.plan or self.explain

    @property
    def resets(self) -> frozenset[tuple[str, str]]:
        """Each option that lets data be lost, with its name."""
        return frozenset(
            {("--reset-table", name) for name in self.reset_tables}
            | {("--reset-stream", name) for name in self.reset_streams}
        )


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(
        prog="esb-provision",
        description="Create the tables and buckets of resources.yml; a second run changes nothing.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    result.add_argument("file", metavar="FILE", nargs="?", type=Path, default=DEFAULT_FILE, help=f"({DEFAULT_FILE})")
    only = result.add_mutually_exclusive_group()
    only.add_argument("--plan", action="store_true", help="print what would be done, and change nothing")
    explain_help = "print each resource as in the file and as on the server, side by side, and change nothing"
    only.add_argument("--explain", action="store_true", help=explain_help)
    result.add_argument("--json", action="store_true", help="one JSON document on stdout, progress on stderr")
    wait_help = "how long to wait for the servers (120)"
    result.add_argument("--wait", metavar="SECONDS", type=seconds, default=DEFAULT_WAIT, help=wait_help)
    drift_help = "exit with 0 if there is drift: report it, and leave the data as it is"
    result.add_argument("--allow-drift", action="store_true", help=drift_help)
    table_help = "if the table has drifted, delete it with its items and create it as the file says; may be repeated"
    result.add_argument(
        "--reset-table", metavar="NAME", dest="reset_tables", action="append", default=[], help=table_help
    )
    stream_help = (
        "if the table's StreamViewType has drifted, begin a new one without the unread records; may be repeated"
    )
    result.add_argument(
        "--reset-stream", metavar="NAME", dest="reset_streams", action="append", default=[], help=stream_help
    )
    result.add_argument("--allow-aws", action="store_true", help="use real AWS if no endpoint is set")
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
