"""Fourth stage: execute the steps, resources side by side, the steps of one resource in order. No decisions here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import Enum
from itertools import chain
from typing import Final, TypeAlias

from esb_provisioner.servers.errors import ErrorKind, ServerError
from esb_provisioner.servers.waiting import Backoff, Clock
from esb_provisioner.steps import Answer, Api, ApiCall, Load, Operation, Plan, ResourcePlan, Step, Wait

STEP_TIMEOUT: Final = 600.0
"""Seconds for one step: a new index of a large table takes minutes until it is ACTIVE."""


class Status(Enum):
    """The result of a step."""

    DONE = "done"
    RACED = "another client was first"
    UNSUPPORTED = "not supported by this server"
    REJECTED = "rejected by this server"
    FAILED = "failed"


STATUSES: Final[Mapping[ErrorKind, Status]] = {
    ErrorKind.RACED: Status.RACED,
    ErrorKind.UNSUPPORTED: Status.UNSUPPORTED,
    ErrorKind.INVALID: Status.REJECTED,
}


@dataclass(frozen=True)
class Outcome:
    """A step and how it ended; `detail` is the server's reason, `answer` what it returned."""

    step: Step
    status: Status
    detail: str = ""
    answer: Answer = field(default_factory=dict)

    @property
    def blocks(self) -> bool:
        """Whether the later steps of the resource cannot succeed now."""
        if self.status is Status.DONE:
            return False
        return self.status is Status.RACED or isinstance(self.step, Wait) or self.step.creates


OnOutcome: TypeAlias = Callable[[Outcome], None]


def apply(plan: Plan, api: Api, pool: Executor, clock: Clock, on_outcome: OnOutcome) -> tuple[Outcome, ...]:
    """Execute a plan; `on_outcome` is called at the end of each step, from several threads."""
    chains = [pool.submit(apply_resource, each, api, clock, on_outcome) for each in plan.resources if each.steps]
    return tuple(chain.from_iterable(future.result() for future in chains))


def apply_resource(plan: ResourcePlan, api: Api, clock: Clock, on_outcome: OnOutcome) -> list[Outcome]:
    """Execute the steps of one resource until one ends so that the rest cannot succeed.

    Each step of an aspect (an index is deleted, then created again) needs the one before.
    """
    outcomes: list[Outcome] = []
    answer: Answer = {}
    for step in plan.steps:
        if any(each.step.aspect == step.aspect and each.status is not Status.DONE for each in outcomes):
            continue
        try:
            match step:
                case Operation():
                    answer = execute(step, api, clock)
                case Wait():
                    answer = wait_until_ready(step, answer, api, clock)
                case Load():
                    step.run(lambda call: with_retry(call, api, clock))
            outcome = Outcome(step, Status.DONE, answer=answer)
        except ServerError as error:
            outcome = Outcome(step, STATUSES.get(error.kind, Status.FAILED), str(error))
        outcomes.append(outcome)
        on_outcome(outcome)
        if outcome.blocks:
            break
    return outcomes


def execute(operation: Operation, api: Api, clock: Clock) -> Answer:
    """Make the call, or the fallback if the server rejects it; raises the error of the full call."""
    try:
        return with_retry(operation.call, api, clock)
    except ServerError as rejection:
        if operation.fallback is None or rejection.kind not in (ErrorKind.INVALID, ErrorKind.UNSUPPORTED):
            raise
        try:
            return with_retry(operation.fallback, api, clock)
        except ServerError as error:
            raise (error if error.kind is ErrorKind.RACED else rejection) from None


def with_retry(call: ApiCall, api: Api, clock: Clock) -> Answer:
    """Make the call, and repeat it while the server is busy."""
    backoff = Backoff(clock, STEP_TIMEOUT)
    while True:
        try:
            return api(call)
        except ServerError as error:
            if error.kind is not ErrorKind.BUSY or backoff.expired:
                raise
        backoff.pause()


def wait_until_ready(wait: Wait, answer: Answer, api: Api, clock: Clock) -> Answer:
    """Repeat the call until the resource is ready or gone; the answer to the last change may already show that."""
    backoff = Backoff(clock, STEP_TIMEOUT)
    while not wait.ready(answer):
        if backoff.expired:
            state = "still there" if wait.gone else "not ACTIVE"
            raise ServerError(ErrorKind.FAILED, "Timeout", f"{state} after {STEP_TIMEOUT:g} s")
        if answer:
            backoff.pause()
        try:
            answer = with_retry(wait.call, api, clock)
        except ServerError as error:
            if wait.gone and error.kind is ErrorKind.MISSING:
                return {}
            raise
    return answer
