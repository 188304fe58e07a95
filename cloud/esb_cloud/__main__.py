"""The program `esb-cloud`, also `python -m esb_cloud`."""

import sys

from esb_schemas.starting import run_program


def program() -> int:
    """Run the command line of this process; returns the exit code."""
    return run_program("esb-cloud", "esb_cloud.cli")


if __name__ == "__main__":
    sys.exit(program())
