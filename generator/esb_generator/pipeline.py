"""The build, stage by stage; each takes the last one's value and gives the next one's.

settle     arguments and samconfig  -> Settings: which template, which parameters
read       the template file        -> Application, and what the stack will not run
             template     file -> plain data with positions
             intrinsics   plain data, parameters -> resources with nothing left to resolve
             expand       resources -> Application
documents  Application              -> resources.yml, functions.yml, routing.yml as data
sources    the paths of the model   -> files with digests
plan       model, files             -> artifacts
artifacts  artifacts, the disk      -> what changed
check      documents                -> nothing, or what their schemas refuse, before anything is written
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import esb_schemas
from esb_generator.cloudformation import parameter_overrides, parameters, template
from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.local_values import FILE_NAME, read_local_values
from esb_generator.cloudformation.merge import TemplatePart, merge_templates
from esb_generator.cloudformation.placeholders import Placeholder
from esb_generator.cloudformation.resolver import ResolveContext
from esb_generator.cloudformation.resource_types import StackPlace
from esb_generator.cloudformation.template import OnRead, ignore
from esb_generator.errors import BuildError, Problem, TemplateError, sentence
from esb_generator.expand import Expansion, expand
from esb_generator.model import Application, ResourceEntry, Route
from esb_generator.output import artifacts, compose, sources
from esb_generator.output.documents import Documents, documents
from esb_generator.output.plan import plan
from esb_generator.output.servers import Servers
from esb_generator.report import Report, warnings
from esb_generator.resources.registry import Registry
from esb_generator.sam import samconfig
from esb_generator.sam.samconfig import Samconfig
from esb_generator.sam.transform import sam_transform
from esb_generator.services import REGISTRY
from esb_generator.values import Mark

TEMPLATES = ("template.yaml", "template.yml", "template.json")
COMPOSE_FILES = (sources.COMPOSE_FILE, "compose.yml", "docker-compose.yaml", "docker-compose.yml")
DEFAULT_REGION = "us-east-1"
ACCOUNT_ID = "123456789012"


class Request(NamedTuple):
    """What the command line asks for; paths are relative to the folder `here`."""

    here: Path
    templates: tuple[str, ...] = ()
    parameter_overrides: tuple[str, ...] = ()
    output: Path = Path(".esb")
    region: str | None = None
    region_of_environment: str | None = None
    stack_name: str | None = None
    config_file: str | None = None
    config_env: str = "default"
    values_file: str | None = None
    write: Literal["all", "check", "nothing"] = "all"
    strict: bool = False
    servers: Servers = Servers()


class Settings(NamedTuple):
    """A request with everything decided; `shown` are the templates as errors name them, code lies below `base`."""

    templates: tuple[Path, ...]
    base: Path
    shown: tuple[str, ...]
    parameter_overrides: Mapping[str, str]
    stack_name: str
    region: str
    values_file: Path


def run(request: Request, on_read: OnRead = ignore, registry: Registry = REGISTRY) -> Report:
    """Carry out a request. Raises BuildError, and then nothing was written.

    `on_read` is told of each document that the template or a parameter names, before it is read.
    """
    settings = settle(request, on_read)
    expansion, placeholders = read(settings, on_read, registry)
    output = request.here / request.output
    contract = documents(expansion.application)
    if request.write == "nothing":
        check(contract, expansion.application)
    code = sources.gather(expansion.application, settings.base, output, stack=request.write != "nothing")
    report = Report(
        template=", ".join(settings.shown),
        output=str(request.output),
        application=expansion.application,
        notices=tuple(sorted(each._replace(text=sentence(each.text)) for each in {*expansion.notices, *code.notices})),
        placeholders=placeholders,
        only_checked=request.write == "check",
    )
    if request.strict and (found := list(warnings(report))):
        raise TemplateError(found)
    if request.write == "nothing":
        return report
    files = plan(expansion.application, contract, code, request.servers)
    changes = artifacts.compare(files, output)
    if changes:  # what an earlier build wrote was valid then, and so were the schemas, which are among the files
        check(contract, expansion.application)
    if request.write == "all":
        artifacts.write(files, changes, output)
        artifacts.ensure_secrets(output)
        artifacts.write_environment(output, [function.name for function in expansion.application.functions])
        _include(request, expansion.application)
    return report.with_changes(changes)


def settle(request: Request, on_read: OnRead = ignore) -> Settings:
    """Decide what the request and samconfig leave open. The request wins over samconfig, samconfig over defaults."""
    config = _samconfig(request, on_read)
    paths, shown = _templates(request, config)
    path = paths[0]
    words = parameter_overrides.parse_overrides(
        request.parameter_overrides, read=samconfig.reader(request.here, on_read)
    )
    return Settings(
        templates=paths,
        base=config.file.parent / config.base_dir if config.file and config.base_dir else path.parent,
        shown=shown,
        parameter_overrides={**config.parameter_overrides, **words},
        stack_name=_stack_name(request.stack_name or config.stack_name or path.resolve().parent.name),
        region=request.region or config.region or request.region_of_environment or DEFAULT_REGION,
        values_file=_values_file(request) or path.parent / FILE_NAME,
    )


def read(
    settings: Settings, on_read: OnRead = ignore, registry: Registry = REGISTRY
) -> tuple[Expansion, tuple[Placeholder, ...]]:
    """The application that a template describes. Raises TemplateError with everything that is wrong with it."""
    first, *others = parts = _parts(settings)
    local_values = read_local_values(settings.values_file)
    transform = sam_transform(registry.generated_types)
    declared = merge_templates([part.template for part in parts], transform.shared_ids)
    values = parameters.values_of(declared, settings.parameter_overrides, local_values=local_values)
    beside = template.reader_beside(settings.templates[0], on_read)
    context = ResolveContext(
        place=StackPlace(settings.stack_name, settings.region, ACCOUNT_ID),
        types=registry.type,
        transform=transform,
        parameters=values.values,
        local_values=local_values,
        read=beside,
        placeholders=values.placeholders,
    )
    resolved = resolve(first.template, context, others)
    return expand(resolved, read_file=beside, registry=registry), resolved.placeholders


def _parts(settings: Settings) -> list[TemplatePart]:
    problems: list[Problem] = []
    parts: list[TemplatePart] = []
    for path, shown in zip(settings.templates, settings.shown, strict=True):
        try:
            folder = Path(os.path.relpath(path.parent, settings.templates[0].parent)).as_posix()
            parts.append(TemplatePart(template.load(path, name=shown), "" if folder == "." else folder))
        except TemplateError as failure:
            problems += failure.problems
    if problems:
        raise TemplateError(problems)
    return parts


def check(contract: Documents, application: Application) -> None:
    """Raises BuildError for a document that its schema refuses, at the place in the template that it comes from."""
    for kind, document in contract.by_kind():
        try:
            esb_schemas.validate(kind, document)
        except esb_schemas.ContractError as error:
            raise _in_template(error, application) from error


def _in_template(error: esb_schemas.ContractError, application: Application) -> BuildError:
    """A refused document, led back to the resource that it was made from."""
    for entry, mark in _entries(application):
        if error.path == entry or error.path.startswith((f"{entry}.", f"{entry}[")):
            rest = error.path.removeprefix(entry).removeprefix(".")
            return TemplateError([Problem(mark, f"{rest}: {error.problem}".removeprefix(": "))])
    return BuildError(f"what the template says cannot be written: {error}")


def _entries(application: Application) -> Iterator[tuple[str, Mark]]:
    """Where in the documents resources stand, as the path of an error begins, and where in the template."""
    lists: dict[str, Sequence[ResourceEntry | Route]] = {**application.resources, "routes": application.routes}
    for name, listed in lists.items():
        yield from ((f"{name}[{index}]", owner.mark) for index, owner in enumerate(listed))
    yield from ((f"functions.{function.name}", function.mark) for function in application.functions)
    yield from ((f"apis.{api.logical_id}", api.mark) for api in application.apis)


def _samconfig(request: Request, on_read: OnRead) -> Samconfig:
    if request.config_file:
        path = request.here / request.config_file
        if not path.is_file():
            raise BuildError(f"{request.config_file} does not exist; --config-file names a samconfig file")
        return samconfig.read(path, environment=request.config_env, on_read=on_read)
    beside = [(request.here / name).parent for name in request.templates[:1]]
    found = samconfig.find([*beside, request.here])
    if found is None:
        if request.config_env != "default":
            raise BuildError(f"--config-env {request.config_env} needs a samconfig.toml, and there is none here")
        return Samconfig()
    return samconfig.read(found, environment=request.config_env, on_read=on_read)


def _values_file(request: Request) -> Path | None:
    if request.values_file is None:
        return None
    path = request.here / request.values_file
    if not path.is_file():
        raise BuildError(f"{request.values_file} does not exist; --resolve-from names a file of local values")
    return path


def _templates(request: Request, config: Samconfig) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The templates' paths, and what to call them; a path in samconfig is relative to that file."""
    if request.templates:
        return tuple(request.here / name for name in request.templates), request.templates
    if config.template_file and config.file:
        return (config.file.parent / config.template_file,), (config.template_file,)
    names = [name for name in TEMPLATES if (request.here / name).is_file()]
    if not names:
        raise BuildError(f"there is no {', '.join(TEMPLATES[:-1])} or {TEMPLATES[-1]} here; name the template with -t")
    return (request.here / names[0],), (names[0],)


def _stack_name(name: str) -> str:
    """A folder's name as CloudFormation takes a stack's: letters, digits and dashes, a letter first."""
    cleaned = re.sub(r"[^A-Za-z0-9-]+", "-", name).strip("-")
    return cleaned[:128] if cleaned[:1].isalpha() else f"esb-{cleaned}"[:128].rstrip("-")


def _include(request: Request, application: Application) -> None:
    """Make `docker compose up` work in the project's own folder, if nobody has a Compose file there."""
    if request.output.parent != Path() or any((request.here / name).exists() for name in COMPOSE_FILES):
        return
    text = compose.include(application.stack_name, request.output.name)
    artifacts.write_once(request.here / COMPOSE_FILES[0], text)
