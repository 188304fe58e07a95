"""One run: wait for the servers, look, plan, apply and look again, until nothing is left that is worth trying."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from esb_provisioner.apply import Ending, Outcome, apply
from esb_provisioner.desired import Desired
from esb_provisioner.observed import Ask, Descriptions, look_again, snapshot
from esb_provisioner.plan import plan
from esb_provisioner.report import Report, by_resource, report
from esb_provisioner.servers import THREADS, Servers
from esb_provisioner.settings import Settings
from esb_provisioner.steps import Operation, Plan, ResourcePlan, Step
from esb_provisioner.waiting import FIRST_PAUSE, Clock, wait_for

ROUNDS: Final = 5
"""The first, one for what a server refused to do together, and some while a second provisioner is at work."""


@dataclass(frozen=True)
class Progress:
    """Who is told what happens while it happens; both are called from several threads."""

    say: Callable[[str], None] = lambda _line: None
    step: Callable[[Outcome], None] = lambda _outcome: None


@contextmanager
def threads(clock: Clock) -> Iterator[Executor]:
    """A pool whose work ends with the block: after an error nothing new is begun and nobody goes on waiting."""
    pool = ThreadPoolExecutor(THREADS, thread_name_prefix="provision")
    try:
        yield pool
    except BaseException:
        clock.stop()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def connect(settings: Settings, desired: Desired) -> tuple[Servers, Mapping[str, Callable[[], object]]]:
    """The servers that the file needs, not yet spoken to, and for each, by its place, a first question."""
    servers = Servers(settings)
    return servers, {settings.place(service): servers.connect(service) for service in desired.services}


def wait_for_all(
    probes: Mapping[str, Callable[[], object]], limit: float, pool: Executor, clock: Clock, progress: Progress
) -> None:
    """Return once every server answers. The first that is late, or refuses, raises Unreachable or Unauthorized."""
    waits = [pool.submit(wait_for, place, probe, limit, clock, progress.say) for place, probe in probes.items()]
    for wait in concurrent.futures.as_completed(waits):
        wait.result()


def preview(desired: Desired, ask: Ask, pool: Executor) -> Plan:
    """The plan alone. Raises ServerError when a server cannot even list its names."""
    return plan(desired, snapshot(ask, desired, pool))


def carry_out(desired: Desired, ask: Ask, pool: Executor, clock: Clock, progress: Progress) -> Report:
    """Make the servers as the file says, as far as they can be. Raises ServerError as `preview` does."""
    observed = snapshot(ask, desired, pool)
    first = left = plan(desired, observed)
    outcomes: list[Outcome] = []
    for number in range(ROUNDS):
        todo = worth_trying(left, outcomes)
        if not any(each.steps for each in todo.resources):
            break
        if number > 1:
            clock.sleep(FIRST_PAUSE * 2**number)
        new = apply(todo, ask, pool, clock, progress.step)
        outcomes += new
        touched = desired.only({outcome.step.resource for outcome in new})
        observed = observed.updated(look_again(ask, touched, pool, described(new)), touched)
        left = plan(desired, observed)
    return report(first, left, outcomes)


def described(outcomes: Sequence[Outcome]) -> Descriptions:
    """The tables of which every step was done, as the last answer about them shows them."""
    own = by_resource(outcomes)
    done = {resource: ends for resource, ends in own.items() if all(end.ending is Ending.DONE for end in ends)}
    shown = {resource.name: [end.description for end in ends if end.description] for resource, ends in done.items()}
    return {name: descriptions[-1] for name, descriptions in shown.items() if descriptions}


def worth_trying(left: Plan, outcomes: Sequence[Outcome]) -> Plan:
    """What is left without the steps of which the end is known."""
    own = by_resource(outcomes)
    return Plan(tuple(untried(each, own.get(each.resource, ())) for each in left.resources))


def untried(left: ResourcePlan, outcomes: Sequence[Outcome]) -> ResourcePlan:
    """One resource's steps that may still succeed; a wait goes with the operation before it."""
    final = {outcome.step.aspect for outcome in outcomes if is_final(outcome)}
    kept: list[Step] = []
    keep = True
    for step in left.steps:
        if isinstance(step, Operation) or step is left.steps[0]:
            keep = step.aspect not in final
        if keep:
            kept.append(step)
        elif isinstance(step, Operation) and step.creates:
            break
    return replace(left, steps=tuple(kept))


def is_final(outcome: Outcome) -> bool:
    """Whether trying again is of no use. What was done and is still to do is tried again only if data needs it."""
    if outcome.ending is Ending.RACED:
        return False
    if outcome.ending is Ending.DONE:
        return isinstance(outcome.step, Operation) and not outcome.step.essential
    return True
