"""The end of a slot's processes: the runtime first, then its extensions. The pool is told when all have ended."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from typing import Final

from esb_gateway.execution import failures
from esb_gateway.execution.extensions.api import Extensions
from esb_gateway.execution.extensions.processes import RUNTIME_SHARE, ExtensionProcesses
from esb_gateway.execution.function_host import RunnerContext
from esb_gateway.execution.output.slot_output import SlotOutput
from esb_gateway.execution.pools.slot_events import SlotEvents
from esb_gateway.execution.pools.slots import Failure, Slot
from esb_gateway.execution.port_runner.process import RuntimeProcess
from esb_gateway.execution.port_runner.runtime import SlotRuntime

LAST_WORDS: Final = 0.05  # seconds for what a runtime that has ended had written to its connections


class RunnerEnding:
    """Ends the processes, or sees them end. `crash` is the type of error that the end of an extension is.

    A runtime and its extensions have `shutdown_seconds` to end.
    """

    def __init__(  # noqa: PLR0913 - the parts of a slot
        self,
        events: SlotEvents,
        slot: Slot,
        context: RunnerContext,
        *,
        shutdown_seconds: float,
        output: SlotOutput,
        process: RuntimeProcess,
        runtime: SlotRuntime,
        extensions: Extensions,
    ) -> None:
        self._events = events
        self._slot = slot
        self._context = context
        self._shutdown_seconds = shutdown_seconds
        self._output = output
        self._process = process
        self._runtime = runtime
        self.extensions = ExtensionProcesses(
            extensions, context, shutdown_seconds, self._extension_crashed, self._extensions_ended
        )
        self.began = False
        self.crash: str | None = None
        self._reason = "failure"  # for the extensions, unless the pool stops or kills the slot
        self._exit_reason = failures.NO_REASON  # of the runtime, while extensions have not ended
        self._reported = False

    def stop(self) -> None:
        """Ask the runtime to end; the extensions follow it."""
        self._reason = "spindown"
        self._end_runtime(terminate=True)

    def kill(self) -> None:
        """End the runtime and what it started. Extensions have their time, unless this comes after `stop`."""
        if self.began:
            self.extensions.kill()
        else:
            self._reason = "timeout"
        self._end_runtime(terminate=False)

    def fail_start(self, error: OSError) -> None:
        """The port or a process could not be had."""
        self._report(not_started(error), self._events.exit)
        self.extensions.kill()

    def runtime_exited(self, returncode: int | None) -> None:
        """The process of the runtime has ended; None: it was lost with its machine."""
        self._runtime.end()
        work = self._slot.work
        if work is not None and work.invocation.want_log_tail:
            self._process.collect_last()
        if returncode is None:
            step = partial(self._report, failures.exit_reason(-signal.SIGKILL), self._events.lose)
        elif self.extensions.any:
            step = partial(self._shut_down, failures.exit_reason(returncode))
        else:
            step = partial(self._report, failures.exit_reason(returncode), self._events.exit)
        self._process.when_collected(step)

    def _end_runtime(self, *, terminate: bool) -> None:
        self.began = True
        child = self._process.child
        if child is None:  # its extensions have not registered yet
            self._runtime.end()
            self.extensions.shut_down(self._reason)
            return
        if self.extensions.any:
            self.extensions.begin_end()
            if terminate:
                self._context.loop.call_later(self._shutdown_seconds * RUNTIME_SHARE, child.kill)
        (child.terminate if terminate else child.kill)()

    def _shut_down(self, reason: str) -> None:
        """The runtime has ended, and extensions have not: the caller need not wait for them."""
        self._exit_reason = reason
        self.extensions.begin_end()
        failure = partial(failures.exited, reason=reason)
        self._context.loop.call_later(LAST_WORDS, self._events.fail, self._slot, failure)
        self.extensions.shut_down(self._reason)

    def _extension_crashed(self, failure: Failure, error_type: str) -> None:
        self.crash = error_type
        self._events.fail(self._slot, failure)
        self._end_runtime(terminate=False)

    def _extensions_ended(self, lost: bool) -> None:
        if lost and self._process.child is None:
            self._report(failures.NO_REASON, self._events.lose)
        elif self._runtime.ended:
            self._process.when_collected(partial(self._report, self._exit_reason, self._events.exit))

    def _report(self, reason: str, report: Callable[[Slot, str], None]) -> None:
        """Report the exit, but first read what the process wrote to its connections before it ended."""
        self._runtime.end()
        if self._reported:
            return
        self._reported = True

        def gone() -> None:
            self._output.flush()
            report(self._slot, reason)
            self._context.slot_gone()

        self._runtime.close(gone)


def not_started(error: OSError) -> str:
    return f"Runtime could not be started: {error}"
