"""The program `esb-gateway`, also `python -m esb_gateway`."""

import sys

from esb_schemas.command_line.starting import start


def program() -> int:
    """Run the command line of this process; returns the exit code."""
    return start("esb-gateway", "esb_gateway.cli:main")


if __name__ == "__main__":
    sys.exit(program())
