"""The result of a command as text for people and as JSON for scripts; nothing here prints."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from esb_generator.cloudformation.placeholders import Placeholder
from esb_generator.errors import BuildError, Problem, TemplateError
from esb_generator.model import Application
from esb_generator.output.artifacts import Changes
from esb_generator.resources.findings import Notice
from esb_generator.unsupported_report import UnsupportedEntry, unsupported_entries
from esb_generator.unsupported_report import lines as unsupported_lines

SHOWN = 12  # files listed by name; --json has them all


class Report(NamedTuple):
    """The result of a command; `changes` is None if the output was not compared."""

    template: str
    output: str
    application: Application
    notices: tuple[Notice, ...]
    placeholders: tuple[Placeholder, ...]
    outside: tuple[Problem, ...] = ()  # files outside the project
    only_checked: bool = False
    changes: Changes | None = None


def warnings(report: Report) -> Iterator[Problem]:
    """Everything that `--strict` makes an error.

    Files outside the project, what is unsupported, and values that are known only after a deploy.
    """
    yield from report.outside
    for notice in report.notices:
        yield Problem(notice.mark, f"{notice.logical_id} ({notice.type}): {notice.text}")
    for placeholder in report.placeholders:
        uses = ", ".join(use.path for use in placeholder.uses)
        sentence = f"{placeholder.reference} is known only after a deploy; {placeholder.value} stands for it in {uses}"
        yield Problem(placeholder.mark, sentence)


def text(report: Report) -> str:
    """A short table, and the changes."""
    return "\n".join([_table(report), *_changes(report)])


def changes_text(report: Report) -> str:
    return "\n".join(_changes(report))


def unsupported_text(report: Report) -> str:
    """The table, and a line for each resource that is unsupported."""
    found = list(unsupported_lines(unsupported_entries(report.notices, report.placeholders), report.template))
    return "\n".join(
        [_table(report), "unsupported:" if found else "everything is supported", *(f"  {line}" for line in found)]
    )


def _table(report: Report) -> str:
    application = report.application
    counts = (
        ("functions", application.functions),
        ("routes", application.routes),
        ("layers", application.layers),
        ("tables", application.resources.get("DynamoDB", ())),
        ("buckets", application.resources.get("S3", ())),
    )
    title = f"{report.template}: stack {application.stack_name} in {application.region}"
    return title + "".join(f"\n  {name:<10}{len(items):>4}" for name, items in counts)


def _changes(report: Report) -> Iterator[str]:
    changes = report.changes
    if changes is None:
        return
    if not changes:
        yield f"{report.output}: up to date, {changes.unchanged} files"
        return
    would = "would be " if report.only_checked else ""
    parts = (("created", "+", changes.created), ("updated", "~", changes.updated), ("removed", "-", changes.removed))
    summary = ", ".join(f"{len(paths)} {would}{name}" for name, _, paths in parts if paths)
    yield f"{report.output}: {summary}" + (f", {changes.unchanged} unchanged" if changes.unchanged else "")
    lines = [f"  {sign} {path}" for _, sign, paths in parts for path in paths]
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"  … and {len(lines) - SHOWN} more"


def as_json(report: Report) -> str:
    """The JSON document of `esb build --json`; docs/building.md lists its keys."""
    application = report.application
    changes = Changes() if report.changes is None else report.changes
    return _json(
        {
            "template": report.template,
            "output": report.output,
            "stack": {"name": application.stack_name, "region": application.region},
            "functions": [function.name for function in application.functions],
            "routes": [{"method": r.method, "path": r.path, "api": r.api} for r, _ in application.routes],
            "layers": [layer.name for layer in application.layers],
            "tables": [table.name for table in application.resources.get("DynamoDB", ())],
            "buckets": [bucket.name for bucket in application.resources.get("S3", ())],
            "created": changes.created,
            "updated": changes.updated,
            "removed": changes.removed,
            "unchanged": changes.unchanged,
            "unsupported": [_unsupported(entry) for entry in unsupported_entries(report.notices, report.placeholders)],
            "warnings": [_problem(problem) for problem in warnings(report)],
            "errors": [],
        }
    )


def error_as_json(error: BuildError) -> str:
    """The JSON document of a command that failed."""
    if isinstance(error, TemplateError):
        return _json({"errors": [_problem(problem) for problem in error.problems]})
    return _json({"errors": [{"message": str(error)}]})


def _problem(problem: Problem) -> dict[str, Any]:
    file, line, column = problem.mark
    return {"file": file, "line": line, "column": column, "message": problem.text}


def _unsupported(entry: UnsupportedEntry) -> dict[str, Any]:
    file, line, column = entry.mark
    return {
        "type": entry.type,
        "logical_id": entry.logical_id,
        "file": file,
        "line": line,
        "column": column,
        "meaning": entry.meaning,
        "placeholders": [
            {"reference": each.reference, "value": each.value, "used_in": [use.path for use in each.uses]}
            for each in entry.placeholders
        ],
    }


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def lines(prefix: str, problems: Iterable[Problem]) -> Iterator[str]:
    """A line for each problem: `template.yaml:41:7: warning: …`."""
    for problem in problems:
        yield f"{problem.mark}: {prefix}: {problem.text}"
