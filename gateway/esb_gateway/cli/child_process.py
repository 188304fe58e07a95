"""`python -m esb_gateway.cli.child_process PARENT_PID COMMAND …`: on Linux, the command ends with its parent."""

from __future__ import annotations

import sys

from esb_gateway.cli import main
from esb_gateway.execution.embedded.start_function import die_with_parent

if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    raise SystemExit(main(sys.argv[2:]))
