"""The processes of a slot's external extensions: their start, their crash, and the two seconds that they have to end.

"Lambda execution environment lifecycle" in the AWS Lambda Developer Guide: extensions start before the runtime. If one
ends by itself, the environment is of no more use. At the end of the environment the runtime ends first; then those that
have registered for SHUTDOWN get that event, and 2 s after the beginning of the end (`Limits.shutdown`) all are killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias

from esb_gateway.child_processes.launcher import Child, Output
from esb_gateway.execution import failures
from esb_gateway.execution.extensions.api import LAUNCH_ERROR, Extensions
from esb_gateway.execution.extensions.messages import SHUTDOWN
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.pools.slots import Failure

RUNTIME_SHARE: Final = 0.3  # of the time to end is the runtime's
_CANNOT_RUN: Final = (126, 127)  # the status of a shell for a program that it cannot run, or that is missing

Ended: TypeAlias = Callable[[int | None], None]  # the return code; None: it was lost with the machine that it was on
Launch: TypeAlias = Callable[[int, Output, Ended], Child]  # as Launcher.launch, for a process that will use the port


class ExtensionProcesses:
    """`crashed` gets what the end of an extension means for the invocation. `emptied` is called when the last process
    has ended, with True if it was lost with its machine. They have `seconds` to end.
    """

    def __init__(
        self,
        api: Extensions,
        context: RunnerContext,
        seconds: float,
        crashed: Callable[[Failure, str], None],
        emptied: Callable[[bool], None],
    ) -> None:
        self._api = api
        self._context = context
        self._seconds = seconds
        self._crashed = crashed
        self._emptied = emptied
        self._children: dict[str, Child] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._ends_at = 0.0  # by the steady clock; 0: nothing has ended them yet

    @property
    def any(self) -> bool:
        """Whether a process is running."""
        return bool(self._children)

    def start(self, launches: Mapping[str, Launch], port: int, output: Output) -> None:
        """Launch all, by name. Raises OSError."""
        for name, launch in launches.items():
            self._children[name] = launch(port, output, partial(self._ended, name))

    def begin_end(self) -> None:
        """Their time begins; the runtime may still run."""
        if not self._ends_at:
            self._ends_at = self._context.clocks.steady() + self._seconds

    def shut_down(self, reason: str) -> None:
        """The runtime has ended: send the event, kill those that do not want it now and the others at their time."""
        self.begin_end()
        clocks = self._context.clocks
        left = max(0.0, self._ends_at - clocks.steady())
        self._api.shut_down(reason, int((clocks.wall() + left) * 1000))
        told = self._api.subscribed(SHUTDOWN)
        for name, child in list(self._children.items()):
            if name not in told:
                child.kill()
        if self._timer is None and self._children:
            self._timer = self._context.loop.call_later(left, self.kill)

    def kill(self) -> None:
        """End all now."""
        self.begin_end()
        for child in list(self._children.values()):
            child.kill()

    def _ended(self, name: str, returncode: int | None) -> None:
        self._children.pop(name, None)
        if returncode is not None and not self._ends_at:
            self._crashed(*self._failure(name, returncode))
        if not self._children:
            if self._timer is not None:
                self._timer.cancel()
            self._emptied(returncode is None)

    def _failure(self, name: str, returncode: int) -> tuple[Failure, str]:
        error_type = self._api.fatal_error(name)
        if returncode in _CANNOT_RUN and not self._api.is_registered(name):
            error_type = LAUNCH_ERROR
        reason = failures.extension_exit_reason(returncode)
        return partial(failures.extension_exited, error_type=error_type, reason=reason), error_type
