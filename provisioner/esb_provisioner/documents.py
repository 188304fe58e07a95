"""The JSON documents of `--json`, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from esb_provisioner.apply import Outcome
from esb_provisioner.explain import Explanation
from esb_provisioner.report import Report, Result
from esb_provisioner.resources.reading import UNKNOWN
from esb_provisioner.steps import Load, Operation, Plan
from esb_provisioner.unmanaged import Unmanaged

Document: TypeAlias = dict[str, Any]


def plan_document(plan: Plan) -> Document:
    drifts = [drift for each in plan.resources for drift in each.drifts]
    unreadable = [each for each in plan.resources if each.unreadable]
    notes = [(each.resource, note) for each in plan.resources for note in each.notes]
    return {
        "plan": [_change(each) for each in plan.changes],
        "drift": [each.resource._asdict() | {"cause": each.cause, "hint": each.hint} for each in drifts],
        "unreadable": [each.resource._asdict() | {"cause": each.unreadable} for each in unreadable],
        "warnings": [resource._asdict() | {"text": note} for resource, note in notes],
    }


def explain_document(explained: Sequence[Explanation]) -> Document:
    return {"explain": [_explanation(each) for each in explained]}


def unmanaged_document(others: Unmanaged) -> Document:
    return {"unmanaged": [each._asdict() for each in others.resources], "unlisted": list(others.problems)}


def report_document(report: Report, steps: Sequence[Outcome]) -> Document:
    return {"results": [_result(each) for each in report.results], "steps": [_step(each) for each in steps]}


def _change(each: Operation | Load) -> Document:
    if isinstance(each, Load):
        return each.resource._asdict() | {"cause": each.cause, "operation": "load", "params": {"records": each.records}}
    return each.resource._asdict() | {"cause": each.cause, "operation": each.call.operation, "params": each.call.params}


def _explanation(each: Explanation) -> Document:
    aspects = [
        {
            "aspect": aspect.key,
            "file": aspect.desired or None,
            "server": None if aspect.live is UNKNOWN else aspect.live,
            "differs": aspect.differs,
        }
        for aspect in each.aspects
    ]
    return each.resource._asdict() | {"missing": each.missing or None, "aspects": aspects}


def _result(result: Result) -> Document:
    texts = {"problems": list(result.problems), "warnings": list(result.warnings)}
    return result.resource._asdict() | {"result": result.state.value} | texts


def _step(outcome: Outcome) -> Document:
    step = outcome.step.call.operation if isinstance(outcome.step, Operation) else outcome.step.what
    return outcome.step.resource._asdict() | {"step": step, "result": outcome.status.value, "detail": outcome.detail}
