"""Finds the entrypoint of a function's container: in its Dockerfile, or as a program named bootstrap in its code."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from esb_generator.model import Application, Function, ImageCode
from esb_generator.output.build_methods.function_builds import NO_BUILDS, FunctionBuilds
from esb_generator.output.files.source_files import SourceFile, content_of
from esb_generator.output.images.containers import is_provided, service_name
from esb_generator.output.images.dockerfile_reader import (
    Entrypoint,
    UnknownEntrypoint,
    dockerfile_entrypoint,
    dockerfile_extension,
    image_entrypoint,
)
from esb_generator.resources.findings import Notice
from esb_generator.services.lambda_.functions import BUILD_FIRST
from esb_generator.services.lambda_.layers import WEB_ADAPTER, WEB_ADAPTER_FILE
from esb_generator.values import NOTHING
from esb_schemas.contract import settings

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
    """The entrypoints in the files of functions and layers, by logical id, and those that builds make."""
    images: dict[str, Entrypoint] = {}
    bootstraps: dict[str, str] = {}
    notices: list[Notice] = []
    for function in application.functions:
        files = functions[function.logical_id]
        if isinstance(function.code, ImageCode):
            found = _entrypoint(function.code, files)
            if isinstance(found, Entrypoint):
                images[function.logical_id] = found
            extension = _image_extension(function.code, files)
            if not isinstance(found, Entrypoint):
                notices.append(_notice(function, _unsupervised(found, extension)))
            elif extension is not None and (text := _too_many(function, f"its image has {extension}")):
                notices.append(_notice(function, text))
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


def _image_extension(code: ImageCode, files: Iterable[SourceFile]) -> str | None:
    return None if code.context is None else dockerfile_extension(_dockerfile(code, files), code.target)


def _layer_extensions(application: Application, layers: _Files) -> Iterator[Notice]:
    """A notice for each function that should have several slots, and has an extension in a layer."""
    for function in application.functions:
        for layer in function.layers:
            found = next((file.path for file in layers[layer] if file.path.startswith("extensions/")), None)
            if layer == WEB_ADAPTER:  # from an image, its files are not available
                found = WEB_ADAPTER_FILE
            if found is not None and (text := _too_many(function, f"its layer {layer} has {found}")):
                yield _notice(function, text)
                break


def _too_many(function: Function, what: str) -> str | None:
    """An extension, or the server that it calls, may listen on a port; so the gateway gives a container one slot."""
    scaling = settings(function.entry)
    wanted = max(scaling.min_capacity, function.entry.reserved_concurrency or 0)
    if wanted < 2:
        return None
    return (
        f"{what}, an extension, so a container runs one invocation at a time, although {wanted} are asked for; start"
        f" {wanted} containers: docker compose up -d --scale {service_name(function)}={wanted}"
    )


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


def _unsupervised(unknown: UnknownEntrypoint, extension: str | None) -> str:
    if extension is not None:
        return (
            f"{unknown.reason}, so it runs without the supervisor, which starts extensions: its {extension} is not"
            " started, and if that is what calls the function, no invocation succeeds; use an image with bash, and CMD"
        )
    return (
        f"{unknown.reason}, so it runs without the supervisor: each container handles one invocation at a time,"
        " and none is stopped at its timeout; use an image FROM public.ecr.aws/lambda/… to have both"
    )


def _notice(function: Function, text: str) -> Notice:
    return Notice(function.mark, function.logical_id, "AWS::Serverless::Function", text)
