"""Validates the documents; every problem is reported at its place in the template."""

from __future__ import annotations

from esb_generator.errors import BuildError, Problem, TemplateError
from esb_generator.model import Application
from esb_generator.output.documents.documents import Documents
from esb_generator.values import mark_at
from esb_schemas.errors import dotted
from esb_schemas.validation.loading import problems


def check(contract: Documents, application: Application) -> None:
    """Raise TemplateError for the problems of the documents; BuildError if one has no place in the template."""
    found = [
        _in_template(problem.path, problem.text, kind, application)
        for kind, document in contract.by_kind()
        for problem in problems(kind, document)
    ]
    if found:
        raise TemplateError(found)


def _in_template(path: tuple[str | int, ...], text: str, kind: str, application: Application) -> Problem:
    """A problem of a document, at the most exact known place in the template."""
    match path:
        case (str() as section, int() as index, *rest) if section in application.resources:
            entry = application.resources[section][index]
            subject, mark = entry.logical_id, mark_at(entry.definition, rest, entry.mark)
        case ("routes", int() as index, *rest):
            route = application.routes[index]
            subject, mark = f"route {route.entry.method} {route.entry.path}", route.mark
        case ("apis", str() as logical_id, *rest):
            subject, mark = logical_id, application.apis[logical_id].mark
        case ("functions", str() as name, *rest):
            function = next(each for each in application.functions if each.name == name)
            subject, mark = function.logical_id, function.mark
        case _:
            raise BuildError(f"the template makes an invalid document: {kind}.yml: {dotted(path)}: {text}")
    return Problem(mark, ": ".join(filter(None, (subject, dotted(rest), text))))
