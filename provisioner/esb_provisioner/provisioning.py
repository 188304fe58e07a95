"""One run: wait for the servers, then read, plan, apply and read again until no step is left that may still succeed."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from esb_provisioner import desired
from esb_provisioner.apply import OnOutcome, Outcome, Status, apply
from esb_provisioner.desired import Desired, backends_of, types_of
from esb_provisioner.observed import NOT_LISTED, Answers, Listed, refresh, snapshot
from esb_provisioner.plan import NO_RESETS, Resets, plan
from esb_provisioner.report import Report, by_resource, report
from esb_provisioner.servers import settings
from esb_provisioner.servers.clients import THREADS, Servers
from esb_provisioner.servers.settings import Settings
from esb_provisioner.servers.waiting import FIRST_PAUSE, Clock, WallClock, wait_for
from esb_provisioner.steps import Api, Plan, ResourcePlan, Step, Wait

DEFAULT_WAIT: Final = 120.0
ROUNDS: Final = 5
"""The first; one for parts of a combined call that the server rejected; the rest if another provisioner runs."""


@dataclass(frozen=True)
class Progress:
    """Callbacks during a run: a line to log, and the end of a step; both are called from several threads.

    `on_begin` is called with the number of steps, `on_wait` with the description of a wait.
    """

    log: Callable[[str], None] = lambda _line: None
    on_outcome: OnOutcome = lambda _outcome: None
    on_begin: Callable[[int], None] = lambda _steps: None
    on_wait: Callable[[str], None] = lambda _text: None


def provision(
    path: Path,
    environ: Mapping[str, str],
    *,
    wait: float = DEFAULT_WAIT,
    allow_aws: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Apply the file to the servers that `environ` names; waits up to `wait` seconds for them.

    Raises ContractError (the file), settings.UsageError (the environment), waiting.Unreachable,
    waiting.Unauthorized, and errors.ServerError if a server stops answering; each text is one sentence.
    """
    clock, progress = WallClock(), progress or Progress()
    wanted = desired.load(path, settings.region(environ), variables=environ)
    where = settings.read(environ, backends_of(wanted), allow_aws=allow_aws)
    with connected(wanted, where, wait, clock, progress) as (api, pool):
        return carry_out(wanted, api, pool, clock, progress)


@contextmanager
def connected(
    wanted: Desired, where: Settings, wait: float, clock: Clock, progress: Progress
) -> Iterator[tuple[Api, Executor]]:
    """The servers of these resources, as `reachable`."""
    progress.on_wait("waiting for the servers")
    with reachable(Servers(where, types_of(wanted)), wait, clock, progress.log) as found:
        progress.on_wait(f"reading {len(wanted)} resources of the servers")
        yield found


@contextmanager
def reachable(
    servers: Servers, wait: float, clock: Clock, log: Callable[[str], None]
) -> Iterator[tuple[Servers, Executor]]:
    """The servers, after each has answered, and a pool of threads.

    The first server that does not answer in time raises Unreachable, the first that rejects the credentials
    Unauthorized. After an error, here or in the block, no new call starts and all pauses end.
    """
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="provision")
    try:
        waits = [pool.submit(wait_for, *probe, wait, clock, log) for probe in servers.probes.items()]
        for each in concurrent.futures.as_completed(waits):
            each.result()
        yield servers, pool
    except BaseException:
        clock.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def carry_out(  # noqa: PLR0913 - it is a composition root
    desired: Desired,
    api: Api,
    pool: Executor,
    clock: Clock,
    progress: Progress,
    *,
    resets: Resets = NO_RESETS,
    listed: Listed = NOT_LISTED,
) -> Report:
    """Apply the file to the servers as far as possible; drift in `resets` is resolved, which deletes data.

    Kinds that are `listed` are not listed at the beginning. Raises ServerError if a server cannot list its resources.
    """
    observed = snapshot(api, desired, pool, listed)
    first = left = plan(desired, observed, resets)
    resets = replace(resets, requested=frozenset())  # resets apply once; later drift is reported
    outcomes: list[Outcome] = []
    for number in range(ROUNDS):
        todo = retryable(left, outcomes)
        if not any(each.steps for each in todo.resources):
            break
        if number > 1:
            clock.sleep(FIRST_PAUSE * 2**number)
        progress.on_begin(sum(len(each.steps) for each in todo.resources))
        new = apply(todo, api, pool, clock, progress.on_outcome)
        outcomes += new
        touched = {outcome.step.resource: desired[outcome.step.resource] for outcome in new}
        untouched = {resource: seen for resource, seen in observed.items() if resource not in touched}
        observed = untouched | dict(refresh(api, touched, answers(new), pool))
        left = plan(desired, observed, resets)
    return report(first, left, outcomes)


def answers(outcomes: Sequence[Outcome]) -> Answers:
    """The answers about each resource whose steps were all done."""
    return {
        resource: [each.answer for each in own]
        for resource, own in by_resource(outcomes).items()
        if all(each.status is Status.DONE for each in own)
    }


def retryable(left: Plan, outcomes: Sequence[Outcome]) -> Plan:
    """The remaining steps that may still succeed."""
    own = by_resource(outcomes)
    return Plan(tuple(retryable_steps(each, own.get(each.resource, ())) for each in left.resources))


def retryable_steps(left: ResourcePlan, outcomes: Sequence[Outcome]) -> ResourcePlan:
    """The steps of one resource that may still succeed.

    A wait belongs to the operation before it and is kept or dropped with it; a wait that comes first stands alone.
    Without its creation, a resource has no later steps.
    """
    final = {outcome.step.aspect for outcome in outcomes if is_final(outcome)}
    kept: list[Step] = []
    keep = True
    for step in left.steps:
        if not isinstance(step, Wait) or step is left.steps[0]:
            keep = step.aspect not in final
        if keep:
            kept.append(step)
        elif step.creates:
            break
    return replace(left, steps=tuple(kept))


def is_final(outcome: Outcome) -> bool:
    """Whether another try is useless.

    After a race, the resource is planned again. A step that was done but is planned again (the server did not keep the
    value) is only repeated if data depends on it.
    """
    if outcome.status is Status.RACED:
        return False
    return outcome.status is not Status.DONE or not outcome.step.essential
