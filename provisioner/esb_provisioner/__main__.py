"""The program `esb-provision`, also `python -m esb_provisioner`."""

import sys

from esb_schemas.command_line.starting import start


def program() -> int:
    """Run the command line of this process; returns the exit code."""
    return start("esb-provision", "esb_provisioner.cli:main")


if __name__ == "__main__":
    sys.exit(program())
