"""Resolved SAM resources become a model.Application.

Stages, in order: wrap resources and events so that every value has its position (`resources.registry`); find what is
unsupported (`checks.unsupported`); read what several resources define together, by service, and the events and entries
of resources.yml, by row; report what is unsupported; drop routes whose queue or bus is not in the stack
(`checks.called_services`); find duplicate names (`checks.duplicate_names`).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple, TypeVar

from esb_generator import errors
from esb_generator.application.address_rewriting import rewrite_addresses
from esb_generator.checks.called_services import drop_unavailable_calls
from esb_generator.checks.duplicate_names import find_duplicate_names
from esb_generator.checks.unsupported import Unsupported, find_unsupported, report_unsupported
from esb_generator.cloudformation.reading.template import ReadFile
from esb_generator.cloudformation.resolved import Resolved
from esb_generator.cloudformation.resource_values.placeholders import Placeholder
from esb_generator.errors import TemplateError, error_at
from esb_generator.model import Application, Function, ResourceEntry, WebAdapter
from esb_generator.resources.findings import Findings, Notice
from esb_generator.resources.nodes import check_keys, text
from esb_generator.resources.registry import Registry, stack_of
from esb_generator.resources.service import ESB, SEED, Parts
from esb_generator.resources.stack import ExpandContext, Stack
from esb_generator.services import REGISTRY
from esb_generator.settings.env_vars import NO_ENV_VARS, EnvVarsFile, with_env_vars
from esb_generator.values import NOTHING, Map, Mark, Value, mark_at
from esb_schemas.errors import Problem, dotted
from esb_schemas.event_sources import EventSource
from esb_schemas.sections import SECTIONS
from esb_schemas.validation.loading import entry_problems, section_problems

T = TypeVar("T")


class Expansion(NamedTuple):
    """The application, the parts of the template that it leaves out, and its placeholders, in template order.

    `passed_over` has the numbers of resources without effect here, by the users' word for one.
    `secrets` are texts that no file but .env should have.
    """

    application: Application
    notices: tuple[Notice, ...]
    placeholders: tuple[Placeholder, ...] = ()
    passed_over: Mapping[str, int] = NOTHING
    secrets: frozenset[str] = frozenset()


def expand(
    resolved: Resolved,
    *,
    read_file: ReadFile | None = None,
    registry: Registry = REGISTRY,
    env_vars: EnvVarsFile = NO_ENV_VARS,
    web_adapter: WebAdapter | None = None,
) -> Expansion:
    """The application that resolved resources describe, with the variables of `env_vars`.

    `read_file` reads a document relative to the template (`template.relative_reader`) for DefinitionUri. Raises
    TemplateError with every problem found.
    """
    findings = Findings()
    identity = resolved.identity
    stack = stack_of(resolved, ExpandContext(identity, findings, read_file or _no_files, web_adapter), registry)
    unsupported = find_unsupported(stack, registry)
    _check_metadata(stack, unsupported, registry)
    parts = [service.read(stack) for service in registry.services if service.read is not None]
    event_sources = _event_sources(stack, unsupported, parts, registry)
    application = Application(
        stack_name=identity.stack_name,
        region=identity.region,
        account_id=identity.account_id,
        functions=tuple(
            _with_events(function, event_sources.get(function.logical_id, ()))
            for function in chain.from_iterable(part.functions for part in parts)
        ),
        layers=tuple(chain.from_iterable(part.layers for part in parts)),
        apis=_merged(part.apis for part in parts),
        routes=tuple(chain.from_iterable(part.routes for part in parts)),
        api_keys=_merged(part.api_keys for part in parts),
        usage_plans=_merged(part.usage_plans for part in parts),
        resources=_entries(stack, unsupported, parts, registry),
        schedules=tuple(chain.from_iterable(part.schedules for part in parts)),
    )
    passed_over = report_unsupported(stack, unsupported, application.functions, registry)
    application = drop_unavailable_calls(application, stack)
    findings.problems += find_duplicate_names(application)
    if findings.problems:
        raise TemplateError(findings.problems)
    application = with_env_vars(application, env_vars)  # before their addresses are replaced
    rewritten = rewrite_addresses(application, stack, resolved.placeholders)
    return Expansion(rewritten.application, tuple(sorted(set(findings.notices))), rewritten.placeholders, passed_over)


def _merged(mappings: Iterable[Mapping[str, T]]) -> dict[str, T]:
    return dict(chain.from_iterable(each.items() for each in mappings))


def _with_events(function: Function, events: Iterable[EventSource]) -> Function:
    return function._replace(entry=function.entry._replace(events=tuple(events)))


def _event_sources(
    stack: Stack, unsupported: Unsupported, parts: list[Parts], registry: Registry
) -> Mapping[str, list[EventSource]]:
    """Event sources by the logical id of their function: those of its events, then those of other resources."""
    found: dict[str, list[EventSource]] = {}
    for event in stack.events():
        read = registry.events[event.type].read
        delivered = (event.owner.logical_id, event.name) not in unsupported.events
        source = read(event) if read is not None and delivered else None
        if source is not None:
            found.setdefault(event.owner.logical_id, []).append(source)
    for logical_id, source in chain.from_iterable(part.event_sources for part in parts):
        found.setdefault(logical_id, []).append(source)
    return found


def _entries(
    stack: Stack, unsupported: Unsupported, parts: Iterable[Parts], registry: Registry
) -> Mapping[str, tuple[ResourceEntry, ...]]:
    found: dict[str, list[ResourceEntry]] = {section: [] for section in SECTIONS}
    for resource in stack.resources.values():
        row = registry.type(resource.type)
        if row.read is not None and resource.logical_id not in unsupported.resources:
            definition = row.read(stack, resource)
            seed = resource.metadata.child(ESB).read(SEED, text) if SEED in row.esb_keys else None
            entry = ResourceEntry(row.kind, resource.logical_id, stack.name(resource), resource.mark, definition, seed)
            found[row.section].append(entry)
    for section, entry in chain.from_iterable(part.resources for part in parts):
        found[section].append(entry)
    stack.context.findings.problems.extend(_entry_problems(found))
    return {section: tuple(entries) for section, entries in found.items()}


def _check_metadata(stack: Stack, unsupported: Unsupported, registry: Registry) -> None:
    """Report keys of ESB in Metadata that the resource's type does not have."""
    for resource in stack.resources.values():
        settings = resource.metadata.get(ESB) if isinstance(resource.metadata.value, Map) else None
        if settings is not None and resource.logical_id not in unsupported.resources:
            check_keys(settings, dict.fromkeys(registry.type(resource.type).esb_keys))


def _entry_problems(found: Mapping[str, list[ResourceEntry]]) -> Iterator[errors.Problem]:
    """Violations of the contract's rules, at their places in the template."""
    for section, entries in found.items():
        for entry in entries:
            yield from (_at_entry(entry, problem) for problem in entry_problems(section, entry.definition))
    definitions = {section: [entry.definition for entry in entries] for section, entries in found.items()}
    for problem in section_problems(definitions):
        name, index, *path = problem.path
        yield _at_entry(found[f"{name}"][int(index)], problem._replace(path=tuple(path)))


def _at_entry(entry: ResourceEntry, problem: Problem) -> errors.Problem:
    text = f"{dotted(problem.path)}: {problem.text}".removeprefix(": ")
    return errors.Problem(mark_at(entry.definition, problem.path, entry.mark), f"{entry.logical_id}: {text}")


def _no_files(_: str, at: Mark) -> Value:
    raise error_at(at, "no file can be read here")
