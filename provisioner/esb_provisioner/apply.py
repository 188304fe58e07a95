"""Fourth stage: the steps are carried out, resources side by side, one resource's steps in order. No decisions here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from enum import Enum
from itertools import chain
from typing import Any, Final

from esb_provisioner.answers import Kind, ServerError
from esb_provisioner.observed import Ask
from esb_provisioner.steps import Call, Operation, Plan, ResourcePlan, Step, Wait
from esb_provisioner.waiting import FIRST_PAUSE, LONGEST_PAUSE, Clock

PATIENCE: Final = 600.0
"""Seconds for one step: a new index of a large table is built before it is ACTIVE."""


class Ending(Enum):
    """How a step ended."""

    DONE = "done"
    RACED = "somebody else was first"
    UNSUPPORTED = "not supported by this server"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """A step and how it ended; `detail` is the server's reason.

    `description` is the table as the server's answer shows it, None unless that is an ACTIVE one.
    """

    step: Step
    ending: Ending
    detail: str = ""
    description: Mapping[str, Any] | None = None

    @property
    def blocks(self) -> bool:
        """Whether the later steps of the resource make no sense now."""
        if self.ending is Ending.DONE:
            return False
        return self.ending is Ending.RACED or isinstance(self.step, Wait) or self.step.creates


ENDINGS: Final[Mapping[Kind, Ending]] = {Kind.RACED: Ending.RACED, Kind.UNSUPPORTED: Ending.UNSUPPORTED}


def apply(plan: Plan, ask: Ask, pool: Executor, clock: Clock, say: Callable[[Outcome], None]) -> tuple[Outcome, ...]:
    """Carry out a plan and report each step's end to `say`, from several threads."""
    chains = (pool.submit(apply_resource, each, ask, clock, say) for each in plan.resources if each.steps)
    return tuple(chain.from_iterable(future.result() for future in list(chains)))


def apply_resource(plan: ResourcePlan, ask: Ask, clock: Clock, say: Callable[[Outcome], None]) -> list[Outcome]:
    """One resource's steps, until one ends so that the rest makes no sense."""
    outcomes: list[Outcome] = []
    answer: Mapping[str, Any] = {}
    for step in plan.steps:
        try:
            match step:
                case Operation():
                    answer = operate(step, ask, clock)
                case Wait():
                    answer = until_active(step, answer, ask, clock)
            outcome = Outcome(step, Ending.DONE, description=active_table(answer))
        except ServerError as error:
            outcome = Outcome(step, ENDINGS.get(error.kind, Ending.FAILED), str(error))
        outcomes.append(outcome)
        say(outcome)
        if outcome.blocks:
            break
    return outcomes


def operate(operation: Operation, ask: Ask, clock: Clock) -> Mapping[str, Any]:
    """Make the call; the bare one if the server refuses the full one. The first refusal is the one that counts."""
    try:
        return patiently(operation.call, ask, clock)
    except ServerError as refusal:
        if operation.bare is None or refusal.kind not in (Kind.INVALID, Kind.UNSUPPORTED):
            raise
        try:
            return patiently(operation.bare, ask, clock)
        except ServerError as error:
            raise (error if error.kind is Kind.RACED else refusal) from None


def patiently(call: Call, ask: Ask, clock: Clock) -> Mapping[str, Any]:
    """Make the call, again and again while the server is busy."""
    start, pause = clock.now(), FIRST_PAUSE
    while True:
        try:
            return ask(call)
        except ServerError as error:
            if error.kind is not Kind.BUSY or clock.now() - start > PATIENCE:
                raise
        clock.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def until_active(wait: Wait, answer: Mapping[str, Any], ask: Ask, clock: Clock) -> Mapping[str, Any]:
    """Ask until the table and all its indexes are ACTIVE; the answer to the change itself may say so already."""
    start, pause = clock.now(), FIRST_PAUSE
    while active_table(answer) is None:
        if clock.now() - start > PATIENCE:
            raise ServerError(Kind.FAILED, "Timeout", f"not ACTIVE after {PATIENCE:g} s")
        if answer:
            clock.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
        answer = patiently(wait.call, ask, clock)
    return answer


def active_table(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The table that an answer describes, if nothing of it is being made or changed.

    A server that gives no status for an index has it at once.
    """
    description: Mapping[str, Any] = answer.get("Table") or answer.get("TableDescription") or {}
    indexes = description.get("GlobalSecondaryIndexes") or ()
    states = [description.get("TableStatus"), *(index.get("IndexStatus", "ACTIVE") for index in indexes)]
    return description if all(state == "ACTIVE" for state in states) else None
