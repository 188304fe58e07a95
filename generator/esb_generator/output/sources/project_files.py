"""Reads the code and the seed data that the model names, and collects problems and warnings."""

import os.path
import posixpath
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from esb_generator.errors import BuildError, Problem
from esb_generator.model import (
    ArchiveCode,
    Code,
    FolderCode,
    Function,
    ImageCode,
    InlineCode,
    Layer,
    ResourceEntry,
    WebAdapter,
)
from esb_generator.near_miss import near_miss
from esb_generator.output.build_methods.parent_packages import in_parent_packages
from esb_generator.output.build_methods.table import layer_folder
from esb_generator.output.files.archives import archive
from esb_generator.output.files.folders import IGNORED, folder
from esb_generator.output.files.source_files import (
    IMAGE_LIMIT,
    FileCallbacks,
    SourceFile,
    check_not_special,
    check_size,
    in_memory,
    on_disk,
)
from esb_generator.output.seeds.seed_files import FolderLimits, SeedFiles
from esb_generator.output.service_images.service_contexts import web_adapter_files
from esb_generator.project import ANYWHERE, OUTSIDE, Project
from esb_generator.settings.choices import UNZIPPED_LIMIT
from esb_schemas.entry_points import load_object

_SHOWN_LINKS = 3
# The command that makes the archives of a project, by its manifest.
_PACKAGERS = {"pom.xml": "mvn package", "build.gradle": "gradle build", "build.gradle.kts": "gradle build"}
# The name of the file in which CloudFormation puts inline code.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
INLINE_FILES = {"python": "index.py", "nodejs": "index.js"}
_ReadSeed: TypeAlias = Callable[[ResourceEntry, Path, FolderLimits], SeedFiles]
_READ_SEED: Final = "esb_generator.output.seeds.reading:read_seed"


class CodeLimits(NamedTuple):
    """`project` has the folders that code may come from without a warning, `size` the bytes of a function's code.

    `secret_files`, and those beside the output folder, are left out without a warning.
    """

    project: Project = ANYWHERE
    size: int = UNZIPPED_LIMIT
    secret_files: tuple[Path, ...] = ()


DEFAULT_LIMITS = CodeLimits()


class _Read(NamedTuple):
    """The files of one folder or archive, the links in it, and the files of credentials that are left out."""

    files: tuple[SourceFile, ...]
    links: Sequence[Path]
    left_out: Sequence[Path]


class ProjectFiles:
    """Reads the paths in the model, relative to `base`, and collects `problems` and `warnings`.

    The files and folders in `generated_paths` are skipped; they cannot be code. `on_step` is called with the next step.
    Code that several functions share is read once.
    """

    def __init__(
        self, base: Path, generated_paths: Collection[str], limits: CodeLimits, on_step: Callable[[str], object]
    ) -> None:
        self._base = base
        self._generated_paths = generated_paths
        self._limits = limits
        self._on_step = on_step
        self._read: dict[Hashable, _Read] = {}
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []

    def code(self, owner: Function | Layer, content: Code) -> tuple[SourceFile, ...]:
        """The files of a function or layer; none if there is a problem with them."""
        try:
            if isinstance(content, InlineCode):
                return (_inline(owner, content),)
            if isinstance(content, WebAdapter):
                return web_adapter_files(content)
            read = self._read_code(owner.logical_id, content)
            for text in (*self._code_outside(content, read.links), *_left_out(read.left_out)):
                self.warnings.append(Problem(owner.mark, f"{owner.logical_id}: {text}"))
            if isinstance(content, ImageCode):
                _check_dockerfile(content, self._base, read.files)
            if isinstance(owner, Layer):
                return tuple(_as_layer(owner, read.files))
            return tuple(in_parent_packages(owner, read.files)) if owner.build.properties else read.files
        except BuildError as error:
            self.problems.append(Problem(owner.mark, f"{owner.logical_id}: {error}"))
            return ()

    def seeds(self, resources: Mapping[str, Sequence[ResourceEntry]]) -> Iterator[tuple[str, SeedFiles]]:
        """The seed data of tables and buckets, by logical id."""
        for entry in (each for section in resources.values() for each in section if each.seed is not None):
            try:
                yield entry.logical_id, self._seed(entry, str(entry.seed))
            except BuildError as error:
                self.problems.append(Problem(entry.mark, f"{entry.logical_id}: Seed: {error}"))

    def _read_code(self, logical_id: str, content: FolderCode | ArchiveCode | ImageCode) -> _Read:
        key: Hashable = ("image", content.context) if isinstance(content, ImageCode) else content
        if key not in self._read:
            self._on_step(f"reading the code of {logical_id}")
            links: list[Path] = []
            left_out: list[Path] = []
            found = FileCallbacks(links.append, left_out.append)
            files = tuple(_files(content, self._base, self._generated_paths, self._limits.size, found))
            self._read[key] = _Read(files, links, left_out)
        return self._read[key]

    def _code_outside(self, content: FolderCode | ArchiveCode | ImageCode, links: Sequence[Path]) -> Iterator[str]:
        written = content.context if isinstance(content, ImageCode) else content.path
        if written is not None:
            yield from _outside("code", self._base / written, self._limits.project, links)

    def _seed(self, entry: ResourceEntry, written: str) -> SeedFiles:
        read_seed: _ReadSeed = load_object(_READ_SEED)
        links: list[Path] = []
        left_out: list[Path] = []
        path = self._base / written
        check_not_special(path)
        if not path.is_file():
            path = _existing_folder(self._base, written, self._generated_paths)
        found = FileCallbacks(links.append, left_out.append)
        files = read_seed(entry, path, FolderLimits(self._generated_paths, self._limits.size, found))
        for text in (
            *_outside("seed data", path, self._limits.project, links),
            *(f"{each} is left out: a file of credentials is no seed data" for each in left_out),
        ):
            self.warnings.append(Problem(entry.mark, f"{entry.logical_id}: {text}"))
        return files


def _outside(what: str, path: Path, project: Project, links: Sequence[Path]) -> Iterator[str]:
    """The warnings about files outside the project, and about dangling links."""
    if not project.has(path):
        yield f"the {what} {path} is {OUTSIDE}"
    if not links:
        return
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


def _files(
    content: FolderCode | ArchiveCode | ImageCode,
    base: Path,
    generated_paths: Collection[str],
    limit: int,
    found: FileCallbacks,
) -> Iterator[SourceFile]:
    written = content.context if isinstance(content, ImageCode) else content.path
    if written is None:  # an existing image has no sources
        return
    path = base / written
    check_not_special(path)
    match content:
        case FolderCode() if path.is_file():
            yield _file(path.name, path, limit)
        case FolderCode():
            code = _existing_folder(base, written, generated_paths)
            yield from folder(code, IGNORED, skip=generated_paths, limit=limit, found=found)
        case ArchiveCode():
            if not path.is_file():
                raise BuildError(f"the file {path} does not exist; {_build_hint(path)}")
            if written.endswith(".zip"):
                yield from archive(path, limit, found)
            else:  # the Java runtime loads libraries from lib/
                yield _file(f"lib/{path.name}", path, limit)
        case ImageCode():
            code = _existing_folder(base, written, generated_paths)
            largest = max(limit, IMAGE_LIMIT)
            yield from folder(code, (".git", ".esb"), skip=generated_paths, limit=largest, found=found)


def _build_hint(path: Path) -> str:
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


def _existing_folder(base: Path, written: str, generated_paths: Collection[str]) -> Path:
    path = base / written
    if not path.is_dir():
        near = near_miss(written, _folders(base))
        raise BuildError(f"the folder {path} does not exist; paths are relative to the template's folder{near}")
    real = os.path.realpath(path)
    if real == os.sep:
        raise BuildError(f"{path} is the root of the file system; name the folder of the code")
    if any(f"{real}{os.sep}".startswith(f"{made}{os.sep}") for made in generated_paths):
        raise BuildError(f"the folder {path} is where the build writes; name another --output")
    return path


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
