"""The program `esb-provision`, also `python -m esb_provisioner`."""

import sys

from esb_schemas.starting import run_program


def program() -> int:
    """Run the command line of this process; returns the exit code."""
    return run_program("esb-provision", "esb_provisioner.cli")


if __name__ == "__main__":
    sys.exit(program())
