"""Resolved SAM resources become a model.Application.

Stages, in order: resources are wrapped so that every value knows its place (`stack`, `nodes`), and what cannot be
fetched is left out (`far_code`); the events of functions are read (`events`, `schedules`); functions, layers, tables
and buckets are converted (`functions`, `urls`, `event_invoke`, `code`, `layers`, `tables`, `buckets`); APIs are read
with their documents (`apis`, `openapi`, `handwritten`, `cors`) and with what checks their callers (`authorizers`,
`auth`, `api_keys`); routes are settled (`routes`); what is not run is told (`not_run`); names are compared (`clashes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from esb_generator.cloudformation.resolved import Resolved
from esb_generator.duplicate_names import find_duplicate_names
from esb_generator.errors import Problem, TemplateError
from esb_generator.model import Application, Bucket, Function, Layer, Route, Schedule, Table
from esb_generator.resources.findings import Findings, Notice
from esb_generator.resources.nodes import text
from esb_generator.resources.stack import FUNCTION_TYPES, LAYER_TYPES, ExpandContext, Stack, stack_of
from esb_generator.sam.events import Events, read_events
from esb_generator.services.apigateway.api_keys import keys_and_plans, warn_missing_api_keys
from esb_generator.services.apigateway.apis import Definition, candidates, definitions, events_by_api
from esb_generator.services.apigateway.handwritten import handwritten_candidates, handwritten_definitions
from esb_generator.services.apigateway.routes import order_routes
from esb_generator.services.dynamodb.tables import table
from esb_generator.services.events.schedules import rule_schedules
from esb_generator.services.lambda_.event_invoke import event_invokes
from esb_generator.services.lambda_.functions import alias, function
from esb_generator.services.lambda_.layers import layer
from esb_generator.services.lambda_.remote_code import drop_remote_code
from esb_generator.services.lambda_.urls import function_urls
from esb_generator.services.s3.buckets import bucket
from esb_generator.unsupported import tell_what_is_not_run
from esb_generator.values import Mark, Value

__all__ = ["Expansion", "Notice", "expand"]

_TABLE_TYPES = ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table")


class Expansion(NamedTuple):
    """The application, and what of the template it leaves out, in the order of the template."""

    application: Application
    notices: tuple[Notice, ...]


def expand(resolved: Resolved, *, read_file: Callable[[str], Value] | None = None) -> Expansion:
    """The application that resolved resources describe.

    `read_file` reads a document beside the template (`template.reader_beside`) for DefinitionUri. Raises TemplateError
    with every problem found.
    """
    findings = Findings()
    place = resolved.place
    stack = drop_remote_code(stack_of(resolved, ExpandContext(place, findings, read_file or _no_files)))
    events = {found.logical_id: read_events(stack, found) for found in stack.of_type("AWS::Serverless::Function")}
    functions = _functions(stack, events)
    definitions, routes = _apis(stack, events, findings)
    keys, plans = keys_and_plans(stack, definitions)
    warn_missing_api_keys(definitions, routes, keys, plans, findings)
    application = Application(
        stack_name=place.stack_name,
        region=place.region,
        account_id=place.account_id,
        functions=functions,
        layers=_layers(stack),
        apis=tuple(definition.api for definition in definitions),
        routes=routes,
        api_keys=keys,
        usage_plans=plans,
        tables=_tables(stack),
        buckets=_buckets(stack, events),
    )
    triggers = [trigger for of_function in events.values() for trigger in of_function.triggers]
    tell_what_is_not_run(stack, triggers, functions)
    findings.problems += find_duplicate_names(application)
    if findings.problems:
        raise TemplateError(findings.problems)
    return Expansion(application, tuple(sorted(set(findings.notices))))


def _functions(stack: Stack, events: Mapping[str, Events]) -> tuple[Function, ...]:
    schedules: dict[str, list[Schedule]] = {key: list(found.schedules) for key, found in events.items()}
    for logical_id, schedule in rule_schedules(stack):
        schedules.setdefault(logical_id, []).append(schedule)
    aliases = _aliases(stack)
    urls = function_urls(stack)
    invokes = event_invokes(stack)
    return tuple(
        function(
            stack,
            found,
            tuple(schedules.get(found.logical_id, ())),
            aliases.get(found.logical_id, ()),
            urls.get(found.logical_id),
        )._replace(
            event_invoke=invokes.get(found.logical_id),
        )
        for found in stack.of_type(*FUNCTION_TYPES)
    )


def _aliases(stack: Stack) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for resource in stack.of_type("AWS::Lambda::Alias"):
        reference = resource.properties.need("FunctionName", text)
        owner = stack.function(reference) if reference else None
        name = resource.properties.need("Name", alias)
        if owner is not None and name is not None:
            found[owner.logical_id] = (*found.get(owner.logical_id, ()), name)
    return found


def _apis(
    stack: Stack, events: Mapping[str, Events], findings: Findings
) -> tuple[tuple[Definition, ...], tuple[Route, ...]]:
    by_api = events_by_api(stack, [event for of_function in events.values() for event in of_function.http])
    serverless = list(definitions(stack, by_api))
    handwritten = list(handwritten_definitions(stack))
    wanted = [*candidates(stack, serverless, by_api), *handwritten_candidates(stack, handwritten)]
    order = {logical_id: index for index, logical_id in enumerate(stack.resources)}
    found = sorted((*serverless, *handwritten), key=lambda definition: order[definition.api.logical_id])
    wanted.sort(key=lambda candidate: order[candidate.route.api])
    return tuple(found), order_routes(wanted, findings)


def _layers(stack: Stack) -> tuple[Layer, ...]:
    return tuple(layer(stack, found) for found in stack.of_type(*LAYER_TYPES))


def _tables(stack: Stack) -> tuple[Table, ...]:
    return tuple(table(stack, found) for found in stack.of_type(*_TABLE_TYPES))


def _buckets(stack: Stack, events: Mapping[str, Events]) -> tuple[Bucket, ...]:
    notifications: dict[str, list[Mapping[str, Any]]] = {}
    for of_function in events.values():
        for logical_id, entry in of_function.notifications:
            notifications.setdefault(logical_id, []).append(entry)
    return tuple(
        bucket(stack, found, notifications.get(found.logical_id, ())) for found in stack.of_type("AWS::S3::Bucket")
    )


def _no_files(location: str) -> Value:
    raise TemplateError([Problem(Mark(location, 1, 1), "no file can be read here")])
