"""Finds out what a function's container starts: from its Dockerfile, or from a program named bootstrap in its code."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from esb_generator.model import Application, Function, ImageCode
from esb_generator.output.build_methods.function_builds import NO_BUILDS, FunctionBuilds
from esb_generator.output.containers import is_provided
from esb_generator.output.dockerfile_reader import (
    Entrypoint,
    UnknownEntrypoint,
    dockerfile_entrypoint,
    dockerfile_extension,
    image_entrypoint,
)
from esb_generator.output.source_files import SourceFile, content_of
from esb_generator.resources.findings import Notice
from esb_generator.services.lambda_.functions import BUILD_FIRST
from esb_generator.services.lambda_.missing_layers import WITHOUT_ADAPTER
from esb_generator.values import NOTHING

_Files = Mapping[str, Iterable[SourceFile]]


class Entrypoints(NamedTuple):
    """By logical id, the known entrypoints of functions' own images and the programs of `provided` runtimes.

    `notices` report images that cannot be supervised and programs that are missing.
    """

    images: Mapping[str, Entrypoint]
    bootstraps: Mapping[str, str]
    notices: tuple[Notice, ...]


def read_entrypoints(
    application: Application, functions: _Files, layers: _Files, builds: Mapping[str, FunctionBuilds] = NOTHING
) -> Entrypoints:
    """The entrypoints that the files of functions and layers, by logical id, define, and those that builds make."""
    images: dict[str, Entrypoint] = {}
    bootstraps: dict[str, str] = {}
    notices: list[Notice] = []
    for function in application.functions:
        files = functions[function.logical_id]
        if isinstance(function.code, ImageCode):
            found = _entrypoint(function.code, files)
            if isinstance(found, Entrypoint):
                images[function.logical_id] = found
            else:
                notices.append(_notice(function, _unsupervised(found)))
            notices += [_notice(function, text) for text in _image_extensions(function.code, files)]
        elif is_provided(function):
            built = builds.get(function.logical_id, NO_BUILDS)
            programs = list(_programs(files, (layers[layer] for layer in function.layers), built))
            bootstraps[function.logical_id] = programs[0] if programs else "/var/task/bootstrap"
            if not programs:
                text = "starts a program named bootstrap, which is in neither the code nor a layer"
                notices.append(_notice(function, f"{function.entry.runtime} {text}; {BUILD_FIRST}"))
    notices += _layer_extensions(application, layers)
    return Entrypoints(images, bootstraps, tuple(notices))


def _entrypoint(code: ImageCode, files: Iterable[SourceFile]) -> Entrypoint | UnknownEntrypoint:
    if code.context is None:
        return image_entrypoint(code.uri or "")
    return dockerfile_entrypoint(_dockerfile(code, files), code.target, code.build_args)


def _dockerfile(code: ImageCode, files: Iterable[SourceFile]) -> str:
    path = posixpath.normpath(code.dockerfile)
    return content_of(next((file for file in files if file.path == path), None)) or ""


def _image_extensions(code: ImageCode, files: Iterable[SourceFile]) -> Iterator[str]:
    if code.context is not None and (found := dockerfile_extension(_dockerfile(code, files), code.target)) is not None:
        yield _extension(f"its image has {found}")


def _layer_extensions(application: Application, layers: _Files) -> Iterator[Notice]:
    """A notice for each layer with an extension, at the first function that uses it."""
    seen = set()
    for function in application.functions:
        for layer in function.layers:
            found = next((file.path for file in layers[layer] if file.path.startswith("extensions/")), None)
            if found is not None and layer not in seen:
                seen.add(layer)
                yield _notice(function, _extension(f"its layer {layer} has {found}"))


def _extension(what: str) -> str:
    """An extension is a process beside the function; the Web Adapter is one that calls a server in its place."""
    adapter = f", and nothing calls the server; {WITHOUT_ADAPTER}" if "adapter" in what else ""
    return f"{what}, an extension, and the stack runs none{adapter}"


def _programs(
    code: Iterable[SourceFile], layers: Iterable[Iterable[SourceFile]], builds: FunctionBuilds
) -> Iterator[str]:
    """Paths in the container of a program named bootstrap, the one that Lambda starts first.

    A build of the code makes one; that of a layer may, if nothing else has it.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
    """
    if builds.code is not None or any(file.path == "bootstrap" for file in code):
        yield "/var/task/bootstrap"
    if any(file.path == "bootstrap" for layer in layers for file in layer):
        yield "/opt/bootstrap"
    if any(layer.build is not None and not layer.build.adds for layer in builds.layers):
        yield "/opt/bootstrap"


def _unsupervised(unknown: UnknownEntrypoint) -> str:
    return (
        f"{unknown.reason}, so it runs without the supervisor: each container handles one invocation at a time,"
        " and none is stopped at its timeout; use an image FROM public.ecr.aws/lambda/… to have both"
    )


def _notice(function: Function, text: str) -> Notice:
    return Notice(function.mark, function.logical_id, "AWS::Serverless::Function", text)
