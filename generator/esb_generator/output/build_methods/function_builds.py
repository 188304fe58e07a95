"""The build of each function of an application, and of its layers."""

import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from esb_generator.errors import BuildError, Problem
from esb_generator.model import Application, ArchiveCode, BuildMetadata, Code, FolderCode, Function, ImageCode, Layer
from esb_generator.output.build_methods.build import Build, Files, Source, language
from esb_generator.output.build_methods.table import choose, layer_folder
from esb_generator.output.files.source_files import SourceFile, content_of

# The folder of a layer that is on the path of the language, where manifests of its dependencies are looked for.
# https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html
_HOMES: Final = {"nodejs": "nodejs", "python": "python", "ruby": "ruby/lib"}


class LayerBuild(NamedTuple):
    """The build of a layer for a function; its result is in the folder `home` of the layer."""

    build: Build | None = None
    home: str = ""


class FunctionBuilds(NamedTuple):
    """The builds of a function's code and of its layers, in the function's order."""

    code: Build | None = None
    layers: tuple[LayerBuild, ...] = ()


NO_BUILDS: Final = FunctionBuilds()
_Contents = Mapping[str, Iterable[SourceFile]]


def function_builds(
    application: Application, functions: _Contents, layers: _Contents, problems: list[Problem]
) -> dict[str, FunctionBuilds]:
    """The builds of functions by logical id, from the files of functions and layers. Each problem is added once."""
    by_id = {layer.logical_id: layer for layer in application.layers}
    files = {
        logical_id: {file.path: file for file in content}
        for contents in (functions, layers)
        for logical_id, content in contents.items()
    }
    found: dict[str, FunctionBuilds] = {}
    seen: dict[tuple[str, str], LayerBuild] = {}  # functions with the same runtime build a layer in the same way

    def of_function(function: Function) -> FunctionBuilds:
        if isinstance(function.code, ImageCode):
            return NO_BUILDS
        own = files[function.logical_id]
        # Without files there was another problem.
        code = _attempt(function, problems, lambda: _code_build(function, own)) if own else None
        return FunctionBuilds(code, tuple(of_layer(function, by_id[each]) for each in function.layers))

    def of_layer(function: Function, layer: Layer) -> LayerBuild:
        key = (layer.logical_id, f"{function.entry.runtime} {function.entry.architecture}")
        if not files[layer.logical_id]:
            return LayerBuild()  # there was another problem, as for functions
        if key not in seen:
            home = layer_folder(layer.build.method) or _home(function, layer)
            below = _below(home, files[layer.logical_id])
            build = _attempt(layer, problems, lambda: choose(_layer_source(function, layer), below))
            seen[key] = LayerBuild(build, home if build is not None else "")
        return seen[key]

    for function in application.functions:
        found[function.logical_id] = of_function(function)
    return found


def compiled(application: Application, builds: Mapping[str, FunctionBuilds]) -> set[str]:
    """The logical ids of the functions and layers whose source is replaced by its build."""
    found = set()
    for function in application.functions:
        of_function = builds[function.logical_id]
        parts = [(function.logical_id, of_function.code)]
        parts += zip(function.layers, (layer.build for layer in of_function.layers), strict=False)
        found |= {logical_id for logical_id, build in parts if build is not None and not build.adds}
    return found


def _attempt(owner: Function | Layer, problems: list[Problem], make: Callable[[], Build | None]) -> Build | None:
    try:
        return make()
    except BuildError as error:
        problems.append(Problem(owner.mark, f"{owner.logical_id}: {error}"))
        return None


def _code_build(function: Function, files: Mapping[str, SourceFile]) -> Build | None:
    source = _source(function, function.build, function.code)
    return choose(source._replace(handler=function.entry.handler or ""), _below("", files))


def _layer_source(function: Function, layer: Layer) -> Source:
    return _source(function, layer.build, layer.content)._replace(is_layer=True)


def _source(function: Function, metadata: BuildMetadata, content: Code) -> Source:
    """The source of a build; to an archive, which is built already, only dependencies are added."""
    where = posixpath.normpath(content.path) if isinstance(content, FolderCode) else "."
    directory = metadata.working_directory
    return Source(
        metadata.logical_id,
        function.entry.runtime or "",
        None if isinstance(content, ArchiveCode) else metadata.method,
        metadata.properties,
        architecture=function.entry.architecture,
        working_directory="" if directory is None else posixpath.relpath(posixpath.normpath(directory), where),
        package=metadata.package,
    )


def _home(function: Function, layer: Layer) -> str:
    return "" if layer.build.method else _HOMES.get(language(function.entry.runtime or ""), "")


def _below(home: str, files: Mapping[str, SourceFile]) -> Files:
    start = f"{home}/" if home else ""
    names = {path.removeprefix(start): file for path, file in files.items() if path.startswith(start)}
    return Files(names.keys(), lambda name: content_of(names.get(name)))
