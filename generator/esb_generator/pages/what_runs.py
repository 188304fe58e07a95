"""docs/what-runs.md, generated from the rows of all services: `python -m esb_generator.pages.what_runs`.

A row's `support` decides what a build does with a type of resource; the page shows the result.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Final

from esb_generator.cloudformation.resource_values.resource_types import supported
from esb_generator.resources.findings import Findings
from esb_generator.resources.nodes import Dropped, Node
from esb_generator.resources.service import EventSourceType, ResourceType, Service
from esb_generator.services import REGISTRY
from esb_generator.values import Map, Mark
from esb_schemas.pages.markdown import item, page, table

HEADER: Final = """\
# What runs, and what does not

The support for each type of resource and SAM event. For an application, run `esb validate --report`. This page is
generated from the tables that a build uses; do not edit it.

- runs: it is part of the stack.
- not needed: the stack does not have it, and the application behaves the same without it.
- Any other text is the warning of a build. The rest of the application runs; calls to a missing service get an error
  with its name.

`AWS::Lambda::*` stands for all types of Lambda without a row. Below a table are the properties with a warning, and
those without effect. The capabilities of the engines of tables and buckets are in [engines.md](engines.md), the
operations of queues, topics and buses in [cloud-operations.md](cloud-operations.md).
"""
REST: Final = "## Services that are not in the stack\n"
_TITLES: Final = {
    "apigateway": "API Gateway",
    "cloudformation": "CloudFormation",
    "dynamodb": "DynamoDB",
    "eventbridge": "EventBridge",
    "lambda_": "Lambda",
    "s3": "S3",
    "scheduler": "EventBridge Scheduler",
    "sns": "SNS",
    "sqs": "SQS",
}
_DEFAULT: Final = ResourceType("")
_RUNS: Final = "runs"
_NOT_NEEDED: Final = "not needed"


def reference() -> str:
    every = REGISTRY.all_services()
    running = [service for service in every if any(meaning(row).startswith(_RUNS) for row in service.resource_types)]
    others = [service for service in every if service not in running]
    return page(HEADER, [*map(_section, running), _rest(others)])


def meaning(row: ResourceType) -> str:
    """The effect of a build on a resource of the type."""
    support = row.support(lambda _: None)
    if row.nested_template:
        return f"{_RUNS}, if its template is a local file"
    if not support.exists and (support.reason or row.check is _DEFAULT.check):
        return support.reason or _NOT_NEEDED
    if row.check is not _DEFAULT.check:
        return f"{_RUNS}, if what it names does"
    if row.left_out is not _DEFAULT.left_out:
        return f"{_RUNS}, if its files are on this machine"
    return _RUNS if row.support is supported else f"{_RUNS}, unless a property asks for what is missing"


def delivery(row: EventSourceType) -> str:
    """The effect of a build on an event of the type."""
    mark = Mark("", 1, 1)
    return row.support(Node(Map(mark), mark, "", row.type, "", Findings())) or "delivered"


def _section(service: Service) -> str:
    types = [(f"`{type_}`", text) for type_, text in _meanings(service)]
    events = [(f"event `{row.type}`", delivery(row)) for row in service.event_sources]
    lines = [f"## {_TITLES.get(service.name, service.name)}", "", *table(["type", ""], [*types, *events])]
    for row in service.resource_types:
        lines += _properties(row)
    return "\n".join(lines)


def _meanings(service: Service) -> Iterator[tuple[str, str]]:
    """Each type with its meaning, without those that a row with a `*` covers."""
    found = {row.type: meaning(row) for row in service.resource_types}
    for type_, text in found.items():
        patterns = [each for each in found if each != type_ and each[-1] == "*" and type_.startswith(each[:-1])]
        if not patterns or found[max(patterns, key=len)] != text:
            yield type_, text


def _properties(row: ResourceType) -> Iterator[str]:
    dropped = {name: rule.reason for name, rule in row.properties.items() if isinstance(rule, Dropped)}
    silent = sorted(name for name, reason in dropped.items() if not reason)
    reported = {name: reason for name, reason in sorted(dropped.items()) if reason}
    if dropped:
        yield from ("", f"Properties of `{row.type}`:", "")
    for name, reason in reported.items():
        yield item(f"`{name}`: {reason}")
    if silent:
        yield item(f"without effect: {', '.join(f'`{name}`' for name in silent)}")


def _rest(services: Iterable[Service]) -> str:
    found: dict[str, list[str]] = {_NOT_NEEDED: []}
    for service in services:
        for type_, text in _meanings(service):
            found.setdefault(text, []).append(f"`{type_}`")
        for event in service.event_sources:
            found.setdefault(delivery(event), []).append(f"event `{event.type}`")
    items = (item(f"{text}: {', '.join(types)}") for text, types in found.items() if types)
    return "\n".join([REST, *items])


if __name__ == "__main__":
    sys.stdout.write(reference())
