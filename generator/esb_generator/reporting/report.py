"""The result of a command as text for people and as JSON for scripts; nothing here prints."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from esb_generator.application.egress import egress_line
from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.errors import BuildError, Problem, TemplateError
from esb_generator.model import Application
from esb_generator.output.changes import Changes
from esb_generator.reporting.colours import BOLD, GREEN, RED, YELLOW, coloured
from esb_generator.reporting.excerpt import excerpt
from esb_generator.reporting.unsupported_report import UnsupportedEntry, unsupported_entries
from esb_generator.reporting.unsupported_report import lines as unsupported_lines
from esb_generator.resources.findings import Notice
from esb_generator.settings.choices import DEFAULT_OUTPUT
from esb_generator.values import NOTHING
from esb_schemas.contract import Route, ServiceCall

ReadText: TypeAlias = Callable[[str], str | None]

SHOWN = 12  # files listed by name; --json has them all
SHOWN_ROUTES = 40


def no_text(_file: str) -> str | None:
    """A `ReadText` that shows no lines."""
    return None


class Report(NamedTuple):
    """The result of a command; `changes` is None if the output was not compared."""

    template: str
    output: str
    application: Application
    notices: tuple[Notice, ...]
    placeholders: tuple[Placeholder, ...]
    ignored: tuple[Problem, ...] = ()  # entries of --env-vars without effect
    reading: tuple[Problem, ...] = ()  # files outside the project or of credentials, duplicate keys, …
    exposed: tuple[Problem, ...] = ()  # secrets in files that others can read
    missing: tuple[Problem, ...] = ()  # capabilities that the chosen engines lack
    passed_over: Mapping[str, int] = NOTHING  # numbers of resources, by the users' word for one
    only_checked: bool = False
    changes: Changes | None = None


def warnings(report: Report) -> Iterator[Problem]:
    """Everything that `--strict` makes an error.

    Warnings about files, entries of --env-vars without effect, secrets in files, missing capabilities of engines,
    unsupported resources, values that are known only after a deploy.
    """
    yield from other_warnings(report)
    for notice in report.notices:
        yield Problem(notice.mark, f"{notice.logical_id} ({notice.type}): {notice.text}")
    for placeholder in report.placeholders:
        uses = ", ".join(use.path for use in placeholder.uses)
        sentence = f"{placeholder.reference} is known only after a deploy; {placeholder.value} stands for it in {uses}"
        yield Problem(placeholder.mark, sentence)


def other_warnings(report: Report) -> Iterator[Problem]:
    """The warnings that `unsupported_lines_text` does not have."""
    yield from report.reading
    yield from report.ignored
    yield from report.exposed
    yield from report.missing


def text(report: Report) -> str:
    """A summary of the template, its routes; after a build the changes, the egress, and the next command."""
    egress = [] if report.changes is None else [egress_line(report.application.functions)]
    return "\n".join([*_summary(report), *_routes(report), *_changes(report), *egress, *_next(report)])


def changes_text(report: Report) -> str:
    return "\n".join(_changes(report))


def unsupported_text(report: Report) -> str:
    """The table, and a line for each resource that is unsupported."""
    return "\n".join([*_summary(report), unsupported_lines_text(report)])


def unsupported_lines_text(report: Report) -> str:
    """A line for each resource that is unsupported."""
    found = list(unsupported_lines(unsupported_entries(report.notices, report.placeholders), report.template))
    return "\n".join(["unsupported:" if found else "everything is supported", *(f"  {line}" for line in found)])


def _summary(report: Report) -> Iterator[str]:
    application = report.application
    counts = (
        ("function", application.functions),
        ("route", application.routes),
        ("layer", application.layers),
        ("table", application.resources.get("DynamoDB", ())),
        ("bucket", application.resources.get("S3", ())),
        ("queue", application.resources.get("SQS", ())),
        ("topic", application.resources.get("SNS", ())),
        ("connection", application.resources.get("EventBridgeConnections", ())),
    )
    found = [f"{len(items)} {name}{'s' if len(items) > 1 else ''}" for name, items in counts if items]
    yield f"{report.template}: stack {application.stack_name} in {application.region}"
    yield f"  {', '.join(found) or 'nothing that runs here'}"
    if report.passed_over:
        counted = ", ".join(_counted(count, name) for name, count in sorted(report.passed_over.items()))
        yield f"  passed over: {counted}; permissions are not checked here"


def _counted(count: int, name: str) -> str:
    plural = f"{name[:-1]}ies" if name.endswith("cy") else f"{name}s"
    return f"{count} {name if count == 1 else plural}"


def _routes(report: Report) -> Iterator[str]:
    """A line for each route: method, path, target and authorization."""
    routes = [route for route, _ in report.application.routes]
    rows = [(route.method, route.path, _target(route), _protection(report, route)) for route in routes[:SHOWN_ROUTES]]
    widths = [max(len(row[column]) for row in rows) if rows else 0 for column in range(3)]
    for row in rows:
        yield "  " + "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
    if len(routes) > SHOWN_ROUTES:
        yield f"  … and {len(routes) - SHOWN_ROUTES} more"


def _target(route: Route) -> str:
    if route.function is not None:
        return route.function
    if isinstance(route.integration, ServiceCall):
        return route.integration.subtype
    return route.integration.type if route.integration is not None else ""


def _protection(report: Report, route: Route) -> str:
    auth, api = route.auth, report.application.apis.get(route.api)
    found = [
        "resource policy" if api is not None and api.entry.policy else "",
        f"authorizer {auth.authorizer}" if auth.authorizer else "",
        "signature (AWS_IAM)" if auth.authorization == "AWS_IAM" else "",
        "API key" if auth.api_key_required else "",
    ]
    return ", ".join(filter(None, found)) or "open"


def _next(report: Report) -> Iterator[str]:
    if report.changes is None or report.only_checked:
        return
    is_default = report.output == DEFAULT_OUTPUT
    compose = "docker compose" if is_default else f"docker compose -f {report.output}/docker-compose.yml"
    local = "esb-gateway local" if is_default else f"esb-gateway local {report.output}"
    if report.changes.unchanged or report.changes.updated or report.changes.removed:
        yield f"next: {compose} run --rm --no-deps provisioner --plan  # exit code 3: data of the stack does not fit"
        yield f"      {compose} up -d --wait --remove-orphans, or without Docker: {local}"
    else:
        yield f"next: {compose} up -d --wait, or without Docker: {local}"


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
    if not (changes.unchanged or changes.updated or changes.removed):
        return  # the first build
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
            "queues": [queue.name for queue in application.resources.get("SQS", ())],
            "topics": [topic.name for topic in application.resources.get("SNS", ())],
            "passed_over": dict(report.passed_over),
            "without_egress": [each.name for each in application.functions if not each.entry.egress],
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


def lines(prefix: str, problems: Iterable[Problem], read: ReadText = no_text, *, colour: bool = False) -> Iterator[str]:
    """A line for each problem: `template.yaml:41:7: warning: …`, and the line of the template with a caret.

    `read` gives the text of a template by its name; None for a file whose lines are not shown.
    """
    texts = cache(read)
    for problem in problems:
        place, word = f"{problem.mark}:", f"{prefix}:"
        if colour:
            place, word = coloured(place, BOLD), coloured(word, RED if prefix == "error" else YELLOW)
        yield f"{place} {word} {problem.text}"
        text = texts(problem.mark.file)
        if text is not None:
            for line in excerpt(text, problem.mark.line, problem.mark.column):
                yield coloured(line, GREEN) if colour and line.endswith("^") else line
