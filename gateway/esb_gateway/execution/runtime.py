"""Runs functions: `RuntimeHost` is the `Invoker` behind the gateway's public side.

An invocation goes `submit` -> the function's `Pool` -> a `Slot`'s runner -> a `Connection` of the Runtime API, and its
end comes back the same way, to `done`. No task and no future is made for it.

    pool, slots, backoff       decisions, without I/O         failures, platform_lines, output   what Lambda says
    runtime_api, listener      HTTP, as runtimes see it       embedded, launch, processes        functions as processes
    port_runner                a process behind a port        containers, supervised             functions elsewhere
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from esb_gateway.clocks import SYSTEM_CLOCKS, Clocks
from esb_gateway.counts import FunctionCounts
from esb_gateway.execution.config_diff import Differences, differences
from esb_gateway.execution.function_host import Hosting, Services
from esb_gateway.execution.output import LogSink
from esb_gateway.execution.pool import DEFAULT_LIMITS, Pool
from esb_gateway.execution.slots import Answer, Limits, Outside, Runner, Slot, State, Work
from esb_gateway.invocation import Done, Function, Invocation, NoSuchFunction, Outcome, Throttled


@dataclass(frozen=True, slots=True)
class Statistics:
    """A function now: how many of its slots are in which state, and its invocations, those of the past too.

    `oldest_age` is how long the first of the queue has waited, in seconds; 0 when none waits.
    """

    slots: Mapping[State, int]
    queued: int
    running: int
    oldest_age: float
    counts: FunctionCounts


class RuntimeHost:
    """All functions of a gateway. Used on one event loop, the one that `start` was called on."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        hosting: Hosting,
        log: LogSink,
        limits: Limits = DEFAULT_LIMITS,
        clocks: Clocks = SYSTEM_CLOCKS,
    ) -> None:
        self._functions = functions
        self._hosting = hosting
        self._log = log
        self._limits = limits
        self._clocks = clocks
        self._pools: dict[str, Pool] = {}
        self._counts: dict[str, FunctionCounts] = {}
        self._leaving: dict[str, Pool] = {}  # of functions that are no more, until the last answer
        self._alarms: dict[str, Alarm] = {}
        self._slot_gone = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop

    def start(self) -> None:
        """Listen, and start the slots that are always there. Called on the running loop; raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._hosting.open(Services(self._loop, self._clocks, self._log, self._slot_gone.set))
        for function in self._functions.values():
            self._add(function)

    def update(self, functions: Mapping[str, Function], other_code: Iterable[str] = ()) -> Differences:
        """Run these from now on. What runs is not disturbed: a slot of a function that has changed ends after its
        answer, and a function that is no more when all that it accepted is answered.

        `other_code`: functions whose files are not what they were, though their entries may be.
        """
        changes = differences(self._functions, functions, other_code)
        self._functions = functions
        for name in changes.removed:
            self._leaving[name] = self._pools.pop(name)
            self._leaving[name].drain(partial(self._forget, name))
        for name in changes.added:
            self._add(functions[name])
        for name in (*changes.adjusted, *changes.renewed):
            self._pools[name].adjust(functions[name])
        for name in changes.renewed if self._hosting.renews else ():
            self._pools[name].renew()
        return changes

    def submit(self, invocation: Invocation, done: Done) -> None:
        """Run the invocation once; see `Invoker`."""
        pool = self._pools.get(invocation.function)
        if pool is None:
            raise NoSuchFunction(invocation.function)
        try:
            pool.submit(invocation, done)
        except Throttled:
            self._counts[invocation.function].throttled += 1
            raise

    async def stop(self, grace: float = 1.5) -> None:
        """Give up what waits, let what runs finish for `grace` seconds, then kill it. No process is left.

        May be called again, while it runs too: the shortest grace counts.
        """
        for pool in self._all_pools():
            pool.close()
        await self._until_empty(grace)
        for pool in self._all_pools():
            pool.abort()
        await self._until_empty(1.0)
        for alarm in self._alarms.values():
            alarm.cancel()
        await self._hosting.close()

    def find(self, function: str) -> Function | None:
        """The function as it is configured now."""
        return self._functions.get(function)

    def capacity(self, function: str) -> int:
        """How many of the function's invocations may run at once now; 0 for a function that there is not."""
        pool = self._pools.get(function)
        return 0 if pool is None else pool.most

    def statistics(self) -> dict[str, Statistics]:
        """Every function's slots and invocations."""
        return {
            name: Statistics(pool.census(), pool.queued, pool.running, pool.oldest_age, self._counts[name])
            for name, pool in self._pools.items()
        }

    def _all_pools(self) -> list[Pool]:
        return [*self._pools.values(), *self._leaving.values()]

    def _add(self, function: Function) -> None:
        """A new function, or one that was on its way out and may have other code by now."""
        known = self._leaving.pop(function.name, None)
        if known is not None:
            self._pools[function.name] = known
            known.adjust(function)
            if self._hosting.renews:
                known.renew()
            return
        pool = self._pools[function.name] = self._make_pool(function)
        self._hosting.admit(pool)
        pool.start()

    def _forget(self, name: str) -> None:
        pool = self._leaving.pop(name)
        self._alarms.pop(name).cancel()
        self._hosting.release(pool)

    def _make_pool(self, function: Function) -> Pool:
        alarm = self._alarms[function.name] = Alarm(self._loop, self._clocks.steady)
        counts = self._counts.setdefault(function.name, FunctionCounts())

        def hire(slot: Slot) -> Runner:
            return self._hosting.hire(pool, slot)

        pool: Pool = Pool(
            function,
            Outside(
                self._clocks.steady,
                alarm.set,
                partial(self._settle, counts),
                hire if self._hosting.hires else None,
                counts.inits.observe,
            ),
            self._limits,
        )
        alarm.ring = pool.tick
        return pool

    def _settle(self, counts: FunctionCounts, work: Work, answer: Answer) -> None:
        counts.endings[answer.ending] += 1
        if work.slot is None:
            self._tell(work, Outcome(answer.ending, answer.payload, b"", answer.content_type))
            return
        duration = self._clocks.steady() - work.started
        counts.durations.observe(duration)
        runner = work.slot.runner
        if work.invocation.want_log_tail:
            log_tail = runner.finish(work, answer.ending, duration)
            self._tell(work, Outcome(answer.ending, answer.payload, log_tail, answer.content_type, duration * 1000))
        else:  # the caller does not wait for the log to be written
            self._tell(work, Outcome(answer.ending, answer.payload, b"", answer.content_type, duration * 1000))
            runner.finish(work, answer.ending, duration)

    def _tell(self, work: Work, outcome: Outcome) -> None:
        try:
            work.done(outcome)
        except Exception as error:  # the caller's mistake must not harm the function's other callers
            self._loop.call_exception_handler({"message": "A caller failed to take its outcome", "exception": error})

    async def _until_empty(self, seconds: float) -> None:
        async def wait() -> None:
            while not all(pool.empty for pool in self._all_pools()):
                self._slot_gone.clear()
                await self._slot_gone.wait()

        try:
            await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            return


class Alarm:
    """A timer that is set again and again, on the loop but by the host's clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None
        self.ring: Callable[[], None]

    def set(self, at: float) -> None:
        """Ring at this time of the clock, and not at any time set before."""
        self.cancel()
        self._timer = self._loop.call_later(max(0.0, at - self._clock()), self._ring)

    def cancel(self) -> None:
        """Do not ring."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self.ring()
