"""Warnings about capabilities that an application needs and the chosen engines lack, with the option to use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esb_generator.errors import Problem
from esb_generator.model import Application, ResourceEntry
from esb_generator.output.images.containers import is_python
from esb_schemas.engines.capabilities import Capability, is_needed, lacks
from esb_schemas.engines.engine import Engine
from esb_schemas.engines.table import engines, option
from esb_schemas.sections import SECTIONS


def missing_capabilities(application: Application, chosen: Iterable[Engine]) -> Iterator[Problem]:
    """A warning for each resource that needs what its engine lacks, in the order of the template."""
    chosen = tuple(chosen)
    yield from _table_arns(application, chosen)
    sections = {section.service: section.name for section in SECTIONS.values()}
    for engine in chosen:
        for capability in lacks(engine):
            for entry in application.resources.get(sections.get(engine.service, ""), ()):
                if is_needed(capability, entry.definition):
                    yield Problem(entry.mark, _warning(entry, engine, capability))


def _table_arns(application: Application, chosen: Iterable[Engine]) -> Iterator[Problem]:
    """A warning for each variable with the ARN of a table, if calls with it fail. (In Python, boto3 sends the name.)"""
    engine = next(engine for engine in chosen if engine.service == "dynamodb")
    if "table_arns" in engine.capabilities:
        return
    arns = {f":table/{table.name}": table.logical_id for table in application.resources.get("DynamoDB", ())}
    for function in application.functions:
        if is_python(function):
            continue
        for name, value in function.entry.environment.items():
            resource = value.partition(":table")
            table = arns.get(resource[1] + resource[2])
            if table and resource[0].startswith("arn:"):
                yield Problem(function.mark, _arn_warning(function.logical_id, name, table, engine))


def _arn_warning(function: str, variable: str, table: str, engine: Engine) -> str:
    return (
        f"{function} (function): its variable {variable} is the ARN of {table}, which {engine.name} does not take as"
        f" TableName; pass the name, !Ref {table}"
    )


def _warning(entry: ResourceEntry, engine: Engine, capability: Capability) -> str:
    return (
        f"{entry.logical_id} ({entry.kind}): {engine.name} has no {capability.label}: {capability.then};"
        f" {alternative(engine, capability)}"
    )


def alternative(engine: Engine, capability: Capability) -> str:
    """The option that chooses an engine with the capability, as part of a sentence."""
    others = [other.name for other in engines(engine.service).values() if capability not in lacks(other)]
    if not others:
        return "no server that ESB starts has it"
    return f"{option(engine.service)} {' or '.join(others)} has it"
