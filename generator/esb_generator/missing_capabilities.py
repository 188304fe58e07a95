"""Warnings about what an application needs and the chosen engines lack, with the option that changes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from esb_generator.errors import Problem
from esb_generator.model import Application, ResourceEntry
from esb_schemas.engines import Capability, Engine, engines, is_needed, lacks, option
from esb_schemas.sections import SECTIONS


def missing_capabilities(application: Application, chosen: Iterable[Engine]) -> Iterator[Problem]:
    """A warning for each resource that needs what its engine lacks, in the order of the template."""
    sections = {section.service: section.name for section in SECTIONS.values()}
    for engine in chosen:
        for capability in lacks(engine):
            for entry in application.resources.get(sections.get(engine.service, ""), ()):
                if is_needed(capability, entry.definition):
                    yield Problem(entry.mark, _warning(entry, engine, capability))


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
