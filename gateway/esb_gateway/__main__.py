"""The program `esb-gateway`, also `python -m esb_gateway`."""

import sys

from esb_schemas.starting import run_program


def program() -> int:
    """Run the command line of this process; returns the exit code."""
    return run_program("esb-gateway", "esb_gateway.cli")


if __name__ == "__main__":
    sys.exit(program())
