"""Runs functions: `Functions` is the `Invoker` behind the gateway's public side.

An invocation goes `submit` -> the function's `Pool` -> a `Slot`'s runner -> a `Connection` of the Runtime API, and its
end comes back the same way, to `done`. No task and no future is created for it.

    pools/                  decisions, without I/O: who runs what, which slots start, how they end
    runtime_api/            HTTP, as runtimes see it
    extensions/             the Extensions API, and the external extensions of one slot
    output/, failures       the log lines and documents that Lambda creates
    outcomes, statistics    the end of an invocation, and what was counted
    port_runner/            a slot as a process behind a port of its own
    embedded/               functions as processes of this machine
    containers/             functions in containers
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from functools import partial

from esb_gateway.clocks import SYSTEM_CLOCKS, Clocks
from esb_gateway.execution import failures
from esb_gateway.execution.config_diff import FunctionChanges, compare_functions
from esb_gateway.execution.function_host import FunctionHost, RunnerContext
from esb_gateway.execution.outcomes import Outcomes
from esb_gateway.execution.output.slot_output import LogSink, waiting_line
from esb_gateway.execution.pools.alarm import Alarm
from esb_gateway.execution.pools.pool import DEFAULT_LIMITS, Pool
from esb_gateway.execution.pools.slots import DEBUG_LIMITS, Limits, PoolCallbacks, Runner, Slot
from esb_gateway.execution.statistics import Statistics, statistics_of
from esb_gateway.invocation import Done, Ending, Function, Invocation, NoSuchFunction, Outcome, Throttled
from esb_gateway.telemetry.counts import FunctionCounts


class Functions:
    """All functions of a gateway. Used on one event loop, the one that `start` was called on."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        host: FunctionHost,
        log: LogSink,
        limits: Limits = DEFAULT_LIMITS,
        clocks: Clocks = SYSTEM_CLOCKS,
    ) -> None:
        self._functions = functions
        self._host = host
        self._log = log
        self._limits = limits
        self._clocks = clocks
        self._pools: dict[str, Pool] = {}
        self._counts: dict[str, FunctionCounts] = {}
        self._draining: dict[str, Pool] = {}  # of removed functions, until their last response
        self._alarms: dict[str, Alarm] = {}
        self._slot_gone = asyncio.Event()
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop
        self._outcomes: Outcomes

    def start(self) -> None:
        """Listen, and start the slots that are always there. Called on the running loop. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        self._outcomes = Outcomes(self._clocks.steady, self._call_failed)
        self._host.open(RunnerContext(self._loop, self._clocks, self._log, self._slot_gone.set))
        for function in self._functions.values():
            self._add(function)

    def update(self, functions: Mapping[str, Function], changed_code: Iterable[str] = ()) -> FunctionChanges:
        """Run these functions from now on. Running invocations are not disturbed: a slot of a changed function ends
        after its response, and a removed function when everything that it accepted has ended.

        `changed_code` names functions whose files have changed, though their entries may be the same.
        """
        changes = compare_functions(self._functions, functions, changed_code)
        self._functions = functions
        for name in changes.removed:
            self._draining[name] = self._pools.pop(name)
            self._draining[name].drain(partial(self._forget, name))
        for name in changes.added:
            self._add(functions[name])
        for name in (*changes.adjusted, *changes.restarted):
            self._pools[name].adjust(functions[name])
        for name in changes.restarted:
            self._restart_slots(self._pools[name])
        return changes

    def submit(self, invocation: Invocation, done: Done) -> None:
        """Run the invocation once; see `Invoker`. After `stop`, it ends as what waited then: not run, ask again."""
        if self._stopped:
            self._loop.call_soon(done, Outcome(Ending.NOT_RUN, failures.never_ran("The gateway is stopping.")))
            return
        pool = self._pools.get(invocation.function)
        if pool is None:
            raise NoSuchFunction(invocation.function)
        try:
            pool.submit(invocation, done)
        except Throttled:
            self._counts[invocation.function].throttled += 1
            raise

    async def stop(self, grace: float = 2.5) -> None:
        """Give up what waits, let what runs finish for `grace` seconds, then kill it. No process is left.

        Extensions have 2 s after the end of an idle runtime; those of one that is killed here have less.

        May be called again while it runs: the shortest grace counts.
        """
        self._stopped = True
        for pool in self._all_pools():
            pool.close()
        await self._until_empty(grace)
        for _ in ("runtimes", "extensions"):
            for pool in self._all_pools():
                pool.abort()
            await self._until_empty(1.0)
        for alarm in self._alarms.values():
            alarm.cancel()
        await self._host.close()

    def find(self, function: str) -> Function | None:
        """The function as it is configured now."""
        return self._functions.get(function)

    def capacity(self, function: str) -> int:
        """The bound of the function's invocations that run at once; 0 for an unknown function."""
        pool = self._pools.get(function)
        return 0 if pool is None else pool.starts.capacity.running

    def free_slots(self, function: str) -> int:
        """The number of invocations that the function could take now and run at once."""
        pool = self._pools.get(function)
        return 0 if pool is None else pool.starts.capacity.running - len(pool.works.accepted)

    def statistics(self) -> dict[str, Statistics]:
        """The numbers of every function, by name."""
        now = self._clocks.steady()
        return {name: statistics_of(pool, self._counts[name], now) for name, pool in self._pools.items()}

    def _all_pools(self) -> list[Pool]:
        return [*self._pools.values(), *self._draining.values()]

    def _add(self, function: Function) -> None:
        """A new function, or one that still drains and may have other code by now."""
        pool = self._draining.pop(function.name, None)
        if pool is not None:
            self._pools[function.name] = pool
            pool.adjust(function)
            self._restart_slots(pool)
            return
        pool = self._pools[function.name] = self._make_pool(function)
        self._host.add(pool)
        pool.start()

    def _restart_slots(self, pool: Pool) -> None:
        if self._host.reloads_code:
            self._host.add(pool)  # the new code may have other extensions
            pool.restart_slots()

    def _forget(self, name: str) -> None:
        pool = self._draining.pop(name)
        self._alarms.pop(name).cancel()
        self._host.remove(pool)

    def _make_pool(self, function: Function) -> Pool:
        alarm = self._alarms[function.name] = Alarm(self._loop.call_later, self._clocks.steady)
        counts = self._counts.setdefault(function.name, FunctionCounts())

        def new_runner(slot: Slot) -> Runner:
            return self._host.new_runner(pool, slot)

        pool: Pool = Pool(
            function,
            PoolCallbacks(
                self._clocks.steady,
                alarm.set,
                partial(self._outcomes.finish, counts),
                new_runner if self._host.starts_runners else None,
                counts.inits.observe,
                lambda invocation: self._log(
                    waiting_line(
                        invocation,
                        pool.starts.capacity.running,
                        self._clocks.wall(),
                        one_each=pool.starts.one_each,
                    )
                ),
            ),
            DEBUG_LIMITS if function.debugged else self._limits,
        )
        alarm.ring = pool.tick
        return pool

    def _call_failed(self, error: Exception) -> None:
        self._loop.call_exception_handler({"message": "A caller failed to take its outcome", "exception": error})

    async def _until_empty(self, seconds: float) -> None:
        async def wait() -> None:
            while any(pool.slots for pool in self._all_pools()):
                self._slot_gone.clear()
                await self._slot_gone.wait()

        try:
            await asyncio.wait_for(wait(), seconds)
        except TimeoutError:
            return
