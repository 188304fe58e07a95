"""The build, stage by stage; each takes the last one's value and gives the next one's.

settings   the request, samconfig   -> Settings: which templates, which parameters
read       the template files       -> Application, and what of them is unsupported
             template     file -> plain data with positions
             intrinsics   plain data, parameters -> resources without intrinsics
             expand       resources -> Application
gather     the paths of the model   -> source files with digests, and how they are built
documents  Application, builds      -> resources.yml, functions.yml, routing.yml as data
write      model, source files      -> files of the output, in the stages of `writing`
"""

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from esb_generator.application.egress import with_egress
from esb_generator.application.secret_values import secret_texts, with_secret_values
from esb_generator.application.slots import with_slots
from esb_generator.cdk.application import application_template
from esb_generator.cdk.template import Prepare, cdk_reader
from esb_generator.checks.credentials import check_engines
from esb_generator.checks.local_checks import literal_code, unknown_properties
from esb_generator.checks.missing_capabilities import missing_capabilities
from esb_generator.cloudformation.intrinsics import resolve
from esb_generator.cloudformation.parameters import declared_parameters
from esb_generator.cloudformation.parameters.local_values import read_local_values
from esb_generator.cloudformation.reading import template
from esb_generator.cloudformation.reading.template import OnRead, ignore, section_of
from esb_generator.cloudformation.resolving.resolve_context import ResolveContext
from esb_generator.cloudformation.resource_values.resource_types import StackIdentity
from esb_generator.cloudformation.stacks.merge import TemplatePart, merge_templates
from esb_generator.errors import Problem, TemplateError, sentence
from esb_generator.expand import Expansion, expand
from esb_generator.model import Application
from esb_generator.near_miss import near_miss
from esb_generator.output.build_methods.enclosing_projects import in_enclosing_projects
from esb_generator.output.compose.engine_choice import STACK_FILES, chosen_engines, present_engines
from esb_generator.output.documents.check import check
from esb_generator.output.documents.documents import documents
from esb_generator.output.files.rooted_files import Root
from esb_generator.output.sources import gathering
from esb_generator.output.sources.project_files import CodeLimits
from esb_generator.reporting.report import Report, warnings
from esb_generator.resources.registry import Registry
from esb_generator.sam.transform import sam_transform
from esb_generator.services import REGISTRY
from esb_generator.settings import samconfig
from esb_generator.settings.build_settings import Settings, resolve_settings
from esb_generator.settings.env_vars import ignored_entries
from esb_generator.settings.request import Request
from esb_generator.settings.site_file import site_problems
from esb_generator.values import NOTHING, Map, Mark
from esb_schemas.engines.engine import Engine

ACCOUNT_ID = "123456789012"


def run(
    request: Request,
    on_read: OnRead = ignore,
    registry: Registry = REGISTRY,
    on_step: Callable[[str], object] = ignore,
) -> Report:
    """Carry out a request. Raises BuildError, and then nothing was written.

    `on_read` is called with the path of each document that the template or a parameter names, before it is read;
    `on_step` with the next step, such as `writing 12 files`.
    """

    def on_document(path: Path) -> None:
        on_step(f"reading {path.name}")
        on_read(path)

    settings = resolve_settings(request, on_document)
    output = request.here / request.output
    found = list(site_problems(output, request.here))
    writes = request.write != "nothing"
    limits = CodeLimits(settings.project, request.max_code_size, (settings.values_file,))
    code_problems = partial(gathering.code_problems, base=settings.base, output=output, limits=limits)
    on_step(f"reading {', '.join(settings.shown)}")
    expansion = read(settings, on_document, registry, found.append, code_problems)
    application = in_enclosing_projects(expansion.application, settings.base, settings.project)
    engines = _engines(request, output)
    check_engines(application, engines)
    if not writes:
        check(documents(application), application)
    code = gathering.gather(application, settings.base, output, stack=writes, limits=limits, on_step=on_step)
    report = Report(
        template=", ".join(settings.shown),
        output=str(request.output),
        application=application,
        notices=tuple(sorted(each._replace(text=sentence(each.text)) for each in {*expansion.notices, *code.notices})),
        placeholders=expansion.placeholders,
        passed_over=expansion.passed_over,
        ignored=tuple(ignored_entries(application, settings.env_vars)),
        reading=tuple(sorted({*found, *code.outside})),
        missing=tuple(missing_capabilities(application, engines)),
        only_checked=request.write == "check",
    )
    if request.strict and (problems := list(warnings(report))):
        raise TemplateError(problems)
    if not writes:
        return report
    from esb_generator.writing import write  # noqa: PLC0415 - `esb validate` does without: 5 % of its time

    secrets, first = expansion.secrets, settings.shown[0]
    return write(report, request, code, engines=engines, secrets=secrets, template=first, on_step=on_step)


def read(
    settings: Settings,
    on_read: OnRead = ignore,
    registry: Registry = REGISTRY,
    on_warning: Callable[[Problem], object] = ignore,
    code_problems: Callable[[Application], Iterable[Problem]] = lambda _: (),
) -> Expansion:
    """The application that the templates describe; `on_warning` is called for warnings about the files.

    Raises TemplateError with all problems; `code_problems` gives those of the code of an application.
    """
    folder = settings.templates[0].parent
    read_file = template.relative_reader(
        settings.templates[0], on_read, project=settings.project, on_warning=on_warning
    )
    reader = _Reader(read_file, cdk_reader(folder, on_read), on_warning)
    parts = _parts(settings, reader)
    try:
        return _expansion(settings, parts, registry, reader)
    except TemplateError as failure:
        more = [*unknown_properties(parts, registry), *code_problems(literal_code(parts, registry))]
        raise TemplateError([*failure.problems, *more]) from None


class _Reader(NamedTuple):
    """The readers of files that the template names and of CDK's templates, and the callback for their warnings."""

    read_file: template.ReadFile
    prepare: Prepare
    on_warning: Callable[[Problem], object]


def _expansion(settings: Settings, parts: list[TemplatePart], registry: Registry, reader: _Reader) -> Expansion:
    first, *others = parts
    transform = sam_transform(registry.generated_type)._replace(prepare=reader.prepare)
    local_values = read_local_values(settings.values_file)
    declared = merge_templates([part.template for part in parts], transform.shared_ids)
    given = _given(settings, declared, reader.on_warning)
    values, problems = declared_parameters.values_and_problems(declared, given, local_values=local_values)
    context = ResolveContext(
        identity=StackIdentity(settings.stack_name, settings.region, ACCOUNT_ID),
        types=registry.type,
        transform=transform,
        parameters=values.values,
        local_values=local_values,
        read=reader.read_file,
        placeholders=values.placeholders,
        stored=values.stored,
        broken=values.broken,
        real=partial(_real_location, settings.templates[0].parent),
    )
    try:
        resolved = resolve(first.template, context, others)
    except TemplateError as failure:
        raise TemplateError([*problems, *failure.problems]) from None
    if problems:
        raise TemplateError(problems)
    expansion = expand(
        resolved,
        read_file=reader.read_file,
        registry=registry,
        env_vars=settings.env_vars,
        web_adapter=settings.web_adapter,
    )
    application = with_egress(with_slots(expansion.application, settings.function_memory), settings.egress)
    application = application._replace(function_credentials=settings.credentials == "function")
    secrets = secret_texts(local_values, values.no_echo)
    certain = secret_texts(local_values._replace(ssm=NOTHING), values.no_echo)
    return expansion._replace(application=with_secret_values(application, secrets), secrets=certain)


def _real_location(folder: Path, location: str) -> str:
    """The target of a link, relative to the folder; paths in a template are relative to the target."""
    if not os.path.islink(folder / location):  # noqa: PTH114 - false for a name with a null
        return location
    return Path(os.path.relpath(os.path.realpath(folder / location), os.path.realpath(folder))).as_posix()


def _given(settings: Settings, template: Map, on_warning: Callable[[Problem], object]) -> Mapping[str, str]:
    """The values of parameters. An unknown one in samconfig may belong to another template, so it is a warning."""
    declared = section_of(template, "Parameters")
    configured = dict(settings.configured.parameter_overrides)
    for name in configured.keys() - declared.keys() - settings.parameter_overrides.keys():
        del configured[name]
        text = f"the template has no parameter {name}{near_miss(name, declared)}: its value is not used"
        on_warning(Problem(samconfig.place_of(settings.configured, name), text))
    return {**configured, **settings.parameter_overrides}


def _parts(settings: Settings, reader: _Reader) -> list[TemplatePart]:
    if settings.stacks:
        return [TemplatePart(_application(settings, reader))]
    problems: list[Problem] = []
    parts: list[TemplatePart] = []
    for path, shown in zip(settings.templates, settings.shown, strict=True):
        try:
            folder = Path(os.path.relpath(path.parent, settings.templates[0].parent)).as_posix()
            folder = "" if folder == "." else folder
            loaded = template.load(path, name=shown, on_duplicate=reader.on_warning)
            parts.append(TemplatePart(reader.prepare(loaded, folder), folder))
        except TemplateError as failure:
            problems += failure.problems
    if problems:
        raise TemplateError(problems)
    return parts


def _application(settings: Settings, reader: _Reader) -> Map:
    """The stacks of a CDK application as one template."""
    (manifest,), (shown,) = settings.templates, settings.shown

    def load(file: str) -> Map:
        name = (Path(shown).parent / file).as_posix()
        loaded = template.load(manifest.parent / file, name=name, on_duplicate=reader.on_warning)
        return reader.prepare(loaded, posixpath.dirname(file))

    given = settings.parameter_overrides.keys() | settings.configured.parameter_overrides.keys()
    return application_template(settings.stacks, load, given, Mark(shown, 1, 1))


def _engines(request: Request, output: Path) -> tuple[Engine, ...]:
    with Root(output, follow=request.output_may_be_link) as root:
        found = next(filter(None, map(root.read, STACK_FILES)), None)
    present = present_engines(found)
    return chosen_engines(request.engines, present, switch=request.switch_engine)
