"""Reads the files that the model points at: code, layers, and the packages of ESB's own services.

Between the model and the plan, this is the only stage that reads the disk.
"""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

from esb_generator.errors import BuildError, Problem, TemplateError
from esb_generator.model import Application, ArchiveCode, Code, FolderCode, Function, ImageCode, InlineCode, Layer
from esb_generator.near_miss import near_miss
from esb_generator.output.build_methods.function_builds import NO_BUILDS, FunctionBuilds, compiled, function_builds
from esb_generator.output.build_methods.parent_packages import in_parent_packages
from esb_generator.output.build_methods.table import layer_folder
from esb_generator.output.code_checks import code_notices
from esb_generator.output.containers import OWN_SERVICES, own_backends
from esb_generator.output.dockerfile_reader import Entrypoint
from esb_generator.output.entrypoints import read_entrypoints
from esb_generator.output.handlers import handler_problem
from esb_generator.output.seeds import FolderLimits, SeedFiles, seed_files
from esb_generator.output.service_contexts import build_files, runtime_files, service_contexts, supervisor_files
from esb_generator.output.source_files import (
    IGNORED,
    IMAGE_LIMIT,
    UNZIPPED_LIMIT,
    Found,
    SourceFile,
    archive,
    check_not_special,
    check_size,
    folder,
    in_memory,
    on_disk,
)
from esb_generator.project import ANYWHERE, OUTSIDE, Project
from esb_generator.resources.findings import Notice
from esb_generator.services.lambda_.functions import BUILD_FIRST
from esb_generator.values import NOTHING

_SHOWN_LINKS = 3
# By the manifest of a project, the command that makes its archives.
_PACKAGERS = {"pom.xml": "mvn package", "build.gradle": "gradle build", "build.gradle.kts": "gradle build"}
COMPOSE_FILE = "compose.yaml"  # what a build writes beside its output folder
COMPOSE_FILES = (COMPOSE_FILE, "compose.yml", "docker-compose.yaml", "docker-compose.yml")
OWN_FILES = (COMPOSE_FILE, ".env", "esb.env", "esb.secrets.yml")  # what may be there, and belongs to no function
# The name of the file in which CloudFormation puts inline code.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
INLINE_FILES = {"python": "index.py", "nodejs": "index.js"}
PACKAGE_LISTS = ("Pipfile", "package.json", "poetry.lock", "pyproject.toml", "requirements.txt")
# Compiled languages, and the files at the top of a code folder that show that it has the source.
COMPILED = ("dotnet", "go", "java", "provided")
MANIFESTS = ("*.csproj", "Cargo.toml", "build.gradle", "build.gradle.kts", "go.mod", "pom.xml")


class Origin(NamedTuple):
    """The folder or file that code is copied from; its path is relative to the folder around the output folder."""

    path: str
    is_file: bool


class Sources(NamedTuple):
    """The files of functions and layers by logical id, of services by name, and those of all functions' images.

    And what was found in them: how functions are built (`builds`), `entrypoints` of functions' own images, the
    programs of `provided` runtimes (`bootstraps`). `origins` are the folders and files that are copied unchanged.
    `notices` report code that has to be compiled first, and images that cannot be supervised; `outside` are warnings of
    files outside the project, and of files of credentials, which are left out. `seeds` are by logical id, too.
    """

    functions: Mapping[str, tuple[SourceFile, ...]] = NOTHING
    layers: Mapping[str, tuple[SourceFile, ...]] = NOTHING
    services: Mapping[str, tuple[SourceFile, ...]] = NOTHING
    runtime: tuple[SourceFile, ...] = ()
    supervisor: tuple[SourceFile, ...] = ()
    build: tuple[SourceFile, ...] = ()
    notices: tuple[Notice, ...] = ()
    builds: Mapping[str, FunctionBuilds] = NOTHING
    entrypoints: Mapping[str, Entrypoint] = NOTHING
    origins: Mapping[str, Origin] = NOTHING
    bootstraps: Mapping[str, str] = NOTHING
    outside: tuple[Problem, ...] = ()
    seeds: Mapping[str, SeedFiles] = NOTHING


class CodeLimits(NamedTuple):
    """`project` has the folders that code may come from without a warning, `size` the bytes of a function's code.

    `secret_files` are left out without a word, as are those beside the output folder.
    """

    project: Project = ANYWHERE
    size: int = UNZIPPED_LIMIT
    secret_files: tuple[Path, ...] = ()


DEFAULT_LIMITS = CodeLimits()


def code_problems(
    application: Application, base: Path, output: Path, *, limits: CodeLimits = DEFAULT_LIMITS
) -> tuple[Problem, ...]:
    """What `gather` would raise."""
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
    """Read everything that the application points at; paths in the model are relative to `base`.

    The `output` folder, and compose.yaml and esb.env beside it, are skipped, so that code in the project's own folder
    does not contain the last build. Without `stack`, the files of ESB itself and `origins`, which no check needs, are
    left out. Raises TemplateError with every path that cannot be used, each at the place in the template that names it.
    `on_step` is called with what is read, as `reading the code of OrdersFunction`.
    """
    problems: list[Problem] = []
    read: dict[Hashable, tuple[SourceFile, ...]] = {}
    links: dict[Hashable, list[Path]] = {}
    left_out: dict[Hashable, list[Path]] = {}
    outside: list[Problem] = []
    known = (output, *(output.parent / name for name in OWN_FILES), *limits.secret_files)
    made_here = frozenset(map(os.path.realpath, known))

    def files_of(owner: Function | Layer, content: Code) -> tuple[SourceFile, ...]:
        try:
            if isinstance(content, InlineCode):
                return (_inline(owner, content),)
            key: Hashable = ("image", content.context) if isinstance(content, ImageCode) else content
            if key not in read:
                on_step(f"reading the code of {owner.logical_id}")
                links[key], left_out[key] = [], []
                found = Found(links[key].append, left_out[key].append)
                read[key] = tuple(_files(content, base, made_here, limits.size, found))
            outside.extend(
                Problem(owner.mark, f"{owner.logical_id}: {text}")
                for text in (*_code_outside(content, base, limits.project, links[key]), *_left_out(left_out[key]))
            )
            if isinstance(content, ImageCode):
                _check_dockerfile(content, base, read[key])
            if isinstance(owner, Layer):
                return tuple(_as_layer(owner, read[key]))
            return tuple(in_parent_packages(owner, read[key])) if owner.build.properties else read[key]
        except BuildError as error:
            problems.append(Problem(owner.mark, f"{owner.logical_id}: {error}"))
            return ()

    functions = {function.logical_id: files_of(function, function.code) for function in application.functions}
    layers = {layer.logical_id: files_of(layer, layer.content) for layer in application.layers}
    problems += _oversized(application, functions, layers, limits.size)
    seeds = dict(_seeds(application, base, made_here, limits, SeedFindings(problems, outside)))
    builds = function_builds(application, functions, layers, problems)
    if problems:
        raise TemplateError(problems)
    entrypoints = read_entrypoints(application, functions, layers, builds)
    uncompiled = [
        Notice(function.mark, function.logical_id, "AWS::Serverless::Function", text)
        for function in application.functions
        if builds[function.logical_id].code is None
        and (text := _uncompiled(function, functions[function.logical_id])) is not None
    ]
    made = compiled(application, builds)  # the handler's file of these is a result of their build
    handlers = [
        Notice(function.mark, function.logical_id, "AWS::Serverless::Function", text)
        for function in application.functions
        if function.logical_id not in made and (text := _handler_problem(function, functions, layers)) is not None
    ]
    runtime = tuple(runtime_files()) if stack else ()
    services = (*OWN_SERVICES, *dict.fromkeys(row.host for row in own_backends(application)))
    has_builds = any(each != NO_BUILDS for each in builds.values())
    reported = {notice.logical_id for notice in uncompiled}
    uncompiled += [notice for notice in handlers if notice.logical_id not in reported]
    return Sources(
        functions,
        layers,
        service_contexts(runtime, services) if stack else {},
        runtime,
        supervisor_files() if stack else (),
        build_files() if stack and has_builds else (),
        (
            *uncompiled,
            *(notice for notice in entrypoints.notices if notice.logical_id not in reported),
            *code_notices(application, functions, layers, builds),
        ),
        builds,
        entrypoints.images,
        dict(_origins(application, base, output, builds)) if stack else {},
        entrypoints.bootstraps,
        tuple(outside),
        seeds,
    )


class SeedFindings(NamedTuple):
    """Where problems and warnings of seeds go."""

    problems: list[Problem]
    outside: list[Problem]


def _seeds(
    application: Application, base: Path, made_here: Collection[str], limits: CodeLimits, findings: SeedFindings
) -> Iterator[tuple[str, SeedFiles]]:
    """The seed data of tables and buckets, by logical id."""
    for entry in (each for section in application.resources.values() for each in section if each.seed is not None):
        links: list[Path] = []
        left_out: list[Path] = []
        try:
            path = base / str(entry.seed)
            check_not_special(path)
            if not path.is_file():
                path = existing_folder(base, str(entry.seed), made_here)
            found = Found(links.append, left_out.append)
            yield entry.logical_id, seed_files(entry, path, FolderLimits(made_here, limits.size, found))
        except BuildError as error:
            findings.problems.append(Problem(entry.mark, f"{entry.logical_id}: Seed: {error}"))
            continue
        warnings = [
            *_outside("seed data", path, limits.project, links),
            *(f"{each} is left out: a file of credentials is no seed data" for each in left_out),
        ]
        findings.outside.extend(Problem(entry.mark, f"{entry.logical_id}: {text}") for text in warnings)


def _code_outside(
    content: FolderCode | ArchiveCode | ImageCode, base: Path, project: Project, links: Sequence[Path]
) -> Iterator[str]:
    said = content.context if isinstance(content, ImageCode) else content.path
    if said is not None:
        yield from _outside("code", base / said, project, links)


def _outside(what: str, path: Path, project: Project, links: Sequence[Path]) -> Iterator[str]:
    """The warnings about files outside the project, and about links that lead nowhere."""
    if not project.has(path):
        yield f"the {what} {path} is {OUTSIDE}"
    own = Project([path])
    for link in links:
        if not link.exists():
            yield f"the link {link} leads to {link.readlink()}, which does not exist; it is left out"
    found = [link for link in links if link.exists() and not project.has(link) and not own.has(link)]
    for link in found[:_SHOWN_LINKS]:
        yield f"the link {link} leads to {os.path.realpath(link)}, which is {OUTSIDE}"
    if len(found) > _SHOWN_LINKS:
        yield f"{len(found) - _SHOWN_LINKS} more links in {path} lead outside the project"


def _left_out(files: Sequence[Path]) -> Iterator[str]:
    if files:
        more = f" and {len(files) - 1} more are" if len(files) > 1 else " is"
        yield f"{files[0]}{more} left out: files of credentials never enter an image; use Environment and NoEcho"


def _oversized(
    application: Application,
    functions: Mapping[str, Iterable[SourceFile]],
    layers: Mapping[str, Iterable[SourceFile]],
    limit: int,
) -> Iterator[Problem]:
    """The functions whose code is too large together with their layers; an image is limited otherwise."""
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
    """The warning about a folder that has the source of a compiled language, and so nothing to run."""
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
    """What is compiled is not what runs."""
    changed = compiled(application, builds)
    contents: list[tuple[str, Code]] = [(function.logical_id, function.code) for function in application.functions]
    contents += [(layer.logical_id, layer.content) for layer in application.layers]
    home, real_base = output.resolve().parent, base.resolve()
    for logical_id, content in contents:
        if isinstance(content, FolderCode) and logical_id not in changed:
            path = os.path.relpath(real_base / content.path, home)
            yield logical_id, Origin(Path(path).as_posix(), (base / content.path).is_file())


def _files(
    content: FolderCode | ArchiveCode | ImageCode,
    base: Path,
    made_here: Collection[str],
    limit: int,
    found: Found,
) -> Iterator[SourceFile]:
    match content:
        case FolderCode(path) | ArchiveCode(path) | ImageCode(context=str(path)):
            check_not_special(base / path)
    match content:
        case FolderCode(path) if (base / path).is_file():
            yield _file(Path(path).name, base / path, limit)
        case FolderCode(path):
            code = existing_folder(base, path, made_here)
            yield from folder(code, IGNORED, skip=made_here, limit=limit, found=found)
        case ArchiveCode(path):
            if not (base / path).is_file():
                raise BuildError(f"the file {base / path} does not exist; {_how_to_make(base / path)}")
            if path.endswith(".zip"):
                yield from archive(base / path, limit, found)
            else:  # the Java runtime looks for libraries in lib/
                yield _file(f"lib/{Path(path).name}", base / path, limit)
        case ImageCode(context=str(context)):
            code = existing_folder(base, context, made_here)
            largest = max(limit, IMAGE_LIMIT)
            yield from folder(code, (".git", ".esb"), skip=made_here, limit=largest, found=found)
        case ImageCode():
            return  # an image that exists has no sources here


def _how_to_make(path: Path) -> str:
    """Java's tools leave archives in target/ and build/ of a project."""
    for project in path.parents[1:3]:
        found = next((tool for manifest, tool in _PACKAGERS.items() if (project / manifest).is_file()), None)
        if found is not None:
            return f"run `{found}` in {project} first"
    return "build it first"


def _file(name: str, path: Path, limit: int) -> SourceFile:
    file = on_disk(name, path)
    check_size(path, [(name, file.size)], limit)
    return file


def _folders(base: Path) -> list[str]:
    with suppress(OSError):
        return [path.name for path in base.iterdir() if path.is_dir()]
    return []


def existing_folder(base: Path, path: str, made_here: Collection[str]) -> Path:
    if not (base / path).is_dir():
        near = near_miss(path, _folders(base))
        raise BuildError(f"the folder {base / path} does not exist; paths are relative to the template's folder{near}")
    real = os.path.realpath(base / path)
    if real == os.sep:
        raise BuildError(f"{base / path} is the root of the file system; name the folder of the code")
    if any(f"{real}{os.sep}".startswith(f"{made}{os.sep}") for made in made_here):
        raise BuildError(f"the folder {base / path} is where the build writes; name another --output")
    return base / path


def _check_dockerfile(content: ImageCode, base: Path, files: Iterable[SourceFile]) -> None:
    wanted = posixpath.normpath(content.dockerfile)
    if content.context is not None and wanted not in {file.path for file in files}:
        text = f"the Dockerfile {base / content.context / wanted} does not exist; its path is relative to DockerContext"
        raise BuildError(text)


def _inline(owner: Function | Layer, content: InlineCode) -> SourceFile:
    family = _family(owner.entry.runtime or "") if isinstance(owner, Function) else ""
    if family not in INLINE_FILES:
        raise BuildError("InlineCode works with Python and Node.js only; put the code into a folder that CodeUri names")
    return in_memory(INLINE_FILES[family], content.text.encode())


def _as_layer(layer: Layer, files: Iterable[SourceFile]) -> Iterator[SourceFile]:
    home = layer_folder(layer.build.method)
    for file in files:
        yield file._replace(path=posixpath.join(home, file.path))


def _family(runtime: str) -> str:
    """The language of a runtime identifier: python3.12 is python, nodejs22.x is nodejs."""
    return runtime.rstrip("0123456789.x")
