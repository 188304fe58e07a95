"""The exit codes of `esb-gateway`."""

from __future__ import annotations

from esb_schemas.command_line.exit_codes import STOPPED as BY_CTRL_C
from esb_schemas.command_line.exit_codes import ExitCode


class Exit(ExitCode):
    """Exit codes of `esb-gateway`."""

    DONE = 0, "done; `serve`, `local`, `forward`, `storage-events` and `logs --follow`: stopped by Ctrl-C or TERM"
    FAILED = 1, "it cannot start or go on as it is set up, or no gateway answers, or the gateway refuses"
    USAGE = 2, "wrong usage"
    STOPPED = BY_CTRL_C


class InvokeExit(ExitCode):
    """Exit codes of `esb-gateway invoke`. Beside those of `esb-gateway`:"""

    FUNCTION_FAILED = 1, "the function failed, or could not be called"


class DoctorExit(ExitCode):
    """Exit codes of `esb-gateway doctor`. Beside those of `esb-gateway`:"""

    PROBLEM = 1, "something keeps the stack from running"


class EventsExit(ExitCode):
    """Exit codes of `esb-gateway events`. Beside those of `esb-gateway`:"""

    NO_SUCH_EVENT = 3, "there is no such event: it has ended, or was dropped"


class QueuesExit(ExitCode):
    """Exit codes of `esb-gateway queues`. Beside those of `esb-gateway`:"""

    MOVE_FAILED = 3, "the messages of a dead-letter queue could not be moved"
