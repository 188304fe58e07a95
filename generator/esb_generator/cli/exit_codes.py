"""The exit codes of `esb`."""

from __future__ import annotations

from esb_schemas.command_line.exit_codes import STOPPED as BY_CTRL_C
from esb_schemas.command_line.exit_codes import ExitCode


class Exit(ExitCode):
    """Exit codes of `esb`."""

    DONE = 0, "done; `build --watch`: stopped by Ctrl-C"
    WRONG = 1, "an error of the application, a file or Docker; with `--strict` a warning, with `--check` a change, too"
    USAGE = 2, "wrong usage, or a removed command or one of `sam`: the replacement is printed"
    STOPPED = BY_CTRL_C
