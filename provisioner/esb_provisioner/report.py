"""Fifth stage: a result for each resource, and the exit code, from plans and outcomes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, assert_never

from esb_provisioner.apply import Outcome, Status
from esb_provisioner.steps import Load, Plan, Resource, ResourcePlan, Step, Wait
from esb_schemas.command_line.exit_codes import STOPPED, ExitCode


class Exit(ExitCode):
    """Exit codes of `esb-provision`. If there are both failures and drift, it is 5. After a stop, run it again."""

    DONE = 0, "everything matches the file, or with `--plan` would; with `--allow-drift` also if there is drift"
    BAD_FILE = 1, "the file cannot be read or is invalid; `export` and `import`: the folder cannot be used"
    USAGE = 2, "wrong usage, or a variable of the environment is missing"
    DRIFT = 3, "drift: a change would delete data, so it was not made; everything else was done"
    UNREACHABLE = 4, "a server did not answer in time; nothing was changed"
    FAILED = 5, "something failed, or a server rejects the credentials; everything else was done"
    INTERRUPTED = STOPPED
    TERMINATED = 143, "stopped by SIGTERM"


class State(Enum):
    """The result for a resource."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DRIFT = "drift"
    FAILED = "failed"


class Finding(NamedTuple):
    """A sentence about one aspect; empty if there is nothing to say."""

    fails: bool
    text: str


@dataclass(frozen=True)
class Result:
    """The result for one resource. `problems` are why it does not match the file; `warnings` do not fail the run."""

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
        """FAILED has priority over drift, drift over success."""
        states = {result.state for result in self.results}
        if State.FAILED in states:
            return Exit.FAILED
        return Exit.DRIFT if State.DRIFT in states else Exit.DONE

    def count(self, state: State) -> int:
        return sum(result.state is state for result in self.results)


def report(first: Plan, left: Plan, outcomes: Sequence[Outcome]) -> Report:
    """The report of a run from its first plan, the plan made at its end, and the steps in between."""
    own = by_resource(outcomes)
    pairs = zip(first.resources, left.resources, strict=True)
    return Report(tuple(result(start, end, own.get(end.resource, [])) for start, end in pairs))


def by_resource(outcomes: Sequence[Outcome]) -> dict[Resource, list[Outcome]]:
    own: dict[Resource, list[Outcome]] = {}
    for outcome in outcomes:
        own.setdefault(outcome.step.resource, []).append(outcome)
    return own


def result(first: ResourcePlan, left: ResourcePlan, outcomes: Sequence[Outcome]) -> Result:
    """The result for one resource. Only steps still to be done count, not failures of earlier attempts."""
    resource, notes = left.resource, tuple(dict.fromkeys((*first.notes, *left.notes)))
    if left.unreadable:
        return Result(resource, State.FAILED, (f"it cannot be read: {left.unreadable}",), notes)
    if left.drifts:
        drifts = tuple(f"{drift.cause}; {drift.hint}" for drift in left.drifts)
        failed = tuple(f"{each.step.what}: {each.detail}" for each in outcomes if each.status is not Status.DONE)
        return Result(resource, State.FAILED if failed else State.DRIFT, (*failed, *drifts), notes)
    last = {outcome.step.aspect: outcome for outcome in outcomes}
    found = [open_step(step, last.get(step.aspect), left) for step in open_steps(left)]
    found += [unknown_aspect(aspect, last.get(aspect)) for aspect in left.unknown]
    found += incomplete_seeds(left, last.values())
    problems = tuple(dict.fromkeys(text for fails, text in found if fails and text))
    warnings = tuple(dict.fromkeys(text for fails, text in found if not fails and text))
    open_aspects = {step.aspect for step in left.steps}
    state = state_of(outcome for outcome in outcomes if outcome.step.aspect not in open_aspects)
    return Result(resource, State.FAILED if problems else state, problems, (*notes, *warnings))


def open_steps(left: ResourcePlan) -> tuple[Step, ...]:
    """The steps still to be done; a wait counts only if it comes first: another client is changing the resource."""
    return tuple(step for step in left.steps if not isinstance(step, Wait) or step is left.steps[0])


def open_step(step: Step, last: Outcome | None, left: ResourcePlan) -> Finding:
    """The finding for a step that is still to be done. That it was not tried is no failure if the creation failed."""
    blocked = any(other.creates for other in left.steps)
    untried = Finding(not blocked, f"{step.what} was not tried")
    done = Finding(step.essential, f"{step.what} was accepted, but this server does not keep it")
    return finding(step.what, last, step.essential, untried, done)


def incomplete_seeds(left: ResourcePlan, last: Iterable[Outcome]) -> Iterator[Finding]:
    """Seeds that were not loaded completely, on a server that does not record that."""
    planned = {step.aspect for step in left.steps}
    for outcome in last:
        step = outcome.step
        if isinstance(step, Load) and outcome.status is not Status.DONE and step.aspect not in planned:
            text = f"{outcome.detail}; it is not tried again, as the {step.resource.kind} exists"
            yield Finding(True, f"{step.what}: {text}")


def unknown_aspect(aspect: str, last: Outcome | None) -> Finding:
    """An aspect whose value the server cannot return."""
    untried = Finding(False, f"{aspect} is not changed: this server does not return its value")
    essential = last is not None and last.step.essential
    return finding(aspect, last, essential, untried, done=Finding(False, ""))


def finding(what: str, last: Outcome | None, essential: bool, untried: Finding, done: Finding) -> Finding:
    if last is None:
        return untried
    match last.status:
        case Status.DONE:
            return done
        case Status.UNSUPPORTED:
            return Finding(essential, f"{what} is not supported by this server ({last.detail})")
        case Status.REJECTED if not essential:
            return Finding(False, f"{what} is rejected by this server ({last.detail})")
        case Status.RACED | Status.REJECTED | Status.FAILED:
            return Finding(True, f"{what}: {last.detail}")
        case _:
            assert_never(last.status)


def state_of(outcomes: Iterable[Outcome]) -> State:
    done = [each.step for each in outcomes if each.status is Status.DONE and not isinstance(each.step, Wait)]
    if any(step.creates for step in done):
        return State.CREATED
    return State.UPDATED if done else State.UNCHANGED
