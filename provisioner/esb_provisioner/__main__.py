"""The program `esb-provision`, also `python -m esb_provisioner`."""

import os
import sys

STOPPED = 130  # as in the table of exit codes, which is imported later


def program() -> int:
    """Run the command line of this process; returns the exit code."""
    try:
        from esb_provisioner.cli import main  # noqa: PLC0415 - Ctrl-C while it is imported is one line, too

        return main()
    except KeyboardInterrupt:
        os.write(2, b"\nesb-provision: stopped\n")
        return STOPPED


if __name__ == "__main__":
    sys.exit(program())
