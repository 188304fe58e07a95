"""Reads what the model points at: code folders, archives, layers and the sources of ESB's own services.

This is the only stage between the model and the plan that touches the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from esb_generator.errors import BuildError, Problem, TemplateError
from esb_generator.model import Application, ArchiveCode, Code, FolderCode, Function, ImageCode, InlineCode, Layer
from esb_generator.services import SERVICES, service_context
from esb_generator.source_files import LEFT_OUT, SourceFile, archive, folder, in_memory, on_disk

# Where a layer that is built (Metadata: BuildMethod) has its content.
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html
LAYER_FOLDERS = {"python": "python", "nodejs": "nodejs", "ruby": "ruby/lib", "java": "java", "dotnet": "dotnet"}
# The file that CloudFormation makes of inline code.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
INLINE_FILES = {"python": "index.py", "nodejs": "index.js"}


@dataclass(frozen=True)
class Sources:
    """The files of every function and layer by logical id, and of every service by name."""

    functions: Mapping[str, tuple[SourceFile, ...]] = field(default_factory=dict)
    layers: Mapping[str, tuple[SourceFile, ...]] = field(default_factory=dict)
    services: Mapping[str, tuple[SourceFile, ...]] = field(default_factory=dict)


def gather(application: Application, base: Path, output: Path) -> Sources:
    """Read everything that the application points at; paths in the model are relative to `base`.

    What lies below `output` is passed over, so that code in the project's own folder does not contain the last build.
    Raises TemplateError with every path that cannot be used, each at the place in the template that names it.
    """
    problems: list[Problem] = []
    read: dict[Code, tuple[SourceFile, ...]] = {}

    def files_of(owner: Function | Layer, content: Code) -> tuple[SourceFile, ...]:
        try:
            if isinstance(content, InlineCode):
                return (_inline(owner, content),)
            key = content if not isinstance(content, ImageCode) else FolderCode(f"{content.context}")
            if key not in read:
                read[key] = tuple(_files(content, base, output))
            return tuple(_as_layer(owner, read[key])) if isinstance(owner, Layer) else read[key]
        except BuildError as error:
            problems.append(Problem(owner.mark, f"{owner.logical_id}: {error}"))
            return ()

    functions = {function.logical_id: files_of(function, function.code) for function in application.functions}
    layers = {layer.logical_id: files_of(layer, layer.content) for layer in application.layers}
    if problems:
        raise TemplateError(problems)
    return Sources(functions, layers, {name: tuple(service_context(name)) for name in SERVICES})


def _files(content: FolderCode | ArchiveCode | ImageCode, base: Path, output: Path) -> Iterator[SourceFile]:
    match content:
        case FolderCode(path) if (base / path).is_file():
            yield on_disk(Path(path).name, base / path)
        case FolderCode(path):
            yield from folder(_existing_folder(base, path), LEFT_OUT, not_below=output)
        case ArchiveCode(path):
            if not (base / path).is_file():
                raise BuildError(f"{path} does not exist below the template's folder {base}; build it first")
            # A .jar is a library: the Java runtime looks for it in lib/.
            yield from (
                archive(base / path) if path.endswith(".zip") else [on_disk(f"lib/{Path(path).name}", base / path)]
            )
        case ImageCode(context=str(context)):
            yield from folder(_existing_folder(base, context), (".git", ".esb"), not_below=output)
        case ImageCode():
            return  # an image that exists has no sources here


def _existing_folder(base: Path, path: str) -> Path:
    if not (base / path).is_dir():
        raise BuildError(f"the folder {path} does not exist; paths are relative to the template's folder {base}")
    return base / path


def _inline(owner: Function | Layer, content: InlineCode) -> SourceFile:
    family = _family(owner.runtime or "") if isinstance(owner, Function) else ""
    if family not in INLINE_FILES:
        raise BuildError("InlineCode works with Python and Node.js only; put the code into a folder that CodeUri names")
    return in_memory(INLINE_FILES[family], content.text.encode())


def _as_layer(layer: Layer, files: Iterable[SourceFile]) -> Iterator[SourceFile]:
    if layer.build_method is None:
        yield from files
        return
    family = _family(layer.build_method)
    if family not in LAYER_FOLDERS:
        raise BuildError(
            f"BuildMethod {layer.build_method} of a layer is not run by esb; build the layer with its own tool"
            " and let ContentUri name the result, without BuildMethod"
        )
    for file in files:
        yield SourceFile(f"{LAYER_FOLDERS[family]}/{file.path}", file.content, file.digest, file.executable)


def _family(runtime: str) -> str:
    """The language of a runtime identifier: python3.12 is python, nodejs22.x is nodejs."""
    return runtime.rstrip("0123456789.x")
