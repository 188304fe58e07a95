"""What came of it, resource by resource. Pure: plans and outcomes in, sentences and an exit code out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any, assert_never

from esb_provisioner.apply import Ending, Outcome
from esb_provisioner.steps import Operation, Plan, Resource, ResourcePlan, Step, Wait


class Exit(IntEnum):
    """Exit codes of esb-provision."""

    DONE = 0
    BAD_FILE = 1
    USAGE = 2
    DRIFT = 3
    UNREACHABLE = 4
    FAILED = 5


class State(Enum):
    """What became of a resource."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DRIFT = "drift"
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """One resource: `problems` say why it is not as the file says, `warnings` what a person should know anyway."""

    resource: Resource
    state: State
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """All resources, sorted."""

    results: tuple[Result, ...] = ()

    @property
    def exit_code(self) -> Exit:
        """Failure counts more than drift, drift more than success."""
        states = {result.state for result in self.results}
        if State.FAILED in states:
            return Exit.FAILED
        return Exit.DRIFT if State.DRIFT in states else Exit.DONE

    def count(self, state: State) -> int:
        """How many resources ended so."""
        return sum(result.state is state for result in self.results)

    def as_json(self) -> list[dict[str, Any]]:
        """The results as plain data."""
        return [
            {
                "kind": result.resource.kind,
                "name": result.resource.name,
                "result": result.state.value,
                "problems": list(result.problems),
                "warnings": list(result.warnings),
            }
            for result in self.results
        ]


def report(first: Plan, left: Plan, outcomes: Sequence[Outcome]) -> Report:
    """The report of a run: the plan it began with, what a plan made at its end has left, and the steps between."""
    beginnings = {plan.resource: plan for plan in first.resources}
    own = by_resource(outcomes)
    return Report(tuple(result(beginnings[each.resource], each, own.get(each.resource, [])) for each in left.resources))


def by_resource(outcomes: Sequence[Outcome]) -> dict[Resource, list[Outcome]]:
    """The outcomes of each resource, in their order."""
    own: dict[Resource, list[Outcome]] = {}
    for outcome in outcomes:
        own.setdefault(outcome.step.resource, []).append(outcome)
    return own


def result(first: ResourcePlan, left: ResourcePlan, outcomes: Sequence[Outcome]) -> Result:
    """One resource's result. What counts is what is still open; a step that failed on the way may not be."""
    resource, notes = left.resource, tuple(dict.fromkeys((*first.notes, *left.notes)))
    if left.unreadable:
        return Result(resource, State.FAILED, (f"it cannot be read: {left.unreadable}",), notes)
    if left.drifts:
        return Result(resource, State.DRIFT, tuple(f"{drift.cause}; {drift.mend}" for drift in left.drifts), notes)
    endings = {outcome.step.aspect: outcome for outcome in outcomes}
    found = [finding(step, endings.get(step.aspect), left) for step in open_steps(left)]
    found += [unknown(aspect, endings.get(aspect)) for aspect in left.unknown]
    problems = tuple(dict.fromkeys(text for serious, text in found if serious and text))
    warnings = tuple(dict.fromkeys(text for serious, text in found if not serious and text))
    open_aspects = {step.aspect for step in left.steps}
    state = state_of(outcome for outcome in outcomes if outcome.step.aspect not in open_aspects)
    return Result(resource, State.FAILED if problems else state, problems, (*notes, *warnings))


def open_steps(left: ResourcePlan) -> tuple[Step, ...]:
    """What is still to be done; a wait counts only before everything else, when the table is being changed now."""
    return tuple(step for step in left.steps if isinstance(step, Operation) or step is left.steps[0])


def finding(step: Step, last: Outcome | None, left: ResourcePlan) -> tuple[bool, str]:
    """What a step that is still to be done means: whether it is a failure, and a sentence ("": said elsewhere)."""
    if last is None:
        blocked = any(isinstance(other, Operation) and other.creates for other in left.steps)
        return not blocked, f"{step.what} was not tried"
    essential = isinstance(step, Wait) or step.essential
    match last.ending:
        case Ending.DONE:
            return essential, f"{step.what} was accepted, but this server does not keep it"
        case Ending.UNSUPPORTED:
            return essential, f"{step.what} is not supported by this server ({last.detail})"
        case Ending.RACED | Ending.FAILED:
            return True, f"{step.what}: {last.detail}"
        case _:
            assert_never(last.ending)


def unknown(aspect: str, last: Outcome | None) -> tuple[bool, str]:
    """What it means that the server cannot tell an aspect."""
    if last is None:
        return False, f"{aspect} is left as it is: this server cannot tell what it is"
    match last.ending:
        case Ending.DONE:
            return False, ""
        case Ending.UNSUPPORTED:
            return False, f"{aspect} is not supported by this server ({last.detail})"
        case Ending.RACED | Ending.FAILED:
            return True, f"{aspect}: {last.detail}"
        case _:
            assert_never(last.ending)


def state_of(outcomes: Iterable[Outcome]) -> State:
    """Created, updated or left alone, by the operations that were done."""
    done = [each.step for each in outcomes if each.ending is Ending.DONE and isinstance(each.step, Operation)]
    if any(step.creates for step in done):
        return State.CREATED
    return State.UPDATED if done else State.UNCHANGED
