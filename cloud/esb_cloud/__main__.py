"""The program `esb-cloud`, also `python -m esb_cloud`."""

import sys

from esb_schemas.command_line.starting import start


def program() -> int:
    """Run the command line of this process; returns the exit code."""
    return start("esb-cloud", "esb_cloud.cli:main")


if __name__ == "__main__":
    sys.exit(program())
