"""Reads the files that the model names: code, layers, and the packages of ESB's own services.

It is the only stage between model and plan that reads the disk.
"""

import os.path
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from esb_generator.errors import BuildError, Problem, TemplateError
from esb_generator.model import Application, Code, FolderCode, Function, ImageCode
from esb_generator.output.build_methods.function_builds import NO_BUILDS, FunctionBuilds, compiled, function_builds
from esb_generator.output.compose.file_names import PROJECT_FILE
from esb_generator.output.files.source_files import SourceFile, check_size
from esb_generator.output.images.containers import OWN_SERVICES, is_node, own_backends
from esb_generator.output.images.dockerfile_reader import Entrypoint
from esb_generator.output.images.entrypoints import read_entrypoints
from esb_generator.output.seeds.seed_files import SeedFiles
from esb_generator.output.service_images.service_contexts import (
    build_files,
    node_files,
    runtime_files,
    service_contexts,
    supervisor_files,
)
from esb_generator.output.sources.code_checks import code_notices
from esb_generator.output.sources.handlers import handler_problem
from esb_generator.output.sources.project_files import DEFAULT_LIMITS, CodeLimits, ProjectFiles
from esb_generator.resources.findings import Notice
from esb_generator.services.lambda_.functions import BUILD_FIRST
from esb_generator.values import NOTHING

OWN_FILES = (PROJECT_FILE, ".env", "esb.env", "esb.secrets.yml")  # may exist, but belong to no function
PACKAGE_LISTS = ("Pipfile", "package.json", "poetry.lock", "pyproject.toml", "requirements.txt")
# Compiled languages, and files at the top of a code folder that show that it is source code.
COMPILED = ("dotnet", "go", "java", "provided")
MANIFESTS = ("*.csproj", "Cargo.toml", "build.gradle", "build.gradle.kts", "go.mod", "pom.xml")


class Origin(NamedTuple):
    """The folder or file that code is copied from; its path is relative to the folder around the output folder."""

    path: str
    is_file: bool


class Sources(NamedTuple):
    """The files of functions and layers by logical id, of services by name, and those of all functions' images.

    Results of reading them, by logical id: `builds`, `entrypoints` of functions' own images, `bootstraps` of `provided`
    runtimes, `seeds`, and `origins`, the folders and files that are copied unchanged. `notices` report code that has to
    be compiled first, and images that cannot be supervised; `outside` are warnings about files outside the project, and
    about files of credentials, which are left out.
    """

    functions: Mapping[str, tuple[SourceFile, ...]] = NOTHING
    layers: Mapping[str, tuple[SourceFile, ...]] = NOTHING
    services: Mapping[str, tuple[SourceFile, ...]] = NOTHING
    runtime: tuple[SourceFile, ...] = ()
    node: tuple[SourceFile, ...] = ()
    supervisor: tuple[SourceFile, ...] = ()
    build: tuple[SourceFile, ...] = ()
    notices: tuple[Notice, ...] = ()
    builds: Mapping[str, FunctionBuilds] = NOTHING
    entrypoints: Mapping[str, Entrypoint] = NOTHING
    origins: Mapping[str, Origin] = NOTHING
    bootstraps: Mapping[str, str] = NOTHING
    outside: tuple[Problem, ...] = ()
    seeds: Mapping[str, SeedFiles] = NOTHING


def code_problems(
    application: Application, base: Path, output: Path, *, limits: CodeLimits = DEFAULT_LIMITS
) -> tuple[Problem, ...]:
    """The problems that `gather` would raise."""
    try:
        gather(application, base, output, stack=False, limits=limits)
    except TemplateError as failure:
        return failure.problems
    return ()


def gather(  # noqa: PLR0913 - how much is read, and who hears of it
    application: Application,
    base: Path,
    output: Path,
    *,
    stack: bool = True,
    limits: CodeLimits = DEFAULT_LIMITS,
    on_step: Callable[[str], object] = lambda _: None,
) -> Sources:
    """Read all files that the application names; paths in the model are relative to `base`.

    The `output` folder, and compose.yaml and esb.env beside it, are skipped, so that code in the project's own folder
    does not contain the last build. Without `stack`, the files of ESB itself and `origins`, which no check needs, are
    left out. Raises TemplateError with every path that cannot be used, at its place in the template. `on_step` is
    called with the next step, such as `reading the code of OrdersFunction`.
    """
    known = (output, *(output.parent / name for name in OWN_FILES), *limits.secret_files)
    files = ProjectFiles(base, frozenset(map(os.path.realpath, known)), limits, on_step)
    functions = {function.logical_id: files.code(function, function.code) for function in application.functions}
    layers = {layer.logical_id: files.code(layer, layer.content) for layer in application.layers}
    seeds = dict(files.seeds(application.resources))
    problems = [*files.problems, *_oversized(application, functions, layers, limits.size)]
    builds = function_builds(application, functions, layers, problems)
    if problems:
        raise TemplateError(problems)
    entrypoints = read_entrypoints(application, functions, layers, builds)
    found = Sources(
        functions=functions,
        layers=layers,
        seeds=seeds,
        builds=builds,
        entrypoints=entrypoints.images,
        bootstraps=entrypoints.bootstraps,
        notices=tuple(_notices(application, functions, layers, builds, entrypoints.notices)),
        outside=tuple(files.warnings),
    )
    return _with_stack(found, application, base, output) if stack else found


def _with_stack(found: Sources, application: Application, base: Path, output: Path) -> Sources:
    """The sources with the files of ESB itself, and the origins of code."""
    runtime = tuple(runtime_files())
    services = (*OWN_SERVICES, *dict.fromkeys(row.host for row in own_backends(application)))
    has_builds = any(each != NO_BUILDS for each in found.builds.values())
    return found._replace(
        services=service_contexts(runtime, services),
        runtime=runtime,
        node=node_files() if found.entrypoints or any(map(is_node, application.functions)) else (),
        supervisor=supervisor_files(),
        build=build_files() if has_builds else (),
        origins=dict(_origins(application, base, output, found.builds)),
    )


def _notices(
    application: Application,
    functions: Mapping[str, Sequence[SourceFile]],
    layers: Mapping[str, Sequence[SourceFile]],
    builds: Mapping[str, FunctionBuilds],
    of_entrypoints: Iterable[Notice],
) -> Iterator[Notice]:
    """Warnings about the code. Code that has yet to be compiled gets no warning about its handler or entrypoint."""
    made = compiled(application, builds)  # the build makes the handler's file
    uncompiled: set[str] = set()
    for function in application.functions:
        logical_id, text = function.logical_id, None
        if builds[logical_id].code is None:
            text = _uncompiled(function, functions[logical_id])
        if text is not None:
            uncompiled.add(logical_id)
        elif logical_id not in made:
            text = _handler_problem(function, functions, layers)
        if text is not None:
            yield Notice(function.mark, logical_id, "AWS::Serverless::Function", text)
    yield from (notice for notice in of_entrypoints if notice.logical_id not in uncompiled)
    yield from code_notices(application, functions, layers, builds)


def _oversized(
    application: Application,
    functions: Mapping[str, Iterable[SourceFile]],
    layers: Mapping[str, Iterable[SourceFile]],
    limit: int,
) -> Iterator[Problem]:
    """A problem for each function whose code and layers are too large together; image functions have another limit."""
    for function in application.functions:
        if isinstance(function.code, ImageCode) or not function.layers:
            continue
        parts = [("", functions[function.logical_id])]
        parts += [(f"{layer} ", layers.get(layer, ())) for layer in function.layers]
        sizes = [(f"{prefix}{file.path}", file.size) for prefix, files in parts for file in files]
        try:
            check_size("its code with its layers", sizes, limit)
        except BuildError as error:
            yield Problem(function.mark, f"{function.logical_id}: {error}")


def _uncompiled(function: Function, files: Iterable[SourceFile]) -> str | None:
    """The warning about a folder with source code of a compiled language, which cannot run."""
    if not isinstance(function.code, FolderCode) or not (function.entry.runtime or "").startswith(COMPILED):
        return None
    found = next((file.path for file in files if any(fnmatch(file.path, name) for name in MANIFESTS)), None)
    return found and (
        f"{found} shows that this is source code, but it is not built, as no project is at the top of the folder; let"
        f" CodeUri name the folder of the project, or {BUILD_FIRST}"
    )


def _handler_problem(
    function: Function, functions: Mapping[str, Sequence[SourceFile]], layers: Mapping[str, Sequence[SourceFile]]
) -> str | None:
    if function.code == FolderCode(""):
        return "CodeUri is missing, so its code is the whole folder of the template; name the folder of its code"
    code = functions[function.logical_id]
    of_layers = (file for layer in function.layers for file in layers.get(layer, ()))
    installs = any(posixpath.basename(file.path) in PACKAGE_LISTS for file in code)
    return handler_problem(function, code, of_layers, installs=installs)


def _origins(
    application: Application, base: Path, output: Path, builds: Mapping[str, FunctionBuilds]
) -> Iterator[tuple[str, Origin]]:
    """The origin of each function and layer that is not compiled."""
    changed = compiled(application, builds)
    contents: list[tuple[str, Code]] = [(function.logical_id, function.code) for function in application.functions]
    contents += [(layer.logical_id, layer.content) for layer in application.layers]
    home, real_base = str(output.resolve().parent), str(base.resolve())
    for logical_id, content in contents:
        if isinstance(content, FolderCode) and logical_id not in changed:
            path = os.path.relpath(os.path.join(real_base, content.path), home)  # noqa: PTH118 - of thousands
            is_file = os.path.isfile(os.path.join(base, content.path))  # noqa: PTH113, PTH118
            yield logical_id, Origin(path.replace(os.sep, "/"), is_file)
